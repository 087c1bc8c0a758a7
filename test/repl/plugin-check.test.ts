/** `banter plugin check`: says what is wrong with a plugin, and where. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Home, temporaryHome } from '../support/home.ts';
import { runBanter } from '../support/processes.ts';

const timeout = 180_000;

function plugin(home: Home, permissions: readonly string[], setup: string): void {
  writeFileSync(
    join(home.path, 'tea.ts'),
    `import { definePlugin } from 'banter/plugins';
export default definePlugin({ id: 'tea', version: '1.0.0', permissions: ${JSON.stringify(permissions)},
  setup(ctx) {
    ${setup}
  } });`,
  );
}

test('finds nothing in a new plugin', { timeout }, async (t) => {
  const home = temporaryHome(t);
  await runBanter(home, 'plugin', 'new', 'tea');
  const { code, said } = await runBanter(home, 'plugin', 'check', 'tea');
  assert.equal(
    said,
    `tea 1.0.0: manifest and bundle are fine; it asks for message.read, message.send
permissions: fine
types: fine
`,
  );
  assert.equal(code, 0);
});

test('tells permissions without a use, and uses without a permission, under whatever name they go', {
  timeout,
}, async (t) => {
  const home = temporaryHome(t);
  plugin(
    home,
    ['message.read', 'storage', 'history.read', 'http:example.com'],
    `// ctx.history is only spoken of here, and "ctx.storage" there
    ctx.log.info('ctx.http', { file: 1 }.file);
    const { send: say } = ctx;
    say({ group: 'lab' }, 'hello');
    const { use } = ctx;
    const point = 'receive';
    use(point, () => undefined);
    const later = (context: typeof ctx) => context['schedule'];
    later(ctx);`,
  );
  const { code, said } = await runBanter(home, 'plugin', 'check', 'tea.ts', '--json');
  assert.equal(code, 0, said);
  const { permissions, types } = JSON.parse(said);
  assert.deepEqual(permissions, {
    type: 'compared',
    unused: ['message.read', 'storage', 'history.read', 'http:example.com'],
    unasked: [
      { use: 'use "receive" or "send"', needs: ['message.change', 'private.change'] },
      { use: 'send, reply or what a command answers', needs: ['message.send', 'private.send'] },
      { use: 'schedule', needs: ['schedule'] },
    ],
  });
  assert.deepEqual(types, { type: 'fine' });
});

test('checks the file of a folder that pack and install take, and compares nothing that has no types', {
  timeout,
}, async (t) => {
  const home = temporaryHome(t);
  mkdirSync(join(home.path, 'tea/lib'), { recursive: true });
  writeFileSync(join(home.path, 'tea/package.json'), '{ "name": "tea", "main": "./lib/leaf.js" }');
  writeFileSync(join(home.path, 'tea/tea.ts'), 'export default 1;');
  writeFileSync(
    join(home.path, 'tea/lib/leaf.js'),
    `export default { id: 'leaf', version: '1.0.0', permissions: [], setup(ctx) { ctx.send(); } };`,
  );
  const { said } = await runBanter(home, 'plugin', 'check', 'tea');
  assert.match(said, /^leaf 1\.0\.0: manifest and bundle are fine; it asks for nothing$/m);
  assert.match(said, /^permissions: not compared with their uses, as no definePlugin says/m);
});

test('names file, line and column of what does not fit', { timeout }, async (t) => {
  const home = temporaryHome(t);
  plugin(home, [], 'const n: number = ctx.me; ctx.log.info(n);');
  const types = await runBanter(home, 'plugin', 'check', 'tea.ts');
  assert.equal(types.code, 1, types.said);
  assert.match(types.said, /^types: tea\.ts\(4,11\): error TS2322: /m);
  plugin(home, [], 'const = 5;');
  const syntax = await runBanter(home, 'plugin', 'check', 'tea.ts');
  assert.equal(syntax.code, 2);
  assert.match(syntax.said, /^error: tea\.ts:4:11: /);
  plugin(home, ['tea.drink'], '');
  const manifest = await runBanter(home, 'plugin', 'check', 'tea.ts');
  assert.equal(manifest.code, 2);
  assert.match(manifest.said, /^error: tea\.ts: manifest: permissions\[0\]: must be one of /);
});
