/** Members that are behind the log in memory and read on from the store (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HubOptions } from '../../../core/chat/hub.ts';
import { nothingStored } from '../../../core/chat/records.ts';
import { gathered, type TestClient, World } from './world.ts';

/** The numbers from one to another, as texts. */
function texts(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, at) => `${from + at}`);
}

/** Bob has no room while Ann says the numbers up to `count`; four of them stay in memory. */
function behind(count: number, options: Partial<HubOptions> = {}) {
  const people = gathered({
    ...options,
    limits: { logMessages: 4, requestByteBurst: 1e9, ...options.limits },
  });
  people.bob.hasRoom = false;
  say(people.ann, 1, count);
  return people;
}

function say(client: TestClient, from: number, to: number, padding = 0): void {
  for (let at = from; at <= to; at++) client.send('g', `${at}`.padEnd(padding), at);
}

function roomFor(client: TestClient): void {
  client.hasRoom = true;
  client.read();
}

function afterSeqs(queries: World['queries']): readonly number[] {
  return queries.map(({ query }) => (query.type === 'read' ? query.afterSeq : -1));
}

describe('a member that is behind the log in memory', () => {
  it('reads all of it, in order and once, and its own messages not', () => {
    const { world, ann, bob } = gathered({ limits: { logMessages: 4 } });
    say(ann, 1, 3);
    bob.hasRoom = false;
    say(ann, 4, 90);
    bob.send('g', 'own', 1);
    say(ann, 91, 200);
    roomFor(bob);
    assert.deepEqual(bob.textsIn('g'), texts(1, 200));
    say(ann, 201, 203);
    assert.deepEqual(bob.textsIn('g'), texts(1, 203));
    assert.equal(world.hub.snapshot().groups[0]?.members[1]?.readSeq, 204);
  });

  it('reads it after a restart, when nothing is in memory', () => {
    const { world } = behind(70);
    const { changes } = world;
    const next = new World({
      limits: { logMessages: 4 },
      stored: {
        ...nothingStored,
        names: changes.flatMap((change) => (change.type === 'nameBound' ? [change] : [])),
        processes: [],
        envelopes: [],
        outcomes: [],
        groups: [
          {
            name: 'g',
            logId: new Uint8Array(8).fill(3),
            headSeq: 70,
            messages: [],
            rules: [],
            members: [{ name: 'bob', ordinal: 2, confirmedSeq: 5 }],
            formerLogs: [],
            retention: {},
          },
        ],
      },
    });
    next.earlier = changes;
    const bob = next.join('bob', 2);
    assert.equal(bob.told('welcome')[0]?.groups[0]?.headSeq, 70);
    assert.deepEqual(bob.textsIn('g'), texts(6, 70));
  });

  it('is told how many the store has no more, and nothing of those that memory still has', () => {
    for (const [retainedAfter, gap] of [
      [30, 30],
      [96, 96],
      [98, 96],
      [1000, 96],
    ] as const) {
      const { world, bob } = behind(100);
      world.retainedAfter = retainedAfter;
      roomFor(bob);
      assert.deepEqual(bob.textsIn('g'), [`gap ${gap}`, ...texts(gap + 1, 100)]);
    }
  });

  it('meets a gap in the middle where retention goes on while it reads', () => {
    const { world, bob } = behind(200);
    world.answersAtOnce = false;
    roomFor(bob);
    world.answer();
    world.retainedAfter = 150;
    world.answersAtOnce = true;
    world.answer();
    assert.deepEqual(bob.textsIn('g'), [...texts(1, 64), 'gap 86', ...texts(151, 200)]);
  });

  it('gets nothing from memory that the store has let go of, and all that another log has lost', () => {
    const { world, ann, bob } = gathered();
    const [{ logId } = assert.fail()] = world.changesOf('groupCreated');
    bob.hasRoom = false;
    say(ann, 1, 10);
    const all = { firstSeq: 11, messages: 10 };
    world.hub.dropped([
      { group: 'g', logId: new Uint8Array(8), ...all },
      { group: 'removed', logId, ...all },
      { group: 'g', logId, firstSeq: 7, messages: 6 },
    ]);
    world.retainedAfter = 6;
    roomFor(bob);
    assert.deepEqual(bob.textsIn('g'), ['gap 6', ...texts(7, 10)]);
    world.hub.dropped([{ group: 'g', logId, firstSeq: 11, messages: 4 }]);
    assert.equal(world.hub.snapshot().groups[0]?.logBytes, 0);
    say(ann, 11, 12);
    assert.deepEqual(bob.textsIn('g'), ['gap 6', ...texts(7, 12)]);
  });

  it('loses nothing of what comes while the store is slow, though memory has let go of it by then', () => {
    const { world, ann, bob } = behind(20);
    world.answersAtOnce = false;
    roomFor(bob);
    const early = world.queries[0]?.query;
    assert.ok(early !== undefined);
    const found = world.find(early);
    say(ann, 21, 40);
    assert.equal(world.queries.length, 1, 'it is asked once');
    world.answer(() => found);
    assert.deepEqual(bob.textsIn('g'), texts(1, 20));
    world.answersAtOnce = true;
    world.answer();
    assert.deepEqual(bob.textsIn('g'), texts(1, 40));
  });

  it('loses nothing of what came after a question whose answer is that there is nothing', () => {
    const { world, ann, bob } = behind(20);
    world.answersAtOnce = false;
    roomFor(bob);
    say(ann, 21, 40);
    world.retainedAfter = 20;
    world.answersAtOnce = true;
    world.answer(() => []);
    assert.deepEqual(bob.textsIn('g'), ['gap 20', ...texts(21, 40)]);
  });

  it('asks for a page when its connection has room, and for the next when that is handed over', () => {
    const { world, bob } = behind(200);
    assert.deepEqual(world.queries, []);
    world.answersAtOnce = false;
    roomFor(bob);
    assert.deepEqual(afterSeqs(world.queries), [0]);
    bob.hasRoom = false;
    world.answer();
    assert.deepEqual([bob.textsIn('g'), world.queries], [[], []]);
    roomFor(bob);
    assert.equal(bob.textsIn('g').length, 64);
    assert.deepEqual(afterSeqs(world.queries), [64]);
  });

  it('takes no more than 256 KiB and a message at a time, and then asks for no more than fit', () => {
    const people = gathered({ limits: { logBytes: 1, requestByteBurst: 1e9 } });
    const { world, ann, bob } = people;
    bob.hasRoom = false;
    say(ann, 1, 40, 59_000);
    world.answersAtOnce = false;
    roomFor(bob);
    const limits: number[] = [];
    while (world.queries.length > 0) {
      limits.push(world.queries[0]?.query.limit ?? 0);
      world.answer();
    }
    assert.deepEqual(limits, [64, 5, 10, 5, 10, 5, 10, 5]);
    assert.deepEqual(
      bob.textsIn('g').map((text) => text.trimEnd()),
      texts(1, 40),
    );
  });

  it('that leaves or goes is not bothered with an answer that is late', () => {
    for (const part of ['leave', 'down', 'return'] as const) {
      const { world, bob } = behind(100);
      world.answersAtOnce = false;
      roomFor(bob);
      if (part === 'leave') bob.ask({ type: 'leaveGroup', group: 'g' });
      else bob.down();
      const again = part === 'return' ? world.join('bob', 2, { processId: bob.process }) : bob;
      world.answersAtOnce = true;
      while (world.queries.length > 0) world.answer();
      assert.deepEqual(bob.textsIn('g'), []);
      if (part === 'return') assert.deepEqual(again.textsIn('g'), texts(1, 100));
    }
  });

  it('that joins again begins anew', () => {
    const { world, ann, bob } = behind(100);
    world.answersAtOnce = false;
    roomFor(bob);
    bob.ask({ type: 'leaveGroup', group: 'g' });
    bob.ask({ type: 'joinGroup', group: 'g' });
    say(ann, 101, 102);
    while (world.queries.length > 0) world.answer();
    assert.deepEqual(bob.textsIn('g'), texts(101, 102));
  });
});

