/** Attacks by names: of files that the bundler should read, and of plugins. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Bundler } from '../../../plugins/bundle.ts';
import { stage } from '../world.ts';

/** What a plugin's folder holds beside `index.ts`: contents, or `→` and what it links to, or `|` for a pipe. */
interface Trap {
  readonly index: string;
  readonly files?: Readonly<Record<string, string>>;
  /** What the refusal says. */
  readonly refused: RegExp;
}

const outside = /is outside of the plugin's folder/;
const unknown = /Could not resolve/;
const secret = {
  'secret.json': '{ "secret": "hush" }',
  'other/secret.ts': `export default 'hush';`,
};

const traps: Readonly<Record<string, Trap>> = {
  'a file above': { index: `import s from '../secret.json'; export default s;`, refused: outside },
  'a file above, by a detour': {
    index: `import s from './a/../../secret.json'; export default s;`,
    refused: outside,
  },
  'a file above, with a question': {
    index: `import s from '../secret.json?x'; export default s;`,
    refused: outside,
  },
  'a file above, as text': {
    index: `import s from '../secret.json' with { type: 'text' }; export default s;`,
    refused: outside,
  },
  'another plugin': {
    index: `import s from '../other/secret'; export default s;`,
    refused: outside,
  },
  'a file of the system': {
    index: `import s from '/etc/passwd'; export default s;`,
    refused: outside,
  },
  'an address of a file': {
    index: `import s from 'file:///etc/passwd'; export default s;`,
    refused: unknown,
  },
  'a link to a file': {
    index: `import s from './link.json'; export default s;`,
    files: { 'link.json': '→../secret.json' },
    refused: outside,
  },
  'a link to a folder': {
    index: `import s from './up/secret.json'; export default s;`,
    files: { up: '→..' },
    refused: outside,
  },
  'a link to itself': {
    index: `import s from './link.json'; export default s;`,
    files: { 'link.json': '→link.json' },
    refused: /too many levels of symbolic links/,
  },
  'a link to what never ends': {
    index: `import s from './zero.json'; export default s;`,
    files: { 'zero.json': '→/dev/zero' },
    refused: outside,
  },
  'a pipe that nobody writes to': {
    index: `import s from './pipe.json'; export default s;`,
    files: { 'pipe.json': '|' },
    refused: /cannot import pipe\.json: no ordinary file/,
  },
  'a package of the folder above': {
    index: `import s from 'pkg'; export default s;`,
    files: { '../node_modules/pkg/index.js': `module.exports = 'hush';` },
    refused: outside,
  },
  'a package whose main file is elsewhere': {
    index: `import s from 'pkg'; export default s;`,
    files: { 'node_modules/pkg/package.json': '{ "name": "pkg", "main": "../../../secret.json" }' },
    refused: outside,
  },
  'a package that maps to elsewhere': {
    index: `import s from 'pkg'; export default s;`,
    files: {
      'node_modules/pkg/package.json':
        '{ "name": "pkg", "exports": { ".": "./../../../secret.json" } }',
    },
    refused: /./,
  },
  'whatever matches a pattern above': {
    index: 'export default (name) => import("../" + name + ".json");',
    refused: outside,
  },
  'a module of Node by its plain name': {
    index: `import s from 'fs/promises'; export default s;`,
    refused: /plugins run without Node/,
  },
  'a file without end': {
    index: `export default 1; // ${'x'.repeat(200_000)}`,
    refused: /more than 100000 bytes/,
  },
  'files that are too large together': {
    index: `import a from './a.ts'; import b from './b.ts'; export default [a, b];`,
    files: {
      'a.ts': `export default '${'a'.repeat(60_000)}';`,
      'b.ts': `export default '${'b'.repeat(60_000)}';`,
    },
    refused: /more than 100000 bytes/,
  },
  'a program that is deeper than the parser likes': {
    index: `export default ${'['.repeat(9000)};`,
    refused: /Unexpected|Expected/,
  },
};

