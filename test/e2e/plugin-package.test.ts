/** Plugins that are installed from packages: by the user's npm from a registry, and refused when they are something else. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { create } from 'tar';
import { loadConfig } from '../../repl/config.ts';
import { fetchPackage } from '../../repl/npm-package.ts';
import { installPlugin } from '../../repl/plugin-install.ts';
import { type Home, temporaryHome } from '../support/home.ts';
import { runBanter } from '../support/processes.ts';
import { integrityOf, Registry } from '../support/registry.ts';
import { openBanter } from '../support/terminal.ts';

const tea = `import { definePlugin } from 'banter/plugins';
  export default definePlugin({ id: 'tea', version: '7.0.0', permissions: ['storage'], setup() {} });`;

/** Every script that npm knows of leaves a mark if it runs. */
const scripts = Object.fromEntries(
  ['preinstall', 'install', 'postinstall', 'prepare', 'prepack', 'postpack'].map((script) => [
    script,
    'touch "$HOME/script-ran"',
  ]),
);

/** The bytes of a package with this module. */
async function tarballOf(
  home: Home,
  code: string,
  manifest: Readonly<Record<string, unknown>> = {},
): Promise<Buffer> {
  const folder = join(home.path, 'published');
  write(
    join(folder, 'package/package.json'),
    JSON.stringify({ name: 'x', version: '1.0.0', main: './tea.js', scripts, ...manifest }),
  );
  write(join(folder, 'package/tea.js'), code);
  const file = join(home.path, 'published.tgz');
  await create({ gzip: true, cwd: folder, file }, ['package']);
  return readFileSync(file);
}

function write(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
}

/** A registry that the npm of this home asks, as its settings say; on a machine where others can write to the folder of temporary files. */
async function registryOf(t: TestContext, home: Home): Promise<Registry> {
  const registry = await Registry.start(t);
  write(join(home.path, '.npmrc'), `registry=${registry.url}\nfetch-retries=0\n`);
  write(join(home.path, 'tmp/.npmrc'), 'registry=http://127.0.0.1:1/\n');
  write(join(home.path, 'tmp/package.json'), '{ "workspaces": ["*"] }');
  return registry;
}

/** A home whose folder of temporary files is its own. */
function homeOf(t: TestContext): Home {
  const home = temporaryHome(t);
  return { ...home, environment: { ...home.environment, TMPDIR: join(home.path, 'tmp') } };
}

test('a package is fetched with the npm of its user, runs no script, and is kept with its integrity', async (t) => {
  const home = homeOf(t);
  const registry = await registryOf(t, home);
  const first = await tarballOf(home, tea, { name: '@ann/tea' });
  registry.publish({ name: '@ann/tea', version: '1.0.0', tarball: first });
  const terminal = openBanter(home, ['plugin', 'install', '@ann/tea'], { columns: 160 });
  await terminal.waitFor('fetching @ann/tea with npm');
  await terminal.waitFor('tea 7.0.0 installed');
  await terminal.waitFor(`it is npm:@ann/tea@1.0.0, ${integrityOf(first)}`);
  assert.equal((await terminal.exit()).code, 0);
  assert.equal(existsSync(join(home.path, 'script-ran')), false);
  assert.deepEqual(readdirSync(join(home.path, 'tmp')).sort(), ['.npmrc', 'package.json']);

  const record = join(home.path, 'data/banter/installed-plugins/tea/installed.json');
  const installed = readFileSync(record, 'utf8');
  assert.deepEqual(JSON.parse(installed).origin, {
    type: 'npm',
    from: '@ann/tea',
    version: '1.0.0',
    integrity: integrityOf(first),
  });
  const listed = await runBanter(home, 'plugin', 'list');
  assert.equal(listed.stdout, 'tea 7.0.0 (npm:@ann/tea@1.0.0)\n');

  const other = integrityOf(await tarballOf(home, `${tea}\n// More.`));
  const packed = JSON.stringify([{ name: '@ann/tea', version: '1.0.0', integrity: other }]);
  const npm = `cp ${home.path}/published.tgz tea.tgz; echo '${packed}'`;
  const changed = withNpm(home, npm, () => install(home, 'npm:@ann/tea@1.0.0'));
  await assert.rejects(changed, {
    code: 'INTEGRITY_MISMATCH',
    message: `@ann/tea@1.0.0, which is installed already, was to be ${integrityOf(first)}, and is ${other}`,
  });
  assert.equal(readFileSync(record, 'utf8'), installed);
});

test('a tarball, or a package, that is not what it was to be is refused', async (t) => {
  const home = homeOf(t);
  const integrity = integrityOf(await tarballOf(home, tea));
  const zeros = `sha512-${'A'.repeat(86)}==`;
  const packed = JSON.stringify([{ name: 'tea', version: '1.0.0', integrity }]);
  const npm = `cp ${home.path}/published.tgz tea.tgz; echo '${packed}'`;
  const tarball = join(home.path, 'published.tgz');
  for (const [what, name] of [
    [tarball, tarball],
    ['tea', 'tea@1.0.0'],
  ] as const) {
    await assert.rejects(
      withNpm(home, npm, () => install(home, what, zeros)),
      { code: 'INTEGRITY_MISMATCH', message: `${name} was to be ${zeros}, and is ${integrity}` },
    );
  }
  await assert.rejects(install(home, tarball, 'sha1-x'), { code: 'OPTION_INVALID' });
  await assert.rejects(install(home, home.path, integrity), { code: 'OPTION_INVALID' });
});

