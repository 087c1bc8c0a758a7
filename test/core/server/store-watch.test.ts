import assert from 'node:assert/strict';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { SqliteStore } from '../../../core/store/sqlite-store.ts';
import { Scene } from '../../sim/scene.ts';
import { temporaryHome } from '../../support/home.ts';
import { storeAround } from '../../support/store-around.ts';

describe('a server whose files somebody deletes', () => {
  it('says so, tells nobody any more that something is durable, and is well again once they are back', async () => {
    const scene = new Scene();
    let isThere = true;
    const store = storeAround(new MemoryStore(new Uint8Array(32).fill(1)), {
      isDurable: true,
      isInPlace: () => Promise.resolve(isThere),
    });
    const server = await scene.serve({ store });
    const told: string[] = [];
    server.on('storeGone', () => told.push('gone'));
    server.on('storeFound', () => told.push('found'));
    const ann = await scene.connect('ann');
    await scene.gather('hall', [ann]);
    const durable = async (): Promise<boolean> =>
      (await scene.settle(ann.client.sendGroup('hall', 'hello'))).durable;
    assert.deepEqual([await durable(), server.problems], [true, []]);
    isThere = false;
    await scene.pass(20_000);
    assert.deepEqual([await durable(), server.problems], [false, ['storeGone']]);
    isThere = true;
    await scene.pass(20_000);
    assert.deepEqual([await durable(), server.problems], [true, []]);
    assert.deepEqual(told, ['gone', 'found']);
    await scene.settle(server.close());
  });
});

describe('a store in a folder', () => {
  async function open(t: TestContext): Promise<{ folder: string; store: SqliteStore }> {
    const folder = join(temporaryHome(t).path, 'server');
    const store = await SqliteStore.open({ folder, newSeed: () => new Uint8Array(32).fill(7) });
    t.after(() => store.close());
    await store.write([{ type: 'nameBound', name: 'ann', identity: 'ab'.repeat(32) }]);
    assert.equal(await store.isInPlace(), true);
    return { folder, store };
  }

  it('is no longer in its place when the folder is deleted, and closes all the same', async (t) => {
    const { folder, store } = await open(t);
    rmSync(folder, { recursive: true });
    assert.equal(await store.isInPlace(), false);
    await store.write([{ type: 'nameBound', name: 'bob', identity: 'cd'.repeat(32) }]);
    await store.close();
  });

  for (const file of ['chat.db', 'chat.db-wal']) {
    it(`is not when another file stands for ${file}, and is when the first is back`, async (t) => {
      const { folder, store } = await open(t);
      const path = join(folder, file);
      renameSync(path, `${path}.old`);
      writeFileSync(path, '');
      assert.equal(await store.isInPlace(), false);
      renameSync(`${path}.old`, path);
      assert.equal(await store.isInPlace(), true);
    });
  }
});
