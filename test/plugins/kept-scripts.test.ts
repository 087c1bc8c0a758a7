/** Scripts of Banter's own that are bundled once, and who may put them where they are found. */

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hashOf, KeptScripts } from '../../plugins/kept-scripts.ts';
import { temporaryHome } from '../support/home.ts';

/** Scripts that are built of one file, and how often they were. */
function shelf(t: TestContext, isWritable = true) {
  const root = temporaryHome(t).path;
  const [source, folder] = [join(root, 'source.ts'), join(root, 'scripts')];
  writeFileSync(source, 'one');
  let builds = 0;
  const find = async (recipe = 'plain', texts = ['made']): Promise<string> => {
    const kept = new KeptScripts({ root, folder, isWritable });
    const built = await kept.find('script', recipe, async () => {
      builds += 1;
      return { texts, inputs: new Map([[source, hashOf(readFileSync(source))]]) };
    });
    assert.deepEqual([...built.inputs.keys()], [source]);
    return `${built.texts.join()} ${builds}`;
  };
  return { source, folder, file: join(folder, 'script.json'), find };
}

test('a script that was built once is found by every later process', async (t) => {
  const { find } = shelf(t);
  assert.equal(await find(), 'made 1');
  assert.equal(await find('plain', ['other']), 'made 1');
});

test('a script is built anew when a file that went in has changed, or is to be made otherwise', async (t) => {
  const { source, find } = shelf(t);
  await find();
  writeFileSync(source, 'two');
  assert.equal(await find('plain', ['after the change']), 'after the change 2');
  assert.equal(await find('minified', ['small']), 'small 3');
  assert.equal(await find('minified'), 'small 3');
});

test('a script is built anew where what was kept is damaged', async (t) => {
  const { file, find } = shelf(t);
  await find();
  for (const damage of ['', '{', '{"recipe":"plain"}', 'null']) {
    writeFileSync(file, damage);
    assert.match(await find(), /^made [2-9]$/);
  }
});

test('a script is not taken from a file that others can write, nor through a link', async (t) => {
  const { file, folder, find } = shelf(t);
  await find();
  const planted = readFileSync(file, 'utf8').replace('made', 'evil');
  writeFileSync(file, planted);
  assert.equal(await find(), 'evil 1', 'it is read at all');
  chmodSync(file, 0o622);
  assert.equal(await find(), 'made 2');
  const elsewhere = shelf(t);
  mkdirSync(elsewhere.folder);
  symlinkSync(join(folder, 'script.json'), elsewhere.file);
  assert.equal(await elsewhere.find(), 'made 1');
});

test('a script is built by every process where nothing can be written, or must not be', async (t) => {
  const installed = shelf(t, false);
  assert.equal(await installed.find(), 'made 1');
  assert.equal(await installed.find(), 'made 2');
  const { folder, find } = shelf(t);
  writeFileSync(folder, 'a file where the folder should be');
  assert.equal(await find(), 'made 1');
  assert.equal(await find(), 'made 2');
});