/** Installs in this process, into the folder that processes of the home use. */
async function install(home: Home, what: string, integrity?: string): Promise<number> {
  const { path: folder } = home;
  const surroundings = {
    environment: {},
    folder,
    configFile: join(folder, 'config.json'),
    dataFolder: join(folder, 'data/banter'),
  };
  const { signal } = new AbortController();
  return installPlugin(await loadConfig({}, surroundings), what, { integrity, signal });
}

/** With an npm that is a script of the shell, or with none. */
async function withNpm<T>(home: Home, npm: string | undefined, work: () => Promise<T>): Promise<T> {
  if (npm !== undefined) write(join(home.path, 'bin/npm'), `#!/bin/sh\n${npm}\n`, 0o755);
  const { PATH: path } = process.env;
  process.env['PATH'] = npm === undefined ? home.path : `${join(home.path, 'bin')}:${path}`;
  try {
    return await work();
  } finally {
    process.env['PATH'] = path;
  }
}

interface Fetching {
  readonly signal?: AbortSignal;
  /** Called when npm has been started. */
  readonly started?: (home: Home) => Promise<void>;
}

/** Fetches the package `tea`. */
async function fetchWith(
  t: TestContext,
  npm: string | undefined,
  { signal = new AbortController().signal, started }: Fetching = {},
): Promise<void> {
  const home = temporaryHome(t);
  const folder = join(home.path, 'fetched');
  mkdirSync(folder);
  await withNpm(home, npm, async () => {
    const fetched = fetchPackage({ name: 'tea' }, { folder, signal, onWaiting: () => {} });
    await Promise.all([fetched, started?.(home)]);
  });
}

const failures: readonly (readonly [string, string | undefined, string, RegExp])[] = [
  ['no npm', undefined, 'PACKAGE_UNAVAILABLE', /there is no npm in the PATH/],
  [
    'no such package',
    `echo '{ "error": { "code": "E404", "summary": "Not Found - GET tea" } }'; exit 1`,
    'PACKAGE_UNAVAILABLE',
    /the package tea: the registry has no such package.* \(npm: E404 Not Found - GET tea\)/,
  ],
  [
    'no network',
    `echo '{ "error": { "code": "ECONNREFUSED", "summary": "reason: connect" } }'; exit 1`,
    'PACKAGE_UNAVAILABLE',
    /cannot be reached/,
  ],
  ['an npm that only complains', 'echo "not  today" >&2', 'PACKAGE_UNAVAILABLE', /tea: not today$/],
  [
    'a package that is not what the registry says',
    `echo '{ "error": { "code": "EINTEGRITY", "summary": "wanted this, got that" } }'; exit 1`,
    'INTEGRITY_MISMATCH',
    /tea is not what its registry says it is: EINTEGRITY wanted this/,
  ],
  [
    'another package than was asked for',
    `echo '[{ "name": "cup", "version": "1.0.0" }]'; touch cup.tgz`,
    'PACKAGE_UNAVAILABLE',
    /npm brought no package/,
  ],
  [
    'bytes that npm speaks otherwise of',
    `echo '[{ "name": "tea", "version": "1.0.0", "integrity": "sha512-A==" }]'; touch tea.tgz`,
    'INTEGRITY_MISMATCH',
    /npm says that tea@1\.0\.0 is sha512-A==, and what came is sha512-z4Ph/,
  ],
  ['an npm that says no end', 'exec yes', 'PACKAGE_UNAVAILABLE', /more than 4194304 characters/],
];

for (const [what, npm, code, message] of failures) {
  test(`${what}: nothing is fetched, and the reason is told`, async (t) => {
    await assert.rejects(fetchWith(t, npm), { code, message });
  });
}

/** An npm that starts another process and waits for ever; its number is what it writes. */
const waiting = 'sleep 1000 & echo $! > ../child; wait';

async function childOf(home: Home): Promise<number> {
  for await (const _ of watch(home.path)) {
    const file = join(home.path, 'child');
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text.endsWith('\n')) return Number(text);
  }
  throw new Error('the folder is gone');
}

/** Who was killed is there for another moment, and may stay as a zombie. */
function isRunning(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/\) [ZX] /.test(readFileSync(file, 'utf8'));
}

test('an npm that does not come to an end is ended when it is interrupted, with all that it has started', async (t) => {
  const interruption = new AbortController();
  let child = 0;
  const done = fetchWith(t, waiting, {
    signal: interruption.signal,
    started: async (home) => {
      child = await childOf(home);
      interruption.abort();
    },
  });
  await assert.rejects(done, { code: 'ABORTED' });
  while (isRunning(child)) await setImmediate();
});

test('an npm that does not come to an end is ended after three minutes', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const done = fetchWith(t, waiting, {
    started: async (home) => {
      await childOf(home);
      t.mock.timers.tick(180_000);
    },
  });
  await assert.rejects(done, { code: 'PACKAGE_UNAVAILABLE', message: /not done in 180 s/ });
});
