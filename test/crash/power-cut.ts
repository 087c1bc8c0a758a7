/** A server whose machine loses power: of its database only what was synced is left (Linux with a C compiler). */

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Synchronous } from '../../core/store/sqlite-database.ts';
import type { Home } from '../support/home.ts';
import { type ChildProgram, startNode } from '../support/processes.ts';
import type { CrashOptions } from './crash-loop.ts';

const files = ['chat.db', 'chat.db-wal'];

/** What makes the rounds of a crash loop power cuts. @throws Error where there is no compiler */
export function powerCuts(
  home: Home,
  synchronous: Synchronous,
): Pick<CrashOptions, 'start' | 'onKilled'> {
  const library = join(home.path, 'shadow-fsync.so');
  const source = join(import.meta.dirname, 'shadow-fsync.c');
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl']);
  const shadow = join(home.path, 'synced');
  mkdirSync(shadow);
  return {
    start: (folder, port): ChildProgram =>
      startNode(home, [join(import.meta.dirname, 'serving.ts'), folder, port, synchronous], {
        environment: { LD_PRELOAD: library, SHADOW_FROM: folder, SHADOW_TO: shadow },
      }),
    onKilled: (folder) => {
      for (const name of [...files, 'chat.db-shm']) rmSync(join(folder, name), { force: true });
      for (const name of files) {
        const synced = join(shadow, name);
        if (existsSync(synced)) copyFileSync(synced, join(folder, name));
      }
    },
  };
}
