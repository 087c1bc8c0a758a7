/** What a client reads of what was said in its groups. */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { BanterError } from '../../../core/index.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { temporaryHome } from '../../support/home.ts';
import { storeAround } from '../../support/store-around.ts';
import { codeOf, textsOf, World } from './world.ts';

const limits = { requestBurst: 10_000, logMessages: 8 };

/** A server that keeps 4,096 messages and has 8 in memory; Ann has said as many as told to Bob. */
async function talked(t: TestContext, count: number) {
  const world = await World.start(t, { store: new MemoryStore(new Uint8Array(32)), limits });
  const [ann, bob] = await world.gather('Dev', 'Ann', 'Bob');
  assert.ok(ann && bob);
  for (let at = 1; at <= count; at++) await ann.sendGroup('Dev', `message ${at}`);
  return { world, ann, bob };
}

describe('a client', () => {
  it('reads what was said, newest first, over as many pages as it takes', async (t) => {
    const { ann, bob } = await talked(t, 200);
    const messages = await bob.history('dev', { limit: 150 });
    assert.deepEqual(
      textsOf(messages),
      Array.from({ length: 150 }, (_, at) => `message ${200 - at}`),
    );
    const [newest] = messages;
    assert.ok(newest);
    const { mid, logId, sentAtMs, ...rest } = newest;
    assert.deepEqual(rest, {
      type: 'group',
      group: 'Dev',
      from: 'Ann',
      text: 'message 200',
      seq: 200,
      bot: false,
      hops: 0,
      recovered: true,
    });
    assert.match(`${mid} ${logId}`, /^[0-9a-f]{32} [0-9a-f]{16}$/);
    assert.ok(Math.abs(sentAtMs - Date.now()) < 3_600_000);
    assert.equal((await bob.history('Dev')).length, 50);
    assert.deepEqual(textsOf(await ann.history('Dev', { before: 3 })), ['message 2', 'message 1']);
    assert.equal((await ann.history('Dev', { limit: 10_000 })).length, 200);
  });

  it('finds messages by their words, whatever their case', async (t) => {
    const { ann, bob } = await talked(t, 0);
    for (const text of ['Deploy at noon', 'lunch at noon', 'no deploy today', 'NOON: Deploy!']) {
      await ann.sendGroup('Dev', text);
    }
    const found = textsOf(await bob.search('Dev', 'deploy noon'));
    assert.deepEqual(found, ['NOON: Deploy!', 'Deploy at noon']);
    const older = await bob.search('Dev', 'noon', { before: 4, limit: 1 });
    assert.deepEqual(textsOf(older), ['lunch at noon']);
  });

  it('asks several things at a time without being refused', async (t) => {
    const { bob } = await talked(t, 30);
    const searches = Array.from({ length: 12 }, (_, at) => bob.search('Dev', `message ${at + 1}`));
    assert.deepEqual(
      (await Promise.all(searches)).map((found) => found.length),
      searches.map(() => 1),
    );
  });

  it('is refused where it is no member, and what makes no sense', async (t) => {
    const { world, ann } = await talked(t, 1);
    const dora = await world.join('Dora');
    assert.equal(await codeOf(dora.history('Dev')), 'NOT_MEMBER');
    assert.equal(await codeOf(dora.search('Dev', 'x')), 'NOT_MEMBER');
    assert.equal(await codeOf(ann.history('x'.repeat(200))), 'GROUP_UNKNOWN');
    assert.equal(await codeOf(ann.search('Dev', ' … ')), 'SEARCH_INVALID');
    assert.equal(await codeOf(ann.search('Dev', 'x'.repeat(5000))), 'SEARCH_INVALID');
    for (const limit of [0, -1, 1.5, 10_001, Number.NaN]) {
      assert.equal(await codeOf(ann.history('Dev', { limit })), 'OPTION_INVALID');
    }
    assert.equal(await codeOf(ann.history('Dev', { before: 0 })), 'OPTION_INVALID');
  });

  it('of one shot reads beside the one that is present', async (t) => {
    const { world, bob } = await talked(t, 3);
    const { path: dataDir } = temporaryHome(t);
    const eve = await world.join('Eve', { dataDir });
    await eve.joinGroup('Dev');
    const beside = await world.join('Eve', { dataDir, auxiliary: true });
    assert.deepEqual(textsOf(await beside.history('Dev')), textsOf(await bob.history('Dev')));
    assert.deepEqual(textsOf(await beside.search('Dev', '2')), ['message 2']);
  });
});

describe('a server whose store cannot read', () => {
  it('says so to who asks, and to its operator, and goes on', async (t) => {
    const broken = new BanterError('DATA_UNUSABLE', 'the disk does not answer');
    const store = storeAround(new MemoryStore(new Uint8Array(32)), {
      history: () => Promise.reject(broken),
    });
    const world = await World.start(t, { store });
    const failures: unknown[] = [];
    world.server.on('readFailed', (error) => failures.push(error));
    const [ann] = await world.gather('Dev', 'Ann');
    assert.ok(ann);
    assert.equal(await codeOf(ann.history('Dev')), 'HISTORY_UNREADABLE');
    assert.deepEqual(failures, [broken]);
    await ann.sendGroup('Dev', 'still here');
    assert.deepEqual(textsOf(await ann.search('Dev', 'still')), ['still here']);
  });
});
