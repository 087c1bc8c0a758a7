import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { SqliteStore } from '../../../core/store/sqlite-store.ts';
import { outcomes } from '../../sim/scene.ts';
import { temporaryHome } from '../../support/home.ts';
import { codeOf, textsOf, told, World } from '../client/world.ts';

const mebibyte = 1024 * 1024;

describe('a server whose disk is full', () => {
  it('refuses what changes anything, answers the rest, and recovers by itself when there is room', async (t) => {
    const home = temporaryHome(t);
    const folder = home.path;
    const newSeed = (): Uint8Array => new Uint8Array(32).fill(7);
    const store = await SqliteStore.open({ folder, newSeed, bytesMax: mebibyte });
    home.onClose(() => store.close());
    const limits = { requestsPerSecond: 100_000, requestBurst: 100_000 };
    const bytes = { requestBytesPerSecond: 100 * mebibyte, requestByteBurst: 100 * mebibyte };
    const world = await World.start(t, { store, limits: { ...limits, ...bytes } });
    const [ann, bob] = await world.gather('dev', 'Ann', 'Bob');
    assert.ok(ann !== undefined && bob !== undefined);
    const heard = told(bob, 'messageReceived');
    const full = once(world.server, 'storeFull');
    const texts: string[] = [];
    const sends: Promise<unknown>[] = [];
    const isFull = (): boolean => world.server.problems.includes('storeFull');
    while (!isFull()) {
      const text = `${texts.length} ${'x'.repeat(30_000)}`;
      texts.push(text);
      const sending = ann.sendGroup('dev', text);
      sends.push(sending);
      await Promise.race([sending, full]);
    }
    const [error] = await full;
    assert.equal(error.code, 'STORE_FULL');
    // What was under way is kept and tried again; what is new is refused.
    assert.equal(await codeOf(ann.sendGroup('dev', 'too late')), 'STORE_FULL');
    assert.equal(await codeOf(bob.createGroup('other')), 'STORE_FULL');
    assert.equal(await codeOf(bob.leaveGroup('dev')), 'STORE_FULL');
    assert.equal(await codeOf(world.join('Carol')), 'STORE_FULL');
    assert.deepEqual(await bob.listGroups(), ['dev']);
    assert.deepEqual(await bob.listMembers('dev'), ['Ann', 'Bob']);
    assert.ok((await bob.history('dev', { limit: 3 })).length === 3);
    assert.equal((await store.load()).groups[0]?.headSeq, texts.length - 1);
    const recovered = once(world.server, 'storeRecovered');
    await store.prune({ retention: { messages: 5 }, nowMs: 0 });
    await recovered;
    assert.deepEqual(new Set(await outcomes(sends)), new Set([undefined]));
    await ann.sendGroup('dev', 'again');
    assert.deepEqual(textsOf(await heard.count(texts.length + 1)), [...texts, 'again']);
    assert.deepEqual(world.server.problems, []);
    assert.deepEqual(await store.check(), []);
  });
});
