/** From starting `banter chat` on a terminal to the echo of the first key, after registration, beside bare Node. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { Server } from '../../core/index.ts';
import type { Benchmark } from './benchmark.ts';
import { median } from './statistics.ts';

const top = new URL('../../', import.meta.url).pathname;

const programs: ReadonlyMap<string, string | undefined> = new Map([
  ['node -e 0', undefined],
  ['banter chat, installed', join(top, 'dist/repl/bin.js')],
  ['banter chat, from a checkout', join(top, 'repl/bin.ts')],
]);

export const startUp: Benchmark = {
  name: 'start-up',
  about: ({ starts }) =>
    `from start to the first key's echo, medians of ${starts} (goal: installed at most 150 more than node)`,
  subjects: [...programs.keys()],
  figures: [{ key: 'ms', title: 'ms', digits: 0 }],
  roundsMax: 1,
  needsBuild: true,
  measure: async (subject, { starts }) => {
    const program = programs.get(subject);
    const home = mkdtempSync(join(tmpdir(), 'banter-bench-'));
    const server = await Server.start({ port: 0, host: '127.0.0.1' });
    try {
      const measured: number[] = [];
      // The first start fills the compile cache.
      for (let run = 0; run <= starts; run++) {
        measured.push(
          program === undefined ? bareMs() : await firstKeyMs(program, home, server.address.port),
        );
      }
      return { ms: median(measured.slice(1)) };
    } finally {
      await server.close();
      rmSync(home, { recursive: true });
    }
  },
};

function bareMs(): number {
  const startedAt = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - startedAt;
}

function firstKeyMs(file: string, home: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
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
      if (echoedMs !== undefined || !output.includes('ann> ')) return;
      const after = output.slice(output.lastIndexOf('ann> ') + 'ann> '.length);
      if (after.includes('~')) {
        echoedMs = performance.now() - startedAt;
        terminal.write('\u0003\u0004');
      } else {
        terminal.write('~');
      }
    });
    terminal.onExit(() => {
      if (echoedMs === undefined) reject(new Error('the prompt did not come'));
      else resolve(echoedMs);
    });
  });
}
