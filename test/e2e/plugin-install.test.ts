/** Plugins that are installed by the real command line, loaded by their ids, and refused when they were changed. */

import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PluginDatabase } from '../../plugins/database.ts';
import { GrantBook, Granted, InstalledPlugins, unpack } from '../../plugins/index.ts';
import { temporaryHome } from '../support/home.ts';
import { type Ended, runBanter } from '../support/processes.ts';
import { hostServer } from '../support/server.ts';

interface Place {
  readonly path: string;
  /** The folder of installed plugins. */
  readonly installed: string;
  /** Writes a file below the home. */
  write(file: string, text: string): void;
  /** Runs `banter plugin …` to its end. */
  plugin(...args: readonly string[]): Promise<Ended>;
  /** Runs one line at a fresh server. */
  line(text: string): Promise<Ended>;
}

function place(t: TestContext): Place {
  const home = temporaryHome(t);
  return {
    path: home.path,
    installed: join(home.path, 'data/banter/installed-plugins'),
    write: (file, text) => {
      mkdirSync(dirname(join(home.path, file)), { recursive: true });
      writeFileSync(join(home.path, file), text);
    },
    plugin: (...args) => runBanter(home, 'plugin', ...args),
    line: async (text) => runBanter(home, '-e', text, '--as', 'ann', await hostServer(home)),
  };
}

function tea(version: string, permissions: readonly string[], setup = `word(ctx)`): string {
  return `import { definePlugin } from 'banter/plugins';
    import { word } from './word.ts';
    export default definePlugin({
      id: 'tea', version: '${version}', description: 'Makes tea.',
      permissions: ${JSON.stringify(permissions)},
      setup(ctx) { ${setup}; },
    });`;
}

/** A folder with a plugin of two files. */
function writeTea(here: Place, text: string): void {
  here.write('src/package.json', '{ "name": "tea", "main": "./tea.ts" }');
  here.write(
    'src/word.ts',
    `export const word = (ctx: { log: { info(text: string): void } }): void => ctx.log.info('the kettle');`,
  );
  here.write('src/tea.ts', text);
}

test('a folder is installed as one file for its owner, and loaded by its id without the folder', async (t) => {
  const here = place(t);
  writeTea(here, tea('1.0.0', []));
  const done = await here.plugin('install', './src');
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^tea 1\.0\.0 installed$/m);
  rmSync(join(here.path, 'src'), { recursive: true });
  const names = readdirSync(join(here.installed, 'tea')).sort();
  assert.match(names.join(' '), /^installed\.json plugin-[0-9a-f]{16}\.js$/);
  for (const name of names) {
    assert.equal(statSync(join(here.installed, 'tea', name)).mode & 0o777, 0o600);
  }
  assert.equal(statSync(here.installed).mode & 0o777, 0o700);
  const loaded = await here.line('plugin load tea');
  assert.match(loaded.stdout, /^tea 1\.0\.0 running; may: nothing$/m, loaded.stderr);
  assert.match(loaded.stderr, /plugin tea: the kettle/);
});