describe('a store that cannot read', () => {
  it('is asked again each second, and the member waits', () => {
    const { world, ann, bob } = behind(100);
    world.answersAtOnce = false;
    roomFor(bob);
    for (let failure = 1; failure < 30; failure++) {
      world.answer(() => undefined);
      assert.equal(world.queries.length, 0);
      world.pass(999);
      assert.equal(world.queries.length, 0);
      world.pass(1);
      assert.equal(world.queries.length, 1);
    }
    say(ann, 101, 101);
    assert.deepEqual(bob.textsIn('g'), []);
    world.answersAtOnce = true;
    world.answer();
    assert.deepEqual(bob.textsIn('g'), texts(1, 101));
    assert.equal(world.hub.pollTimeout(), undefined);
  });

  it('keeps nobody out of what is said now for ever: after half a minute there is a gap', () => {
    const { world, bob } = behind(100);
    world.answersAtOnce = false;
    roomFor(bob);
    for (let failure = 1; failure <= 30; failure++) {
      world.answer(() => undefined);
      world.pass(1000);
    }
    assert.deepEqual(bob.textsIn('g'), ['gap 96', ...texts(97, 100)]);
    assert.deepEqual(world.queries, []);
  });

  it('is not asked any more for who has gone', () => {
    const { world, bob } = behind(100);
    world.answersAtOnce = false;
    roomFor(bob);
    world.answer(() => undefined);
    bob.down();
    world.pass(10_000);
    assert.deepEqual(world.queries, []);
  });
});

