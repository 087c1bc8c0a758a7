/** What members may read of what was said, and who may not (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerMessage } from '../../../core/chat/wire.ts';
import { gathered, outcome, type TestClient, type Told, World } from './world.ts';

type Asking = { readonly words?: string; readonly beforeSeq?: number; readonly limit?: number };

/** Asks for a page of "g". */
function ask(client: TestClient, { words, beforeSeq = 0, limit = 64 }: Asking = {}) {
  const place = { group: 'g', beforeSeq, limit };
  return client.ask(
    words === undefined ? { type: 'history', ...place } : { type: 'search', words, ...place },
  );
}

function page(answer: ServerMessage | undefined): Told<'messageList'> {
  assert.ok(answer?.type === 'messageList', outcome(answer));
  return answer;
}

function seqsOf(answer: ServerMessage | undefined): readonly number[] {
  return page(answer).messages.map(({ seq }) => seq);
}

/** Ann and Bob have said so many numbers in turn; four of them are in memory. */
function talked(count: number, padding = 0) {
  const people = gathered({ limits: { logMessages: 4, requestByteBurst: 1e9 } });
  for (let at = 1; at <= count; at++) {
    people[at % 2 === 0 ? 'bob' : 'ann'].send('g', `${at}`.padEnd(padding), at);
  }
  return people;
}

/** Downwards from one number to another. */
function down(from: number, to: number): readonly number[] {
  return Array.from({ length: from - to + 1 }, (_, at) => from - at);
}

describe('a member', () => {
  it('reads what was said, its own too, newest first, page by page to the beginning', () => {
    const { bob } = talked(150);
    const first = page(ask(bob));
    assert.deepEqual(seqsOf(first), down(150, 87));
    assert.deepEqual(
      first.messages.slice(0, 2).map(({ from, text }) => `${from} ${text}`),
      ['bob 150', 'ann 149'],
    );
    const second = page(ask(bob, { beforeSeq: first.next }));
    assert.deepEqual(seqsOf(second), down(86, 23));
    const third = page(ask(bob, { beforeSeq: second.next }));
    assert.deepEqual([seqsOf(third), third.next], [down(22, 1), 0]);
  });

  it('gets as many as it asks for, one for nothing, 64 for more', () => {
    const { ann } = talked(100);
    for (const [limit, count] of [
      [0, 1],
      [1, 1],
      [10, 10],
      [64, 64],
      [65, 64],
      [Number.MAX_SAFE_INTEGER, 64],
    ] as const) {
      assert.equal(seqsOf(ask(ann, { limit })).length, count);
    }
  });

  it('gets fewer long ones, so that a page fits one message, and misses none', () => {
    const { ann } = talked(5, 59_000);
    const met: number[] = [];
    let beforeSeq = 0;
    do {
      const answer = page(ask(ann, { beforeSeq }));
      met.push(...seqsOf(answer));
      beforeSeq = answer.next;
    } while (beforeSeq !== 0);
    assert.deepEqual(met, down(5, 1));
  });

  it('reads what was said before it joined, and moves no cursor by it', () => {
    const { world } = talked(10);
    const dora = world.join('dora', 4);
    dora.ask({ type: 'joinGroup', group: 'g' });
    const before = world.hub.snapshot().groups;
    assert.deepEqual(seqsOf(ask(dora)), down(10, 1));
    assert.deepEqual(world.hub.snapshot().groups, before);
    assert.deepEqual(dora.textsIn('g'), []);
  });

  it('reads all that is kept of a closed group that lets it in, also from before it closed', () => {
    const { world, ann } = talked(10);
    const [dora, eve] = [world.join('dora', 4), world.join('eve', 5)];
    const proof = new Uint8Array(32).fill(7);
    ann.ask({ type: 'setInviteOnly', group: 'g', isOn: true });
    ann.ask({ type: 'invite', group: 'g', name: 'dora' });
    dora.ask({ type: 'joinGroup', group: 'g' });
    ann.ask({ type: 'setInviteOnly', group: 'g', isOn: false });
    ann.ask({ type: 'setPassword', group: 'g', proof });
    assert.equal(outcome(ask(eve)), 'NOT_MEMBER');
    eve.ask({ type: 'joinWithPassword', group: 'g', proof });
    assert.deepEqual([seqsOf(ask(dora)), seqsOf(ask(eve))], [down(10, 1), down(10, 1)]);
  });

  it('reads over an auxiliary connection, too', () => {
    const { world } = talked(3);
    const auxiliary = world.join('bob', 2, { auxiliary: true });
    assert.deepEqual(seqsOf(ask(auxiliary)), [3, 2, 1]);
    assert.deepEqual(seqsOf(ask(auxiliary, { words: '2' })), [2]);
  });

  it('finds what contains its words, newest first', () => {
    const { ann } = talked(30);
    assert.deepEqual(
      seqsOf(ask(ann, { words: '2' })),
      [29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 12, 2],
    );
    const first = page(ask(ann, { words: '2', limit: 5 }));
    assert.deepEqual(seqsOf(ask(ann, { words: '2', beforeSeq: first.next, limit: 2 })), [24, 23]);
  });

  it('hears nothing of an empty group, and of what is not there', () => {
    const { ann } = gathered();
    assert.deepEqual([page(ask(ann)).messages, page(ask(ann)).next], [[], 0]);
    assert.deepEqual(page(ask(ann, { words: 'x' })).messages, []);
  });
});