test('errors of an installed plugin still name the lines of its author', async (t) => {
  const here = place(t);
  writeTea(here, tea('1.0.0', [], `word(ctx);\n null.x`));
  await here.plugin('install', './src');
  const loaded = await here.line('plugin load tea');
  assert.match(loaded.stderr, /TypeError: .* \(tea\.ts:7:\d+/);
});

test('an installed plugin that was changed, or whose record was, does not run', async (t) => {
  const here = place(t);
  writeTea(here, tea('1.0.0', []));
  await here.plugin('install', './src');
  const [record = '', file = ''] = readdirSync(join(here.installed, 'tea')).sort();
  appendFileSync(join(here.installed, 'tea', file), '\n');
  const refused = await here.line('plugin load tea');
  assert.match(refused.stderr, /plugin-[0-9a-f]{16}\.js is not the file that was installed/);
  assert.doesNotMatch(refused.stderr, /the kettle/);
  const listed = await here.plugin('list');
  assert.match(listed.stdout, /^tea 1\.0\.0 \(.*\/src\): Makes tea\. CHANGED/m);
  const looked = await here.plugin('permissions', 'tea');
  assert.equal(looked.code, 4);
  assert.match(looked.stderr, /^ {7}Install it again with "banter plugin install"/m);
  writeFileSync(join(here.installed, 'tea', record), '{"format":1,"id":"../tea"}');
  const damaged = await here.plugin('permissions', 'tea');
  assert.equal(damaged.code, 4);
  assert.match(damaged.stderr, /what is installed as "tea" is not known/);
  here.write(
    'cup.js',
    `export default { id: 'cup', version: '1.0.0', permissions: [], setup() {} };`,
  );
  await here.plugin('install', './cup.js');
  const both = await here.plugin('list');
  assert.equal(both.code, 1);
  assert.match(
    both.stdout,
    /^cup 1\.0\.0 \(.*\ntea is not loaded: .*installed\.json cannot be read/m,
  );
  assert.equal((await here.plugin('install', './src')).code, 0);
  assert.equal((await here.plugin('permissions', 'tea')).code, 0);
});

test('another version takes the place of the installed one, and says what it asks for more', async (t) => {
  const here = place(t);
  writeTea(here, tea('1.0.0', ['storage']));
  assert.match((await here.plugin('install', './src')).stdout, /^it asks for\n {2}storage: keeps/m);
  await here.plugin('grant', 'tea');
  writeTea(here, tea('1.1.0', ['storage', 'message.send']));
  const next = await here.plugin('install', './src');
  assert.match(next.stdout, /^tea 1\.1\.0 installed in the place of 1\.0\.0 from .*\/src$/m);
  assert.match(next.stdout, /^it asks for more than that\n {2}message\.send: [^\n]*\nload it/m);
  assert.equal(readdirSync(join(here.installed, 'tea')).length, 2);
  const refused = await here.line('plugin load tea');
  assert.match(refused.stderr, /asks for more than was granted to 1\.0\.0: message\.send/);
  assert.match(refused.stderr, /banter plugin grant tea message\.send/);

  here.write(
    'else/tea.js',
    `export default { id: 'tea', version: '1.1.0', permissions: ['storage'], setup() {} };`,
  );
  assert.equal((await here.plugin('install', './else/tea.js')).code, 0);
  const stranger = await here.plugin('permissions', 'tea');
  assert.match(stranger.stdout, /^ {2}storage {2}not granted/m);
});

test('what a plugin was granted and keeps is handed over to the tarball that it becomes, which may be moved', async (t) => {
  const here = place(t);
  writeTea(here, tea('1.0.0', ['storage']));
  const file = join(here.path, 'src/tea.ts');
  const author = { plugin: 'tea', source: `file:${file}` };
  const book = new GrantBook(join(here.path, 'data/banter/plugin-grants.json'));
  await book.update({ ...author, version: '1.0.0' }, () => Granted.of(['storage', 'schedule']));
  const database = new PluginDatabase(join(here.path, 'data/banter/bots/cook/plugins/storage.db'));
  t.after(() => database.close());
  await database.run(({ storage }) => storage.set(author, 'n', '7', undefined));
  await here.plugin('pack', './src');
  await here.plugin('install', './tea-1.0.0.tgz');
  const adopted = await here.plugin('adopt', 'tea');
  assert.equal(
    adopted.stdout,
    `tea goes on with what that from ${file} kept: 1 value\nand may what that might: storage\n`,
    adopted.stderr,
  );
  renameSync(join(here.path, 'tea-1.0.0.tgz'), join(here.path, 'src/moved.tgz'));
  await here.plugin('install', './src/moved.tgz');
  const source = new InstalledPlugins(here.installed).locate('tea')?.identity ?? '';
  assert.match(source, /^installed:tarball:sha512-[\w+/]{86}==$/);
  await database.run(({ storage }) => {
    assert.equal(storage.get({ plugin: 'tea', source }, 'n')?.value, '7');
    assert.equal(storage.get(author, 'n'), undefined);
  });
  assert.deepEqual(book.find('tea', source)?.granted.notation, ['storage']);
});

test('what is installed is listed, and removed by its id', async (t) => {
  const here = place(t);
  assert.equal((await here.plugin('list')).stdout, 'no plugin is installed\n');
  writeTea(here, tea('1.0.0', ['storage']));
  await here.plugin('install', './src');
  const [listed, ...others] = JSON.parse((await here.plugin('list', '--json')).stdout);
  assert.deepEqual(others, []);
  const { installedAt, sha512, ...rest } = listed;
  assert.match(installedAt, /^\d{4}-.*Z$/);
  assert.match(sha512, /^[0-9a-f]{128}$/);
  assert.deepEqual(rest, {
    id: 'tea',
    version: '1.0.0',
    description: 'Makes tea.',
    permissions: ['storage'],
    origin: { type: 'folder', from: join(here.path, 'src') },
    intact: true,
  });
  assert.equal((await here.plugin('uninstall', '../installed-plugins/tea')).code, 1);
  assert.equal((await here.plugin('uninstall', 'tea')).stdout, 'tea uninstalled\n');
  assert.deepEqual(readdirSync(here.installed), ['.lock']);
  const gone = await here.plugin('uninstall', 'tea');
  assert.equal(gone.code, 1);
  assert.match(gone.stdout, /^tea is not installed/);
});

test('what is no plugin, or has the name of a built-in one, is not installed', async (t) => {
  const here = place(t);
  here.write(
    'dice.js',
    `export default { id: 'dice', version: '1.0.0', permissions: [], setup() {} };`,
  );
  const taken = await here.plugin('install', './dice.js');
  assert.equal(taken.code, 2);
  assert.match(taken.stderr, /"dice" comes with Banter/);
  here.write('bad.ts', `import fs from 'node:fs';\nexport default fs;`);
  const bad = await here.plugin('install', './bad.ts');
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /bad\.ts:1:16: plugins run without Node/);
  here.write('loop.js', `for (;;);\nexport default {};`);
  assert.equal((await here.plugin('install', './loop.js')).code, 1);
  assert.equal((await here.plugin('install', './nowhere')).code, 2);
  assert.throws(() => readFileSync(here.installed), { code: 'ENOENT' });
});

test('a packed plugin is installed from its tarball, and published as its author calls it', async (t) => {
  const here = place(t);
  writeTea(here, tea('1.0.0', []));
  here.write(
    'src/package.json',
    '{ "name": "@ann/tea", "license": "MIT", "main": "./tea.ts", "scripts": { "install": "x" } }',
  );
  assert.equal((await here.plugin('pack', './src')).stdout, 'tea-1.0.0.tgz\n');
  await unpack(join(here.path, 'tea-1.0.0.tgz'), join(here.path, 'unpacked'));
  assert.deepEqual(JSON.parse(readFileSync(join(here.path, 'unpacked/package.json'), 'utf8')), {
    name: '@ann/tea',
    license: 'MIT',
    version: '1.0.0',
    description: 'Makes tea.',
    type: 'module',
    main: './plugin.js',
  });
  const done = await here.plugin('install', './tea-1.0.0.tgz');
  assert.match(done.stdout, /^tea 1\.0\.0 installed$/m, done.stderr);
  assert.match((await here.line('plugin load tea')).stderr, /plugin tea: the kettle/);
});

test('the folder that "plugin new" makes can be installed', async (t) => {
  const here = place(t);
  await here.plugin('new', 'cup');
  const done = await here.plugin('install', './cup');
  assert.match(done.stdout, /^cup 1\.0\.0 installed$/m, done.stderr);
});
