/** `banter plugin check`: says what is wrong with a plugin, and where. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Home, temporaryHome } from '../support/home.ts';
import { runBanter } from '../support/processes.ts';

const timeout = 60_000;

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
permissions: that is a look at the text; what is computed or renamed is not seen
types: fine
`,
  );
  assert.equal(code, 0);
});

test('tells permissions without a use, and uses without a permission', { timeout }, async (t) => {
  const home = temporaryHome(t);
  plugin(home, ['message.read', 'storage', 'http:example.com'], `void ctx.history;`);
  const { code, said } = await runBanter(home, 'plugin', 'check', 'tea.ts', '--json');
  assert.equal(code, 0, said);
  const { unused, unasked, types } = JSON.parse(said);
  assert.deepEqual(unused, ['message.read', 'storage', 'http:example.com']);
  assert.deepEqual(unasked, [{ use: 'history', needs: ['history.read'] }]);
  assert.deepEqual(types, { type: 'fine' });
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
