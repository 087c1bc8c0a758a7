import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Bundler } from '../../plugins/bundle.ts';

/** Writes files into a folder of their own and bundles `plugin/index.ts`. */
async function bundle(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'banter-bundle-'));
  t.after(() => rm(dir, { recursive: true }));
  for (const [name, contents] of Object.entries(files)) {
    const path = join(dir, name);
    await mkdir(join(path, '..'), { recursive: true });
    if (contents.startsWith('→')) await symlink(contents.slice(1), path);
    else await writeFile(path, contents);
  }
  const { code } = await new Bundler().bundle(join(dir, 'plugin/index.ts'));
  return code;
}

const invalid = (message: RegExp | string) => ({ code: 'PLUGIN_INVALID', message });

test('bundles TypeScript, JSON and packages of the folder', async (t) => {
  const code = await bundle(t, {
    'plugin/index.ts': `import { name } from './other.ts'; import data from './data.json'; import pkg from 'pkg';
      import { definePlugin } from 'banter/plugins';
      const x: string = name; export default definePlugin([x, data.value, pkg]);`,
    'plugin/other.ts': `export const name: string = 'other file';`,
    'plugin/data.json': `{ "value": "from json" }`,
    'plugin/node_modules/pkg/package.json': `{ "name": "pkg", "main": "main.js" }`,
    'plugin/node_modules/pkg/main.js': `module.exports = 'from package';`,
  });
  for (const part of ['other file', 'from json', 'from package']) assert.ok(code.includes(part));
  assert.ok(!code.includes('import '));
});

test('names file, line and column of a mistake', async (t) => {
  const mistake = { 'plugin/index.ts': `export default 1;\n  const x: = 2;` };
  await assert.rejects(bundle(t, mistake), (error: Error & { data?: unknown }) => {
    assert.match(error.message, /^index\.ts:2:12: /);
    assert.deepEqual(error.data, { file: 'index.ts', line: 2, column: 12 });
    return true;
  });
});

test('says where a package has to be that is not there', async (t) => {
  await assert.rejects(
    bundle(t, { 'plugin/index.ts': `import pad from 'left-pad';\nexport default pad;` }),
    invalid(
      /^index\.ts:1:17: Could not resolve "left-pad"; .*"npm install" there\).*"banter plugin pack"/,
    ),
  );
});

test('asks for a default export', async (t) => {
  await assert.rejects(
    bundle(t, { 'plugin/index.ts': `export const plugin = 1;` }),
    invalid('index.ts: has no default export; write `export default definePlugin({ … })`'),
  );
});

test('refuses modules of Node and says why', async (t) => {
  for (const name of ['node:fs', 'fs']) {
    await assert.rejects(
      bundle(t, { 'plugin/index.ts': `import fs from '${name}'; export default fs;` }),
      invalid(/^index\.ts:1:16: plugins run without Node, so there is no "(node:)?fs"/),
    );
  }
});

test('reads nothing outside of the folder, whichever way it is named', async (t) => {
  const secret = { 'secret.json': `{ "secret": "hush" }`, 'secret.ts': `export default 'hush';` };
  const outside = invalid(/is outside of the plugin's folder/);
  for (const specifier of ['../secret.json', '../secret.ts', './link.json', './dir/secret.json']) {
    await assert.rejects(
      bundle(t, {
        ...secret,
        'plugin/index.ts': `import secret from '${specifier}'; export default secret;`,
        'plugin/link.json': '→../secret.json',
        'plugin/dir': '→..',
      }),
      outside,
    );
  }
  await assert.rejects(
    bundle(t, { 'plugin/index.ts': `import x from '/etc/passwd'; export default x;` }),
    outside,
  );
});

test('imports no file that is neither script nor JSON', async (t) => {
  await assert.rejects(
    bundle(t, {
      'plugin/index.ts': `import x from './notes.txt'; export default x;`,
      'plugin/notes.txt': 'x',
    }),
    invalid(/cannot import notes\.txt: only TypeScript, JavaScript and JSON/),
  );
});

test('does not follow a tsconfig of the author', async (t) => {
  const code = await bundle(t, {
    'plugin/index.ts': `export default 'fine';`,
    'plugin/tsconfig.json': `{ "extends": "../../../../../etc/passwd" }`,
  });
  assert.ok(code.includes('fine'));
});

test('bundles again only what has changed', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'banter-bundle-'));
  t.after(() => rm(dir, { recursive: true }));
  const [file, other] = [join(dir, 'a.ts'), join(dir, 'b.ts')];
  await writeFile(file, `import b from './b.ts'; export default b;`);
  await writeFile(other, `export default 'one';`);
  const bundler = new Bundler();
  const first = await bundler.bundle(file);
  assert.equal(await bundler.bundle(file), first);
  await writeFile(other, `export default 'two';`);
  assert.ok((await bundler.bundle(file)).code.includes('two'));
});

test('says that a file is not there', async () => {
  await assert.rejects(
    new Bundler().bundle('/nowhere/plugin.ts'),
    invalid('there is no plugin at /nowhere/plugin.ts'),
  );
});

test('the process of the bundler ends with its last build, or when nobody keeps it any more', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'banter-bundle-'));
  t.after(() => rm(dir, { recursive: true }));
  const bundleOf = async (value: number): Promise<void> => {
    await writeFile(join(dir, 'a.ts'), `export default ${value};`);
    await new Bundler().bundle(join(dir, 'a.ts'));
  };
  await bundleOf(1);
  await untilChildren(0);
  const [one, other] = [Bundler.keepService(), Bundler.keepService()];
  await bundleOf(2);
  const kept = children();
  assert.equal(kept.length, 1);
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  await bundleOf(3);
  assert.deepEqual(children(), kept, 'the other one still keeps it');
  other[Symbol.dispose]();
  await untilChildren(0);
});

/** The processes that this one has started, and that have not ended. */
function children(): readonly string[] {
  const { stdout } = spawnSync('ps', ['-e', '-o', 'ppid=,pid=,comm='], { encoding: 'utf8' });
  const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  return lines.flatMap(([parent, pid = '', name]) =>
    parent === String(process.pid) && name === 'esbuild' ? [pid] : [],
  );
}

async function untilChildren(count: number): Promise<void> {
  while (children().length !== count) await setImmediate();
}