describe('nobody reads the history of a group', () => {
  it('who is not a member of it, is no member any more, or has no name', () => {
    const { world, carl } = talked(3);
    const dora = world.join('dora', 4);
    for (const words of [undefined, 'x']) {
      const asking = words === undefined ? {} : { words };
      assert.equal(outcome(ask(dora, asking)), 'NOT_MEMBER');
      assert.equal(outcome(ask(world.connect(5), asking)), 'NOT_REGISTERED');
      const auxiliary = world.join('dora', 4, { auxiliary: true });
      assert.equal(outcome(ask(auxiliary, asking)), 'NOT_MEMBER');
    }
    carl.ask({ type: 'leaveGroup', group: 'g' });
    assert.equal(outcome(ask(carl)), 'NOT_MEMBER');
    assert.deepEqual(world.queries, []);
  });

  it('who has left before the answer was there', () => {
    const { world, ann } = talked(3);
    world.answersAtOnce = false;
    assert.equal(outcome(ask(ann)), 'silence');
    const asked = ann.heard.length;
    ann.ask({ type: 'leaveGroup', group: 'g' });
    world.answer();
    const late = ann.heard.slice(asked).map(({ message }) => outcome(message));
    assert.deepEqual(late, ['done', 'NOT_MEMBER']);
    assert.deepEqual(ann.told('messageList'), []);
  });

  it('whose connection has ended, and others are not kept from asking by it', () => {
    const { world, ann, bob } = talked(3);
    world.answersAtOnce = false;
    for (let at = 0; at < 2; at++) ask(ann);
    ann.down();
    assert.equal(outcome(ask(bob)), 'silence');
    while (world.queries.length > 0) world.answer();
    assert.deepEqual([ann.told('messageList').length, seqsOf(bob.answer())], [0, [3, 2, 1]]);
  });
});

describe('a request about a history is refused', () => {
  it('where there is no word to search for, or there are too many', () => {
    const { world, ann } = talked(1);
    for (const words of ['', '   ', '?!', '"', '\u0301', 'x'.repeat(257), 'ü'.repeat(129)]) {
      assert.equal(outcome(ask(ann, { words })), 'SEARCH_INVALID', words);
    }
    assert.deepEqual(world.queries, []);
    assert.equal(outcome(ask(ann, { words: 'x'.repeat(256) })), 'messageList');
  });

  it('where too many are under way: two of a connection, and eight in all', () => {
    const { world, ann, bob } = talked(1);
    world.answersAtOnce = false;
    ask(ann);
    ask(ann, { words: 'x' });
    assert.equal(outcome(ask(ann)), 'RATE_LIMITED');
    const others = [4, 5, 6].map((person) => world.join(`person-${person}`, person));
    for (const client of others) client.ask({ type: 'joinGroup', group: 'g' });
    for (const client of others) for (let at = 0; at < 2; at++) ask(client);
    assert.equal(outcome(ask(bob)), 'RATE_LIMITED');
    world.answer();
    assert.equal(outcome(ask(bob)), 'silence');
    while (world.queries.length > 0) world.answer();
    assert.equal(outcome(bob.answer()), 'messageList');
  });

  it('where searches come too fast: each counts as ten requests', () => {
    const world = new World({ limits: { requestBurst: 30 } });
    const ann = world.join('ann', 1);
    ann.ask({ type: 'createGroup', group: 'g' });
    ann.ask({ type: 'joinGroup', group: 'g' });
    assert.equal(outcome(ask(ann, { words: 'x' })), 'messageList');
    assert.equal(outcome(ask(ann, { words: 'x' })), 'messageList');
    assert.equal(outcome(ask(ann, { words: 'x' })), 'RATE_LIMITED');
    assert.equal(outcome(ask(ann)), 'messageList');
  });

  it('where the store cannot read, and the next one need not be', () => {
    const { world, ann } = talked(1);
    world.answersAtOnce = false;
    ask(ann);
    world.answer(() => undefined);
    assert.equal(outcome(ann.answer()), 'HISTORY_UNREADABLE');
    world.answersAtOnce = true;
    assert.deepEqual(seqsOf(ask(ann)), [1]);
  });
});
