/** What a restart of the server costs its clients: a connection and nothing else (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GroupMessage } from '../../../core/chat/types.ts';
import { classicPolicy } from '../../../core/chat/types.ts';
import { Client } from '../../../core/client/client.ts';
import { BanterError } from '../../../core/errors.ts';
import type { Committed } from '../../../core/index.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import type { Store } from '../../../core/store/store.ts';
import { outcomes, type Person, Scene, serverHost } from '../../sim/scene.ts';
import { temporaryHome } from '../../support/home.ts';
import { Random } from '../../support/random.ts';
import { Disk } from './disk.ts';

const seed = new Uint8Array(32).fill(5);

/** A scene whose server writes to a disk; its members are in the group "hall". */
async function begin(...names: readonly string[]): Promise<{
  readonly scene: Scene;
  readonly disk: Disk;
  readonly people: readonly Person[];
}> {
  const scene = new Scene({ delayMs: 10, jitterMs: 20 });
  const disk = new Disk(scene.network.host('10.0.8.8'));
  await scene.serve({ store: disk.open() });
  const people: Person[] = [];
  for (const name of names) people.push(await scene.connect(name));
  await scene.gather('hall', people);
  return { scene, disk, people };
}

/** Somebody says everything, one message each few milliseconds, and waits for no answer. */
function talk(scene: Scene, { client, host }: Person, texts: readonly string[]) {
  const clock = scene.network.host(host);
  return Promise.all(
    texts.map(
      (text, at) =>
        new Promise<Committed>((resolve, reject) => {
          clock.setTimer(() => void client.sendGroup('hall', text).then(resolve, reject), at * 3);
        }),
    ),
  );
}

/** The server dies without a word. */
function crash(scene: Scene, disk: Disk): void {
  scene.network.crash(serverHost);
  disk.crash();
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `message ${at}`);
}

function messagesOf({ client }: Person): GroupMessage[] {
  const messages: GroupMessage[] = [];
  client.on('groupMessageReceived', (message) => messages.push(message));
  return messages;
}

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

  it('has nothing to give where that one could not store at all, and that one said so', async () => {
    const scene = new Scene();
    const store = new MemoryStore(seed);
    const full = new BanterError('DATA_UNUSABLE', 'the disk is full');
    const broken: Store = {
      seed,
      isDurable: true,
      load: () => store.load(),
      write: () => Promise.reject(full),
      close: () => store.close(),
    };
    const server = await scene.serve({ store: broken });
    const failures: unknown[] = [];
    server.on('failed', (error) => failures.push(error));
    const environment = scene.network.host('10.0.2.1');
    const ann = Client.connect({ name: 'ann', server: `${serverHost}:6666`, environment });
    assert.deepEqual(await scene.settle(outcomes([ann])), ['SERVER_UNREACHABLE']);
    assert.deepEqual(failures, [full]);
    assert.deepEqual((await store.load()).names, []);
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

describe('a client that was asleep for minutes', () => {
  it('hears in order and once what it missed, as recovered, and sends what it was given meanwhile', async () => {
    const scene = new Scene();
    await scene.serve();
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.gather('hall', [ann, bob]);
    const heard = messagesOf(bob);
    await scene.settle(ann.client.sendGroup('hall', 'before'));
    await scene.until(() => bob.heard.length === 1);
    scene.network.pause(bob.host);
    await scene.pass(120_000);
    const texts = numbered(50);
    await scene.settle(talk(scene, ann, texts));
    const sending = bob.client.sendGroup('hall', 'good night');
    await scene.pass(120_000);
    scene.network.resume(bob.host);
    assert.equal((await scene.settle(sending)).seq, 52);
    await scene.until(() => bob.heard.length === 51);
    await scene.settle(ann.client.sendGroup('hall', 'good morning'));
    await scene.until(() => bob.heard.length === 52);
    assert.deepEqual(bob.heard, ['before', ...texts, 'good morning']);
    assert.deepEqual(
      heard.map(({ recovered }) => recovered),
      [false, ...texts.map(() => true), false],
    );
    assert.deepEqual(bob.events, ['disconnected', 'reconnected']);
    await scene.until(() => ann.heard.length === 1);
    assert.deepEqual(ann.heard, ['good night']);
  });

  it('has not used up its patience with a server that went away before', async () => {
    const scene = new Scene();
    const store = new MemoryStore(seed);
    await scene.serve({ store });
    const ann = await scene.connect('ann');
    await scene.gather('hall', [ann]);
    await scene.settle(scene.server.close());
    await scene.until(() => ann.events.includes('disconnected'));
    const sending = ann.client.sendGroup('hall', 'patience');
    scene.network.pause(ann.host);
    await scene.serve({ store });
    await scene.pass(300_000);
    scene.network.resume(ann.host);
    assert.equal((await scene.settle(sending)).seq, 1);
  });
});

/** What a seed decides: who says what when, and when the server dies. Instants in milliseconds. */
function planOf(seed: number) {
  const random = new Random(seed);
  const sends = Array.from({ length: 30 }, (_, at) => ({
    by: at % 3,
    text: `message ${at}`,
    atMs: random.below(2000),
  }));
  const crashes = Array.from({ length: 1 + random.below(3) }, () => ({
    atMs: 100 + random.below(2500),
    downMs: random.below(400),
  }));
  return { sends, crashes: crashes.toSorted((a, b) => a.atMs - b.atMs) };
}

/** Plays a seed: everything is said, the server dies now and then, and everybody is left to hear the rest. */
async function play(seed: number): Promise<void> {
  const { sends, crashes } = planOf(seed);
  const { scene, disk, people } = await begin('ann', 'bob', 'carl');
  const heard = people.map(messagesOf);
  const beganAt = scene.network.now;
  const clock = scene.network.host('10.0.9.9');
  const receipts = Promise.all(
    sends.map(async ({ by, text, atMs }) => {
      await new Promise<void>((resolve) => void clock.setTimer(resolve, atMs));
      const receipt = await people[by]?.client.sendGroup('hall', text);
      return { by, text, seq: receipt?.seq ?? 0 };
    }),
  );
  for (const { atMs, downMs } of crashes) {
    await scene.network.run(Math.max(scene.network.now, beganAt + atMs));
    crash(scene, disk);
    await scene.pass(downMs);
    await scene.serve({ store: disk.open() });
  }
  const log = (await scene.settle(receipts)).toSorted((a, b) => a.seq - b.seq);
  await scene.pass(20_000);
  assert.deepEqual(
    log.map((_, at) => at + 1),
    log.map((receipt) => receipt.seq),
  );
  for (const [member, messages] of heard.entries()) {
    assert.deepEqual(
      messages.map(({ text }) => text),
      log.filter(({ by }) => by !== member).map(({ text }) => text),
    );
    const events = new Set(people[member]?.events);
    assert.deepEqual(events, new Set(['disconnected', 'reconnected']));
  }
}

describe('whenever its server crashes', () => {
  it('a group hears every acknowledged message exactly once and in one order', async (t) => {
    for (let seed = 1; seed <= 40; seed++) {
      t.diagnostic(`seed ${seed}`);
      await play(seed);
    }
  });
});
