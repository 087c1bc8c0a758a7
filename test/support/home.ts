/** A home folder for one test: the processes that live in it find nothing of the machine's, and end with the test. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';

/** Where the processes of a test live. */
export interface Home {
  /** The folder itself, also their working directory. */
  readonly path: string;
  /** Their whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Has `close` called at the end of the test, before the folder is removed. */
  onClose(close: () => Promise<void>): void;
}

/** Makes a fresh home; everything in it goes when `t` ends, the youngest process first. */
export function temporaryHome(t: { after(close: () => Promise<void>): void }): Home {
  const path = mkdtempSync(join(tmpdir(), 'banter-home-'));
  const closers: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const close of closers.reverse()) await close();
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  });
  const environment = {
    PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    HOME: path,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    XDG_DATA_HOME: folder(path, 'data'),
    XDG_CONFIG_HOME: folder(path, 'config'),
    XDG_STATE_HOME: folder(path, 'state'),
    XDG_CACHE_HOME: folder(path, 'cache'),
    ...compileCache(),
  };
  return { path, environment, onClose: (close) => closers.push(close) };
}

/** What the test process compiles its modules from is none of the machine's, and starts of programs are most of a test. */
function compileCache(): Readonly<Record<string, string>> {
  const cache = process.env['NODE_COMPILE_CACHE'];
  return cache === undefined ? {} : { NODE_COMPILE_CACHE: resolve(cache) };
}

function folder(parent: string, name: string): string {
  const path = join(parent, name);
  mkdirSync(path);
  return path;
}
