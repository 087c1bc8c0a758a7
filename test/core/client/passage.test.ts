import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { ChatMessage, Receipt } from '../../../core/chat/types.ts';
import type { ClientEvents } from '../../../core/client/events.ts';
import type { SentMessage } from '../../../core/client/outgoing.ts';
import { type Interceptor, Passage } from '../../../core/client/passage.ts';
import { BanterError } from '../../../core/errors.ts';
import { told as listen, textsOf, World } from './world.ts';

function said(seq: number, text = `text ${seq}`): ChatMessage {
  return {
    type: 'group',
    mid: String(seq).padStart(32, '0'),
    group: 'ops',
    from: 'bob',
    text,
    seq,
    logId: '0000000000000001',
    sentAtMs: 0,
    bot: false,
    hops: 0,
    recovered: false,
  };
}

/** An interceptor that decides when the test says so. */
class Judge implements Interceptor {
  readonly asked: {
    readonly message: ChatMessage;
    readonly decide: (decided?: ChatMessage) => void;
  }[] = [];

  receive(message: ChatMessage, decide: (decided?: ChatMessage) => void): void {
    this.asked.push({ message, decide });
  }

  send(): string {
    return 'unused';
  }

  hurry(): void {
    for (const { message, decide } of this.asked.splice(0)) decide(message);
  }
}

function opened(): {
  readonly passage: Passage;
  readonly emitter: EventEmitter<ClientEvents>;
  readonly told: string[];
} {
  const emitter = new EventEmitter<ClientEvents>();
  const told: string[] = [];
  emitter.on('groupMessageReceived', ({ text }) => void told.push(text));
  emitter.on('gapFound', (group) => void told.push(`gap in ${group}`));
  return {
    passage: new Passage(emitter, { hold: () => () => undefined, now: () => 0 }),
    emitter,
    told,
  };
}

test('without an interceptor everything is told at once', () => {
  const { passage, told } = opened();
  passage.deliver(said(1));
  assert.deepEqual(told, ['text 1']);
  assert.equal(passage.isOpen, true);
});

test('a message of a group that waits, whatever for, is held until it was told or stopped', () => {
  const emitter = new EventEmitter<ClientEvents>();
  const held: string[] = [];
  const passage = new Passage(emitter, {
    hold: ({ text }) => {
      held.push(text);
      return () => void held.splice(held.indexOf(text), 1);
    },
    now: () => 0,
  });
  passage.deliver(said(1));
  assert.equal(held.length, 0);
  const judge = new Judge();
  passage.interceptor = judge;
  passage.deliver(said(2));
  passage.deliver(said(3));
  passage.deliver(said(4));
  judge.asked[1]?.decide(said(3, 'changed'));
  judge.asked[2]?.decide();
  assert.deepEqual(held, ['text 2', 'text 3', 'text 4']);
  emitter.once('groupMessageReceived', ({ text }) => assert.ok(held.includes(text)));
  judge.asked[0]?.decide(said(2));
  assert.deepEqual(held, []);
});

test('decisions in any order tell messages and events in theirs', () => {
  const { passage, told } = opened();
  const judge = new Judge();
  passage.interceptor = judge;
  passage.deliver(said(1));
  passage.deliver(said(2));
  passage.emit('gapFound', 'ops', 3);
  passage.deliver(said(3));
  judge.asked[2]?.decide(said(3, 'changed'));
  judge.asked[1]?.decide();
  assert.deepEqual(told, []);
  judge.asked[0]?.decide(said(1));
  assert.deepEqual(told, ['text 1', 'gap in ops', 'changed']);
});

test('a second decision about a message counts for nothing', () => {
  const { passage, told } = opened();
  const judge = new Judge();
  passage.interceptor = judge;
  passage.deliver(said(1));
  passage.deliver(said(2));
  judge.asked[1]?.decide(said(2));
  judge.asked[1]?.decide(said(2, 'again'));
  judge.asked[0]?.decide(said(1));
  judge.asked[0]?.decide(said(1, 'again'));
  assert.deepEqual(told, ['text 1', 'text 2']);
});

test('what a listener sets off is told after what was before it', () => {
  const { passage, emitter, told } = opened();
  const judge = new Judge();
  passage.interceptor = judge;
  emitter.prependOnceListener('groupMessageReceived', () => {
    judge.asked[1]?.decide(said(2));
    passage.emit('gapFound', 'ops', 1);
  });
  passage.deliver(said(1));
  passage.deliver(said(2));
  judge.asked[0]?.decide(said(1));
  assert.deepEqual(told, ['text 1', 'text 2', 'gap in ops']);
});

test('a listener that throws keeps nothing back that stands behind', async () => {
  const { passage, emitter, told } = opened();
  const judge = new Judge();
  passage.interceptor = judge;
  emitter.prependOnceListener('groupMessageReceived', () => {
    throw new Error('planted');
  });
  passage.deliver(said(1));
  passage.deliver(said(2));
  judge.asked[1]?.decide(said(2));
  assert.throws(() => judge.asked[0]?.decide(said(1)), /planted/);
  await Promise.resolve();
  assert.deepEqual(told, ['text 2']);
});

