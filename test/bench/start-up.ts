/** From starting `banter chat` on a terminal to the echo of the first key, after registration, beside bare Node. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { Server } from '../../core/index.ts';

const runs = 11;
const executable = new URL('../../repl/bin.ts', import.meta.url).pathname;

/** @returns lines for people */
export async function benchStartUp(): Promise<readonly string[]> {
  const home = mkdtempSync(join(tmpdir(), 'banter-bench-'));
  const server = await Server.start({ port: 0, host: '127.0.0.1' });
  try {
    // The first start fills the compile cache.
    await firstKeyMs(home, server.address.port);
    const chat: number[] = [];
    const bare: number[] = [];
    for (let run = 0; run < runs; run++) {
      bare.push(bareMs());
      chat.push(await firstKeyMs(home, server.address.port));
    }
    const difference = median(chat) - median(bare);
    return [
      `from start to the first key's echo, medians of ${runs}`,
      `  banter chat ms                  ${median(chat).toFixed(0)}`,
      `  node -e 0 ms                    ${median(bare).toFixed(0)}`,
      `  difference ms (goal: 150)       ${difference.toFixed(0)}`,
    ];
  } finally {
    await server.close();
    rmSync(home, { recursive: true });
  }
}

function bareMs(): number {
  const startedAt = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - startedAt;
}

function firstKeyMs(home: string, port: number): Promise<number> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const arguments_ = [executable, 'chat', 'ann', `127.0.0.1:${port}`];
    const environment = {
      ...process.env,
      XDG_DATA_HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_STATE_HOME: home,
      XDG_CACHE_HOME: home,
    };
    const terminal = spawn(process.execPath, arguments_, { env: environment });
    let output = '';
    let echoedMs: number | undefined;
    terminal.onData((data) => {
      output += data;
      if (echoedMs === undefined && output.includes('ann> ')) {
        const after = output.slice(output.lastIndexOf('ann> ') + 'ann> '.length);
        if (after.includes('~')) {
          echoedMs = performance.now() - startedAt;
          terminal.write('\u0003\u0004');
        } else {
          terminal.write('~');
        }
      }
    });
    terminal.onExit(() => resolve(echoedMs ?? Number.NaN));
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
