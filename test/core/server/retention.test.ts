import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { Scene } from '../../sim/scene.ts';
import { codeOf } from '../client/world.ts';

describe('a server that keeps messages for some time only', () => {
  it('drops those that are older', async () => {
    const store = new MemoryStore(new Uint8Array(32).fill(1));
    const scene = new Scene();
    const limits = { logMessages: 1 };
    await scene.serve({ store, limits, retention: { ageMs: 3_600_000 } });
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
    const page = await scene.settle(ann.client.history('hall', { limit: 10 }));
    assert.deepEqual(
      page.map(({ text }) => text),
      ['four', 'three'],
    );
  });

  it('goes by the bounds of a group before its own', async () => {
    const store = new MemoryStore(new Uint8Array(32).fill(1));
    const scene = new Scene();
    await scene.serve({ store, retention: { messages: 1 } });
    const ann = await scene.connect('ann');
    await scene.gather('hall', [ann]);
    store.write([{ type: 'retentionSet', group: 'hall', retention: { messages: 3 } }]);
    for (const text of ['1', '2', '3', '4', '5']) {
      await scene.settle(ann.client.sendGroup('hall', text));
    }
    await scene.pass(120_000);
    assert.equal((await store.stats()).messages, 3);
  });

  it('does not start with a bound that is none', async () => {
    const scene = new Scene();
    for (const retention of [{ ageMs: 0 }, { messages: 1.5 }, { days: 1 }]) {
      assert.equal(await codeOf(scene.serve({ retention })), 'OPTION_INVALID');
    }
  });
});
