import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { type Person, Scene } from '../../sim/scene.ts';
import { temporaryHome } from '../../support/home.ts';
import { storeAround } from '../../support/store-around.ts';
import { codeOf, World } from '../client/world.ts';

/** Ann and Bob in the hall, where Ann has said something while Bob was away. */
async function hallOf(scene: Scene, texts: readonly string[]) {
  const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
  await scene.gather('hall', [ann, bob]);
  scene.network.cut(bob.host);
  for (const text of texts) await scene.settle(ann.client.sendGroup('hall', text));
  // Else what was handed to his connection is still on its way to him.
  await scene.until(() => bob.events.includes('disconnected'));
  return { ann, bob };
}

/** What there is of the hall, newest first. */
async function textsOf(scene: Scene, { client }: Person): Promise<readonly string[]> {
  const page = await scene.settle(client.history('hall', { limit: 10 }));
  return page.map(({ text }) => text);
}

describe('a server that keeps messages for some time only', () => {
  it('drops those that are older', async () => {
    const store = new MemoryStore(new Uint8Array(32).fill(1));
    const scene = new Scene();
    await scene.serve({ store, retention: { ageMs: 3_600_000 } });
    const people = [await scene.connect('ann'), await scene.connect('bob')] as const;
    const [ann, bob] = people;
    await scene.gather('hall', people);
    scene.network.crash(bob.host);
    for (const text of ['one', 'two']) await scene.settle(ann.client.sendGroup('hall', text));
    await scene.pass(3_000_000);
    await scene.settle(ann.client.sendGroup('hall', 'three'));
    assert.equal((await store.stats()).messages, 3);
    await scene.pass(700_000);
    assert.equal((await store.stats()).messages, 1);
    await scene.settle(ann.client.sendGroup('hall', 'four'));
    assert.deepEqual(await textsOf(scene, ann), ['four', 'three']);
  });

  it('drops soon what an owner wants kept no longer, and no later than it would by itself', async () => {
    const store = new MemoryStore(new Uint8Array(32).fill(1));
    const scene = new Scene();
    await scene.serve({ store, retention: { messages: 4 } });
    const { ann } = await hallOf(scene, ['1', '2', '3', '4', '5', '6']);
    await scene.settle(ann.client.moderation.setRetention('hall', { messages: 2 }));
    await scene.pass(1000);
    assert.deepEqual(await textsOf(scene, ann), ['6', '5']);
    assert.equal((await store.stats()).messages, 2);
    await scene.settle(ann.client.moderation.setRetention('hall', { messages: 100 }));
    for (const text of ['7', '8', '9']) await scene.settle(ann.client.sendGroup('hall', text));
    await scene.pass(120_000);
    assert.deepEqual(await textsOf(scene, ann), ['9', '8', '7', '6']);
  });

  it('gives who was away no more than it keeps, and says how much is gone', async () => {
    for (const store of [undefined, new MemoryStore(new Uint8Array(32).fill(1))]) {
      const scene = new Scene();
      await scene.serve(store === undefined ? {} : { store });
      const { ann, bob } = await hallOf(scene, ['1', '2', '3', '4', '5', '6']);
      await scene.settle(ann.client.moderation.setRetention('hall', { messages: 2 }));
      await scene.pass(1000);
      scene.network.mend(bob.host);
      await scene.until(() => bob.heard.length === 2);
      assert.deepEqual(bob.heard, ['5', '6']);
      assert.deepEqual(bob.events.at(-1), 'gapFound: hall 4');
      assert.deepEqual(await textsOf(scene, bob), ['6', '5']);
      const found = await scene.settle(bob.client.search('hall', '3'));
      assert.deepEqual(found, []);
    }
  });

  it('looks once a second at most, however often owners change their mind', async () => {
    const memory = new MemoryStore(new Uint8Array(32).fill(1));
    let looks = 0;
    const store = storeAround(memory, {
      prune: (query) => {
        looks++;
        return memory.prune(query);
      },
    });
    const scene = new Scene();
    await scene.serve({ store });
    const { ann } = await hallOf(scene, ['1', '2']);
    await scene.pass(60_000);
    looks = 0;
    for (let at = 0; at < 30; at++) {
      await scene.settle(ann.client.moderation.setRetention('hall', { messages: 100 - at }));
      await scene.pass(80);
    }
    await scene.pass(1500);
    assert.ok(looks >= 3 && looks <= 5, `${looks} looks`);
  });

  it('forgets all of a group of which nothing is kept, and goes on with what is said then', async () => {
    const scene = new Scene();
    await scene.serve();
    const { ann, bob } = await hallOf(scene, ['1', '2', '3']);
    await scene.settle(ann.client.moderation.setRetention('hall', { ageMs: 1000 }));
    await scene.pass(120_000);
    scene.network.mend(bob.host);
    await scene.until(() => bob.events.includes('gapFound: hall 3'));
    await scene.settle(ann.client.sendGroup('hall', '4'));
    await scene.until(() => bob.heard.length === 1);
    assert.deepEqual(bob.heard, ['4']);
  });

  it('lets go of it on a disk, where the bound outlives the server', async (t) => {
    const options = { dataDir: temporaryHome(t).path, limits: { requestBurst: 100_000 } };
    const world = await World.start(t, options);
    const [ann] = await world.gather('hall', 'ann');
    assert.ok(ann !== undefined);
    const say = async (...texts: readonly string[]): Promise<void> => {
      for (const text of texts) await ann.sendGroup('hall', text);
    };
    const kept = async (count: number): Promise<readonly string[]> => {
      for (;;) {
        const texts = (await ann.history('hall', { limit: 10 })).map(({ text }) => text);
        if (texts.length <= count) return texts;
      }
    };
    await say('1', '2', '3', '4');
    await ann.moderation.setRetention('hall', { messages: 2 });
    assert.deepEqual(await kept(2), ['4', '3']);
    await say('5', '6');
    const isBack = once(ann, 'reconnected');
    await world.restart(options);
    await isBack;
    assert.deepEqual((await ann.moderation.describe('hall')).retention, { messages: 2 });
    assert.deepEqual(await kept(2), ['6', '5']);
  });

  it('does not start with a bound that is none', async () => {
    const scene = new Scene();
    for (const retention of [{ ageMs: 0 }, { messages: 1.5 }, { days: 1 }]) {
      assert.equal(await codeOf(scene.serve({ retention })), 'OPTION_INVALID');
    }
  });
});