describe('members that catch up', () => {
  it('hear their other groups meanwhile, message by message in turn', () => {
    const { world, ann, bob } = behind(100, { policy: { groupsPerClient: 2 } });
    ann.ask({ type: 'createGroup', group: 'h' });
    for (const client of [ann, bob]) client.ask({ type: 'joinGroup', group: 'h' });
    world.answersAtOnce = false;
    roomFor(bob);
    ann.send('h', 'while it waits', 101);
    assert.deepEqual(bob.textsIn('h'), ['while it waits']);
    bob.hasRoom = false;
    world.answer();
    for (let at = 1; at <= 3; at++) ann.send('h', `h ${at}`, 101 + at);
    const heard = bob.heard.length;
    roomFor(bob);
    const news = bob.heard
      .slice(heard)
      .flatMap(({ message }) => (message.type === 'groupMessage' ? [message.text] : []));
    assert.deepEqual(news.slice(0, 7), ['1', 'h 1', '2', 'h 2', '3', 'h 3', '4']);
  });

  it('wait in turn for one of a few reads at a time', () => {
    const world = new World({ limits: { logMessages: 4, readsAtOnce: 2 } });
    const ann = world.join('ann', 1);
    ann.ask({ type: 'createGroup', group: 'g' });
    const people = Array.from({ length: 5 }, (_, at) => world.join(`member-${at}`, at + 2));
    for (const client of [ann, ...people]) client.ask({ type: 'joinGroup', group: 'g' });
    for (const client of people) client.hasRoom = false;
    say(ann, 1, 100);
    world.answersAtOnce = false;
    for (const client of people) roomFor(client);
    assert.equal(world.queries.length, 2);
    const begun = (): readonly number[] => people.map((client) => client.textsIn('g').length);
    world.answer();
    assert.deepEqual(begun(), [64, 0, 0, 0, 0]);
    for (let at = 0; at < 4; at++) world.answer();
    assert.deepEqual(begun(), [64, 64, 64, 64, 64]);
    while (world.queries.length > 0) world.answer();
    assert.deepEqual(begun(), [100, 100, 100, 100, 100]);
  });

  it('share a bound of memory: who takes nothing of its page has it read again', () => {
    const options = { limits: { logMessages: 4, pageBytesTotal: 30_000 } };
    const { world, ann, bob, carl } = gathered(options);
    for (const client of [bob, carl]) client.hasRoom = false;
    say(ann, 1, 100);
    world.answersAtOnce = false;
    for (const client of [bob, carl]) {
      roomFor(client);
      client.hasRoom = false;
    }
    world.answer();
    const held = world.hub.pageBytes;
    assert.ok(held > 5000 && held < 30_000, `${held}`);
    // Longer than the rest of the bound.
    world.answer(({ limit }) => longPage(limit));
    assert.ok(world.hub.pageBytes <= 30_000);
    roomFor(bob);
    assert.deepEqual(afterSeqs(world.queries), [0]);
    world.answersAtOnce = true;
    world.answer();
    assert.deepEqual(bob.textsIn('g'), texts(1, 100));
  });
});

/** As many messages as are asked for after the first four hundred bytes of each. */
function longPage(limit: number) {
  return Array.from({ length: limit }, (_, at) => ({
    mid: new Uint8Array(16),
    seq: at + 1,
    from: 'ann',
    bot: false,
    hops: 0,
    sentAtMs: 0,
    text: `${at + 1}`.padEnd(300),
  }));
}
