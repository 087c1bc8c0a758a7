/** `banter plugin test`: tests of plugins run with this installation, wherever they stand. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Home, temporaryHome } from '../support/home.ts';
import { runBanter } from '../support/processes.ts';

const timeout = 180_000;

function write(home: Home, file: string, contents: string): void {
  writeFileSync(join(home.path, file), contents);
}

test('the tests of a new plugin pass, with nothing installed beside it', { timeout }, async (t) => {
  const home = temporaryHome(t);
  await runBanter(home, 'plugin', 'new', 'tea');
  const { code, said } = await runBanter(home, 'plugin', 'test', 'tea');
  assert.equal(code, 0, said);
  assert.match(said, /answers who calls it, and nobody else/);
  assert.match(said, /pass 2$/m);
});

test('fails when a test fails, and passes over what is installed', { timeout }, async (t) => {
  const home = temporaryHome(t);
  mkdirSync(join(home.path, 'node_modules'));
  write(home, 'node_modules/other.test.js', 'throw new Error("not mine");');
  write(home, 'one.test.mjs', "import test from 'node:test'; test('it holds', () => {});");
  const good = await runBanter(home, 'plugin', 'test');
  assert.equal(good.code, 0, good.said);
  assert.match(good.said, /pass 1$/m);
  write(
    home,
    'two.test.ts',
    "import test from 'node:test'; test('it breaks', () => { throw new Error('so it does'); });",
  );
  const bad = await runBanter(home, 'plugin', 'test');
  assert.equal(bad.code, 1);
  assert.match(bad.said, /so it does/);
  const one = await runBanter(home, 'plugin', 'test', './one.test.mjs');
  assert.equal(one.code, 0, one.said);
});

test('says where there is no test', { timeout }, async (t) => {
  const home = temporaryHome(t);
  const none = await runBanter(home, 'plugin', 'test');
  assert.equal(none.code, 2);
  assert.match(none.said, /^error: there is no test in \.; a file with tests is called like tea/);
  const nowhere = await runBanter(home, 'plugin', 'test', 'nowhere');
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.said, /^error: there is nothing at nowhere\n/);
});