test('who leaves the way still decides about what it was asked, and holds up what comes behind', () => {
  const { passage, told } = opened();
  const judge = new Judge();
  passage.interceptor = judge;
  passage.deliver(said(1));
  passage.interceptor = undefined;
  passage.deliver(said(2));
  assert.deepEqual(told, []);
  judge.asked[0]?.decide(said(1));
  assert.deepEqual(told, ['text 1', 'text 2']);
});

test('10,000 messages wait, and one more hurries the interceptor', () => {
  const { passage, told } = opened();
  passage.interceptor = new Judge();
  for (let seq = 1; seq <= 10_000; seq++) passage.deliver(said(seq));
  assert.equal(told.length, 0);
  passage.emit('gapFound', 'ops', 1);
  assert.equal(told.length, 10_001);
});

test('sends leave in their order, changed or stopped, whenever each was decided', async () => {
  const { passage } = opened();
  const decisions: PromiseWithResolvers<string>[] = [];
  passage.interceptor = {
    receive: (message, decide) => decide(message),
    send: () => {
      const decision = Promise.withResolvers<string>();
      decisions.push(decision);
      return decision.promise;
    },
    hurry: () => {},
  };
  const sent: string[] = [];
  const send = async (text: string): Promise<void> => {
    await passage
      .send({ group: 'ops' }, text, {}, async (decided) => {
        sent.push(decided);
        return { type: 'delivered', mid: '', to: '' };
      })
      .catch((error: unknown) => sent.push(String(error)));
  };
  const sends = ['a', 'b', 'c'].map(send);
  assert.equal(passage.isOpen, false);
  decisions[2]?.resolve('C');
  decisions[1]?.reject(new BanterError('STOPPED_BY_PLUGIN', 'no'));
  decisions[0]?.resolve('A');
  await Promise.all(sends);
  assert.deepEqual(sent, ['A', 'BanterError: no', 'C']);
  passage.interceptor = undefined;
  assert.equal(passage.isOpen, true);
});

test('what became of a send is told whoever listens: as what it left, its receipt or its error', async () => {
  const { passage, emitter } = opened();
  const sent: SentMessage[] = [];
  emitter.on('messageSent', (message) => void sent.push(message));
  const receipt: Receipt = { type: 'delivered', mid: 'm', to: 'bob' };
  assert.equal(
    await passage.send({ to: 'bob' }, 'plain', { hops: 1 }, async () => receipt),
    receipt,
  );
  let asked: unknown;
  passage.interceptor = {
    receive: (message, decide) => decide(message),
    send: (outgoing) => {
      asked = outgoing;
      return 'changed';
    },
    hurry: () => {},
  };
  const failing = passage.send({ group: 'ops' }, 'given', { origin: 'dice' }, async () => {
    throw new RangeError('no');
  });
  await assert.rejects(failing, RangeError);
  await Promise.resolve();
  assert.deepEqual(sent, [
    {
      outgoing: { to: 'bob', text: 'plain', origin: undefined },
      text: 'plain',
      hops: 1,
      result: { type: 'sent', receipt },
      ms: 0,
    },
    {
      outgoing: { group: 'ops', text: 'given', origin: 'dice' },
      text: 'changed',
      hops: 0,
      result: { type: 'failed', error: new RangeError('no') },
      ms: 0,
    },
  ]);
  assert.equal(sent[1]?.outgoing, asked);
});

test('a send that is cancelled while it waits is not sent, and the next one is', async () => {
  const { passage } = opened();
  const never = Promise.withResolvers<string>();
  passage.interceptor = {
    receive: (message, decide) => decide(message),
    send: ({ text }) => (text === 'a' ? never.promise : text),
    hurry: () => {},
  };
  const deliver = async (text: string): Promise<Receipt> => ({
    type: 'delivered',
    mid: '',
    to: text,
  });
  const abort = new AbortController();
  const first = passage.send({ to: 'bob' }, 'a', { signal: abort.signal }, deliver);
  const second = passage.send({ to: 'bob' }, 'b', {}, deliver);
  abort.abort();
  await assert.rejects(first, { code: 'ABORTED' });
  never.resolve('late');
  assert.deepEqual(await second, { type: 'delivered', mid: '', to: 'b' });
});

test('a client tells and sends what its interceptor makes of it', async (t) => {
  const world = await World.start(t);
  const [ann, bob] = await world.gather('ops', 'ann', 'bob');
  assert.ok(ann !== undefined && bob !== undefined);
  bob.intercept({
    receive: (message, decide) => decide({ ...message, text: message.text.toUpperCase() }),
    send: ({ text, origin }) => `${text} by ${origin}`,
    hurry: () => {},
  });
  const toldBob = listen(bob, 'messageReceived');
  const toldAnn = listen(ann, 'messageReceived');
  await ann.sendGroup('ops', 'hello');
  assert.deepEqual(textsOf(await toldBob.count(1)), ['HELLO']);
  const { seq } = await bob.sendGroup('ops', 'hi', { origin: 'echo' });
  assert.deepEqual([seq, textsOf(await toldAnn.count(1))], [2, ['hi by echo']]);
  // What was said stands in the history as it was said.
  assert.deepEqual(textsOf(await bob.history('ops')), ['hi by echo', 'hello']);
  const tooLong = bob.sendGroup('ops', 'x'.repeat(60_001));
  await assert.rejects(tooLong, { code: 'MESSAGE_TOO_LONG' });
});
