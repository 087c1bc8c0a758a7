/** `banter plugin new`: what it makes works, and what it cannot make it says. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { start } from '../../plugins/testing.ts';
import { temporaryHome } from '../support/home.ts';
import { runBanter } from '../support/processes.ts';

test('makes a plugin that runs, and says what comes next', async (t) => {
  const home = temporaryHome(t);
  const { code, said } = await runBanter(home, 'plugin', 'new', '--', 'tea-2');
  assert.equal(code, 0, said);
  assert.match(said, /^made tea-2\/ with tea-2\.ts, tea-2\.test\.ts, README\.md, package\.json,/);
  assert.match(said, /^ {2}banter chat ann --plugin \.\/tea-2\/tea-2\.ts --watch$/m);
  const folder = join(home.path, 'tea-2');
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  assert.equal(manifest.type, 'module');
  assert.ok(readdirSync(folder).includes(manifest.exports.replace('./', '')));

  await using world = await start({ plugins: [join(folder, 'tea-2.ts')] });
  await world.user('ann').says('!tea-2 bob');
  await world.user('ann').says('@bot hello');
  await world.expect(['ann: !tea-2 bob', 'bot: Hello, bob!', 'ann: @bot hello', 'bot: Yes, ann?']);
});

test('uses an empty folder, and touches nothing in another', async (t) => {
  const home = temporaryHome(t);
  mkdirSync(join(home.path, 'tea'));
  assert.equal((await runBanter(home, 'plugin', 'new', '--', 'tea')).code, 0);
  const source = join(home.path, 'tea/tea.ts');
  writeFileSync(source, 'mine');
  const { code, said } = await runBanter(home, 'plugin', 'new', '--', 'tea');
  assert.equal(code, 2);
  assert.match(said, /^error: the folder tea is not empty; choose another name, or move it away\n/);
  assert.equal(readFileSync(source, 'utf8'), 'mine');
  writeFileSync(join(home.path, 'coffee'), '');
  const other = await runBanter(home, 'plugin', 'new', '--', 'coffee');
  assert.equal(other.code, 2);
  assert.match(other.said, /^error: cannot make coffee: /);
});

test('refuses a name that no plugin of yours can have', async (t) => {
  const home = temporaryHome(t);
  const before = readdirSync(home.path);
  for (const name of ['Tea', '2tea', '../tea', '', 't\u001bea', 'a'.repeat(33), '--force']) {
    const { code, said } = await runBanter(home, 'plugin', 'new', '--', name);
    assert.equal(code, 2, name);
    assert.match(said, /^error: a plugin is called by 1 to 32 lower-case letters, digits and "-"/);
    assert.ok(!said.includes('\u001b'));
  }
  const { code, said } = await runBanter(home, 'plugin', 'new', '--', 'dice');
  assert.equal(code, 2);
  assert.match(said, /^error: a plugin called dice comes with Banter; call yours otherwise\n/);
  assert.deepEqual(readdirSync(home.path), before);
});
