/** `banter plugin test`: runs the tests of a plugin with this installation of Banter. */

import { spawn } from 'node:child_process';
import { glob, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BanterError } from '../core/error-api.ts';

const testFiles = '**/*.test.{ts,mts,js,mjs}';

/** What has more is no plugin, and more would not fit into a command line everywhere. */
const filesMax = 500;

/**
 * Runs one test file, or all of a folder but for those in its `node_modules`, with Node's own runner in a process in that
 * folder. They run outside of any sandbox: they are programs of the author. Resolves to the runner's exit code.
 * @throws BanterError OPTION_INVALID where there is no test, or more than 500 files
 */
export async function testPlugin(path: string, signal: AbortSignal): Promise<number> {
  const { folder, files } = await findTests(resolve(path), path);
  const resolution = join(import.meta.dirname, `plugin-resolution${extname(import.meta.filename)}`);
  const child = spawn(
    process.execPath,
    ['--import', pathToFileURL(resolution).href, '--test', ...files],
    { cwd: folder, stdio: 'inherit' },
  );
  const stop = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', stop);
  try {
    return await new Promise<number>((done, fail) => {
      child.once('error', fail);
      child.once('exit', (code, by) =>
        done(code ?? 128 + (by === null ? 0 : constants.signals[by])),
      );
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

interface Tests {
  readonly folder: string;
  /** Relative to the folder, in their order. */
  readonly files: readonly string[];
}

async function findTests(place: string, given: string): Promise<Tests> {
  const stats = await stat(place).catch((cause: unknown) => {
    throw new BanterError('OPTION_INVALID', `there is nothing at ${given}`, { cause });
  });
  if (!stats.isDirectory()) return { folder: dirname(place), files: [basename(place)] };
  const files: string[] = [];
  const found = glob(testFiles, {
    cwd: place,
    exclude: (name) => basename(name) === 'node_modules',
  });
  for await (const file of found) {
    files.push(file);
    if (files.length <= filesMax) continue;
    throw new BanterError(
      'OPTION_INVALID',
      `more than ${filesMax} files with tests are in ${given}; name a folder of fewer, or one file`,
    );
  }
  if (files.length > 0) return { folder: place, files: files.sort() };
  throw new BanterError(
    'OPTION_INVALID',
    `there is no test in ${given}; a file with tests is called like tea.test.ts`,
  );
}
