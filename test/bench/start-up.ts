/** From starting `banter chat` on a terminal to the echo of the first key, after registration, beside bare Node. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { Server } from '../../core/index.ts';

const runs = 11;
const top = new URL('../../', import.meta.url).pathname;

/** @returns lines for people */
export async function benchStartUp(): Promise<readonly string[]> {
  const home = mkdtempSync(join(tmpdir(), 'banter-bench-'));
  const server = await Server.start({ port: 0, host: '127.0.0.1' });
  try {
    execFileSync(process.execPath, [join(top, 'node_modules/typescript/bin/tsc')], { cwd: top });
    const built = join(top, 'dist/repl/bin.js');
    const source = join(top, 'repl/bin.ts');
    // The first starts fill the compile cache.
    for (const file of [built, source]) await firstKeyMs(file, home, server.address.port);
    const measured: { bare: number; built: number; source: number }[] = [];
    for (let run = 0; run < runs; run++) {
      measured.push({
        bare: bareMs(),
        built: await firstKeyMs(built, home, server.address.port),
        source: await firstKeyMs(source, home, server.address.port),
      });
    }
    const bare = median(measured.map((each) => each.bare));
    const more = (name: 'built' | 'source'): string =>
      (median(measured.map((each) => each[name])) - bare).toFixed(0);
    return [
      `from start to the first key's echo, medians of ${runs}`,
      `  node -e 0 ms                    ${bare.toFixed(0)}`,
      `  installed, ms more (goal 150)   ${more('built')}`,
      `  from a checkout, ms more        ${more('source')}`,
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

function firstKeyMs(file: string, home: string, port: number): Promise<number> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const arguments_ = [file, 'chat', 'ann', `127.0.0.1:${port}`];
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