test('paths', { timeout: 60_000 }, async (t) => {
  const bundler = new Bundler({ bytesMax: 100_000, buildMs: 20_000 });
  for (const [name, { index, files, refused }] of Object.entries(traps)) {
    await t.test(`${name}: is not bundled, and the reason is told`, async (t) => {
      const dir = await folder(t, { ...secret, ...inPlugin({ ...files, 'index.ts': index }) });
      await assert.rejects(bundler.bundle(join(dir, 'plugin/index.ts')), {
        code: 'PLUGIN_INVALID',
        message: refused,
      });
    });
  }
});

test('a folder that is loaded itself brings nothing of its parent', async (t) => {
  const index = `import s from '../secret.json'; export default s;`;
  const dir = await folder(t, { ...secret, ...inPlugin({ 'index.ts': index }) });
  await assert.rejects(new Bundler().bundle(join(dir, 'plugin')), { message: outside });
});

test('a map that a script names is not read, wherever it is', async (t) => {
  const dir = await folder(t, {
    pipe: '|',
    ...inPlugin({
      'index.ts': `import a from './a.js'; export default a;`,
      'a.js': 'export default 1;\n//# sourceMappingURL=../pipe\n',
    }),
  });
  const { code } = await new Bundler().bundle(join(dir, 'plugin/index.ts'));
  assert.match(code, /a_default = 1/);
});

test('a pattern that matches half the disk ends the bundler, and the next plugin is bundled', async (t) => {
  const bundler = new Bundler({ bytesMax: 100_000, buildMs: 300 });
  const dir = await folder(
    t,
    inPlugin({
      'index.ts': 'export default (name) => import("../../../../usr/" + name + "/x.json");',
      'next.ts': 'export default 1;',
    }),
  );
  const patient = new Bundler();
  const [bad] = await Promise.allSettled([bundler.bundle(join(dir, 'plugin/index.ts'))]);
  assert.equal(bad.status === 'rejected' && bad.reason.code, 'PLUGIN_INVALID');
  assert.match((await patient.bundle(join(dir, 'plugin/next.ts'))).code, /banterPlugin/);
});

test('two who bundle at once do not end each other', async (t) => {
  const dir = await folder(
    t,
    inPlugin({ 'a.ts': 'export default 1;', 'b.ts': 'export default 2;' }),
  );
  const names = ['a.ts', 'b.ts', 'a.ts', 'b.ts'];
  const bundles = await Promise.all(
    names.map((name) => new Bundler().bundle(join(dir, 'plugin', name))),
  );
  assert.deepEqual(
    bundles.map(({ file }) => file),
    names,
  );
});

test('no plugin has a name that leads out of its folder', { timeout: 60_000 }, async (t) => {
  const { write, runtime, dir } = await stage(t);
  const ids = ['..', '../evil', '/etc', 'a\\\\b', 'a\\u0000', ''];
  const loads = ids.map(async (id, index) => {
    const source = `import { definePlugin } from 'banter/plugins';
      export default definePlugin({ id: '${id}', version: '1.0.0', permissions: ['file.append'],
        async setup(ctx) { await ctx.file.append('here'); } });`;
    return runtime.load(await write(`plugin${index}.ts`, source));
  });
  for (const load of await Promise.allSettled(loads)) {
    assert.equal(load.status, 'rejected');
    assert.match(String(load.reason), /manifest: id: must be (lower-case|a text of at most 32)/);
  }
  assert.ok(
    (await readdir(dir)).every((name) => name.startsWith('plugin') && name.endsWith('.ts')),
  );
});

function inPlugin(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(files).map(([name, contents]) => [join('plugin', name), contents]),
  );
}

async function folder(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'banter-paths-'));
  t.after(() => rm(dir, { recursive: true }));
  for (const [name, contents] of Object.entries(files)) {
    const path = join(dir, name);
    await mkdir(dirname(path), { recursive: true });
    if (contents.startsWith('→')) await symlink(contents.slice(1), path);
    else if (contents === '|') execFileSync('mkfifo', [path]);
    else await writeFile(path, contents);
  }
  return dir;
}
