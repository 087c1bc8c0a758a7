/** What a restart of the server costs its clients: a connection and nothing else (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classicPolicy } from '../../../core/chat/types.ts';
import { Client } from '../../../core/client/client.ts';
import { BanterError } from '../../../core/errors.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import type { Store } from '../../../core/store/store.ts';
import { outcomes, type Person, Scene, serverHost } from '../../sim/scene.ts';
import { temporaryHome } from '../../support/home.ts';
import { storeAround } from '../../support/store-around.ts';
import { Disk } from './disk.ts';
import { begin, crash, messagesOf, numbered, talk } from './story.ts';
import { codeOf } from './world.ts';

const seed = new Uint8Array(32).fill(5);

const ends = {
  crashes: (scene: Scene, disk: Disk) => crash(scene, disk),
  closes: (scene: Scene) => scene.settle(scene.server.close()),
};

describe('a server that starts on the store of one before', () => {
  for (const [manner, end] of Object.entries(ends)) {
    it(`goes on when that one ${manner} in mid-stream: nothing is lost, doubled or of unknown outcome`, async () => {
      const { scene, disk, people } = await begin('ann', 'bob');
      const [ann, bob] = people as [Person, Person];
      const heard = messagesOf(bob);
      const texts = numbered(60);
      const talking = talk(scene, ann, texts);
      await scene.pass(110);
      await end(scene, disk);
      const ended = heard.length;
      await scene.serve({ store: disk.open() });
      const receipts = await scene.settle(talking);
      await scene.until(() => bob.heard.length === texts.length);
      assert.ok(ended > 0 && ended < texts.length);
      assert.deepEqual(bob.heard, texts);
      assert.deepEqual(
        receipts.map(({ seq, durable }) => [seq, durable]),
        texts.map((_, at) => [at + 1, true]),
      );
      assert.equal(new Set([...receipts, ...heard].map(({ logId }) => logId)).size, 1);
      for (const { events, client } of people) {
        assert.deepEqual(events, ['disconnected', 'reconnected']);
        assert.deepEqual(client.groups, ['hall']);
      }
      assert.deepEqual(await scene.settle(ann.client.listMembers('hall')), ['ann', 'bob']);
    });
  }

  it('gives a message whose answer was lost the place it has', async () => {
    const { scene, disk, people } = await begin('ann', 'bob');
    const [ann, bob] = people as [Person, Person];
    await scene.settle(ann.client.sendGroup('hall', 'before'));
    scene.network.cut(serverHost, 'out');
    const sending = ann.client.sendGroup('hall', 'was it stored?');
    await scene.pass(100);
    const { groups } = await disk.load();
    assert.equal(groups[0]?.headSeq, 2);
    crash(scene, disk);
    scene.network.mend(serverHost);
    await scene.serve({ store: disk.open() });
    assert.equal((await scene.settle(sending)).seq, 2);
    assert.equal((await scene.settle(ann.client.sendGroup('hall', 'after'))).seq, 3);
    await scene.until(() => bob.heard.length === 3);
    assert.deepEqual(bob.heard, ['before', 'was it stored?', 'after']);
  });

  it('is looked for when that one said that it would be back, by all its clients, not at once', async () => {
    const { scene, disk, people } = await begin('ann', 'bob', 'carl', 'dora');
    const [ann] = people as [Person];
    const told: unknown[] = [];
    for (const { client } of people) {
      client.on('disconnected', (reason, returnMs) => told.push([reason, returnMs]));
    }
    assert.equal(await scene.settle(scene.server.close({ returnMs: 20_000 })), true);
    const endedAt = scene.network.now;
    // It is there much sooner, and whoever is patient for 10 s asks meanwhile.
    await scene.serve({ store: disk.open() });
    await scene.until(() => told.length === 4);
    const creating = ann.client.createGroup('yard');
    await scene.pass(19_000);
    const words = 'the server is restarting, back in about 20 s';
    assert.deepEqual(told, Array(4).fill([words, 20_000]));
    assert.equal(scene.server.stats.connections, 0);
    await scene.settle(creating);
    const backAt: number[] = [];
    for (const { client, events } of people) {
      client.on('reconnected', () => backAt.push(scene.network.now));
      if (events.includes('reconnected')) backAt.push(scene.network.now);
    }
    await scene.until(() => backAt.length === 4);
    for (const at of backAt) assert.ok(at >= endedAt + 20_000 && at < endedAt + 25_000, `${at}`);
    assert.ok(new Set(backAt).size > 1, 'all in the same moment');
  });

  it('is looked for as ever when it is not back by then', async () => {
    const { scene, disk, people } = await begin('ann');
    const [ann] = people as [Person];
    await scene.settle(scene.server.close({ returnMs: 1000 }));
    await scene.pass(8000);
    const started = scene.network.now;
    const listing = outcomes([ann.client.listGroups()]);
    assert.deepEqual(await scene.settle(listing), ['CONNECTION_LOST']);
    assert.ok(scene.network.now - started < 12_000);
    await scene.serve({ store: disk.open() });
    await scene.until(() => ann.events.includes('reconnected'));
  });

  it('has never told what it could not store', async () => {
    const { scene, disk, people } = await begin('ann', 'bob');
    const [ann, bob] = people as [Person, Person];
    await scene.settle(ann.client.sendGroup('hall', 'before'));
    await scene.until(() => bob.heard.length === 1);
    disk.isStuck = true;
    const told: unknown[] = [];
    scene.server.on('fact', (fact) => told.push(fact.type));
    const sending = ann.client.sendGroup('hall', 'after');
    const server = `${serverHost}:6666`;
    const carl = Client.connect({
      name: 'carl',
      server,
      environment: scene.network.host('10.0.2.1'),
    });
    const refused = outcomes([carl]);
    await scene.pass(1000);
    assert.deepEqual([bob.heard, told], [['before'], []]);
    assert.equal(bob.client.directory.has('carl'), false);
    scene.network.crash(serverHost);
    disk.isStuck = false;
    await scene.serve({ store: disk.open() });
    assert.equal((await scene.settle(sending)).seq, 2);
    assert.deepEqual(await scene.settle(refused), ['SERVER_UNREACHABLE']);
  });

  it('refuses who goes on asking while the store is stuck, and answers what it took afterwards', async () => {
    const scene = new Scene();
    const disk = new Disk(scene.network.host('10.0.8.8'));
    await scene.serve({ store: disk.open(), limits: { heldBytes: 2000 } });
    const ann = await scene.connect('ann');
    disk.isStuck = true;
    const creating = outcomes([ann.client.createGroup('hall')]);
    const asked = Array.from({ length: 30 }, () => ann.client.listGroups());
    const listed = outcomes(asked);
    assert.equal(await scene.settle(codeOf(Promise.race(asked))), 'RATE_LIMITED');
    disk.isStuck = false;
    assert.deepEqual(await scene.settle(creating), [undefined]);
    assert.deepEqual(new Set(await scene.settle(listed)), new Set([undefined, 'RATE_LIMITED']));
    assert.deepEqual(await scene.settle(ann.client.listGroups()), ['hall']);
    assert.deepEqual(ann.events, []);
  });

  it('has nothing to give where that one could not store at all, and that one said so', async () => {
    const scene = new Scene();
    const store = new MemoryStore(seed);
    const full = new BanterError('DATA_UNUSABLE', 'the disk is full');
    const broken = storeAround(store, { isDurable: true, write: () => Promise.reject(full) });
    const server = await scene.serve({ store: broken });
    const failures: unknown[] = [];
    server.on('failed', (error) => failures.push(error));
    const environment = scene.network.host('10.0.2.1');
    const ann = Client.connect({ name: 'ann', server: `${serverHost}:6666`, environment });
    assert.deepEqual(await scene.settle(outcomes([ann])), ['SERVER_UNREACHABLE']);
    assert.deepEqual(failures, [full]);
    assert.deepEqual((await store.load()).names, []);
  });

  it('has everybody back although it knows nobody any more and has no room to note a name for a while', async () => {
    const scene = new Scene();
    await scene.serve({ store: new MemoryStore(seed) });
    const people = await scene.connectAll(['ann', 'bob', 'carl', 'dave']);
    await scene.settle(scene.server.close());
    const store = new MemoryStore(seed);
    let isFull = true;
    const full = new BanterError('STORE_FULL', 'the disk is full');
    const write: Store['write'] = (changes) =>
      isFull ? Promise.reject(full) : store.write(changes);
    await scene.serve({ store: storeAround(store, { isDurable: true, write }) });
    await scene.pass(5000);
    assert.deepEqual(new Set(people.map(({ client }) => client.connected)), new Set([false]));
    isFull = false;
    await scene.until(() => people.every(({ client }) => client.connected));
    for (const { events } of people) assert.deepEqual(events, ['disconnected', 'reconnected']);
  });

  it('goes on after two restarts in a row, the second while everybody comes back', async () => {
    const { scene, disk, people } = await begin('ann', 'bob', 'carl');
    const [ann, bob, carl] = people as [Person, Person, Person];
    const talking = talk(scene, ann, numbered(60));
    await scene.pass(60);
    crash(scene, disk);
    await scene.serve({ store: disk.open() });
    await scene.until(() => people.some(({ events }) => events.includes('reconnected')));
    crash(scene, disk);
    await scene.serve({ store: disk.open() });
    await scene.settle(talking);
    await scene.until(() => [bob, carl].every(({ heard }) => heard.length === 60));
    for (const { heard } of [bob, carl]) assert.deepEqual(heard, numbered(60));
    for (const { events } of people) {
      assert.deepEqual(new Set(events), new Set(['disconnected', 'reconnected']));
    }
  });

  it('lets a consumer that crashed meanwhile go on after what it had confirmed', async (t) => {
    const { scene, disk, people } = await begin('ann');
    const [ann] = people as [Person];
    const dataDir = temporaryHome(t).path;
    const bot = await scene.connect('bot', { dataDir, bot: true });
    await scene.settle(bot.client.joinGroup('hall'));
    await scene.settle(talk(scene, ann, ['one', 'two', 'three']));
    await scene.until(() => bot.heard.length === 3);
    await scene.pass(1000);
    await scene.settle(ann.client.sendGroup('hall', 'four'));
    await scene.until(() => bot.heard.length === 4);
    scene.network.crash(bot.host);
    crash(scene, disk);
    await scene.serve({ store: disk.open() });
    await scene.settle(ann.client.sendGroup('hall', 'five'));
    const next = await scene.connect('bot', { dataDir, bot: true }, bot.host);
    const recovered = messagesOf(next);
    await scene.until(() => next.heard.length === 2);
    await scene.settle(ann.client.sendGroup('hall', 'six'));
    await scene.until(() => next.heard.length === 3);
    assert.deepEqual(next.heard, ['four', 'five', 'six']);
    assert.deepEqual(
      recovered.map((message) => message.recovered),
      [true, true, false],
    );
    assert.deepEqual(next.events, []);
  });

  it('keeps members and says nothing of them when it closes; they are absent until they come back', async () => {
    const scene = new Scene();
    const store = new MemoryStore(seed);
    await scene.serve({ store });
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.gather('hall', [ann, bob]);
    const facts: unknown[] = [];
    scene.server.on('fact', (fact) => facts.push(fact));
    await scene.settle(scene.server.close());
    assert.deepEqual(facts, []);
    const { groups } = await store.load();
    assert.deepEqual(
      groups[0]?.members.map(({ name }) => name),
      ['ann', 'bob'],
    );
    scene.network.crash(bob.host);
    await scene.serve({ store });
    await scene.until(() => ann.events.includes('reconnected'));
    assert.deepEqual(await scene.settle(ann.client.listMembers('hall')), ['ann', 'bob']);
    assert.equal(ann.client.directory.get('bob')?.online, false);
    assert.equal((await scene.settle(ann.client.sendGroup('hall', 'alone'))).durable, false);
  });

  it('ends the memberships of the connections that ended with it, if that is its policy', async () => {
    const scene = new Scene();
    const store = new MemoryStore(seed);
    await scene.serve({ store, policy: classicPolicy });
    const ann = await scene.connect('ann');
    await scene.gather('hall', [ann]);
    scene.network.crash(serverHost);
    await scene.serve({ store, policy: classicPolicy });
    await scene.until(() => ann.events.includes('groupLost: hall unresponsive'));
    assert.deepEqual(ann.client.groups, []);
    assert.deepEqual((await store.load()).groups[0]?.members, []);
    await scene.settle(ann.client.joinGroup('hall'));
  });
});

describe('a server that starts on another store', () => {
  it('says what is lost, and does not guess what became of a send', async () => {
    const scene = new Scene();
    const stores: Store[] = [new MemoryStore(seed), new MemoryStore(seed)];
    const [first, second] = stores as [Store, Store];
    await scene.serve({ store: first });
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.gather('hall', [ann, bob]);
    await scene.settle(ann.client.sendGroup('hall', 'before'));
    scene.network.cut(serverHost, 'out');
    const sent = outcomes([ann.client.sendGroup('hall', 'did it arrive?')]);
    await scene.pass(100);
    scene.network.crash(serverHost);
    const underWay = outcomes([bob.client.sendGroup('hall', 'on its way')]);
    scene.network.mend(serverHost);
    await scene.serve({ store: second });
    assert.deepEqual(await scene.settle(sent), ['OUTCOME_UNKNOWN']);
    assert.deepEqual(await scene.settle(underWay), ['OUTCOME_UNKNOWN']);
    await scene.until(() => [ann, bob].every(({ client }) => client.groups.length === 0));
    for (const { events } of [ann, bob]) assert.ok(events.includes('groupLost: hall forgotten'));
    await scene.gather('hall', [ann, bob]);
    assert.equal((await scene.settle(ann.client.sendGroup('hall', 'anew'))).seq, 1);
    await scene.until(() => bob.heard.includes('anew'));
  });

  it('tells a member of a gap if it has a log of that name and knows the member', async () => {
    const scene = new Scene();
    const stores = [new MemoryStore(seed), new MemoryStore(seed)] as const;
    await scene.serve({ store: stores[0] });
    const ann = await scene.connect('ann');
    await scene.gather('hall', [ann]);
    scene.network.crash(serverHost);
    await scene.serve({ store: stores[1] });
    await scene.until(() => ann.events.includes('reconnected'));
    await scene.gather('hall', [ann]);
    scene.network.crash(serverHost);
    await scene.serve({ store: stores[0] });
    await scene.until(() => ann.events.includes('gapFound: hall undefined'));
  });
});
