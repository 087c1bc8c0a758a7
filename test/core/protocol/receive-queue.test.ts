import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MalformedError } from '../../../core/protocol/bytes.ts';
import { type Chunk, messageBytesMax } from '../../../core/protocol/chunk.ts';
import { messageCost, ReassemblyBudget, windowCost } from '../../../core/protocol/flow.ts';
import { type Frame, fragmentBytes } from '../../../core/protocol/frame.ts';
import { type ReceivedMessage, ReceiveQueue } from '../../../core/protocol/receive-queue.ts';
import { SendQueue } from '../../../core/protocol/send-queue.ts';
import { Random } from '../../support/random.ts';

type DataFrame = Extract<Frame, { type: 'message' | 'fragment' }>;

function takeAll(queue: SendQueue): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (;;) {
    const chunk = queue.take(1200);
    if (chunk === undefined) return chunks;
    chunks.push(chunk);
  }
}

function framesOf({ conversation, sequence, fragment, payloads }: Chunk): readonly DataFrame[] {
  return payloads.map((payload, at) =>
    fragment === undefined
      ? { type: 'message', conversation, sequence: sequence + at, payload }
      : { type: 'fragment', conversation, sequence, payload, ...fragment },
  );
}

function message(sequence: number, payload: Uint8Array, conversation = 0): DataFrame {
  return { type: 'message', conversation, sequence, payload };
}

/** A message whose bytes tell it apart from others. */
function bodyOf(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (seed * 31 + at) & 0xff);
}

/** A fragment of a message of the greatest length. */
function fragmentOf(conversation: number, index: number): DataFrame {
  const payload = new Uint8Array(fragmentBytes);
  const totalBytes = messageBytesMax;
  return { type: 'fragment', conversation, sequence: 0, index, totalBytes, payload };
}

describe('ReceiveQueue', () => {
  it('delivers every message once and in order, however frames come', () => {
    const sizes = fc.array(
      fc.oneof(fc.nat(1200), fc.constantFrom(0, 1024, 1025, 2048, 20_000, messageBytesMax)),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(sizes, fc.integer(), (lengths, seed) => {
        const random = new Random(seed);
        const outgoing = new SendQueue();
        const sent: ReceivedMessage[] = lengths.map((length, at) => {
          const each = { conversation: at % 3, payload: bodyOf(at, length) };
          outgoing.push(each.conversation, each.payload);
          return each;
        });
        const frames = takeAll(outgoing).flatMap(framesOf);
        // Twice each, in no order at all.
        const arriving = [...frames, ...frames]
          .map((frame) => ({ frame, at: random.float() }))
          .sort((a, b) => a.at - b.at);
        const incoming = new ReceiveQueue();
        const received = arriving.flatMap(({ frame }) => incoming.receive(frame) ?? assert.fail());
        for (const conversation of [0, 1, 2]) {
          const isOf = (each: ReceivedMessage): boolean => each.conversation === conversation;
          assert.deepEqual(received.filter(isOf), sent.filter(isOf));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keeps conversations apart: a hole in one does not hold up another', () => {
    const incoming = new ReceiveQueue();
    assert.deepEqual(incoming.receive(message(1, bodyOf(1, 1), 0)), []);
    assert.equal(incoming.receive(message(0, bodyOf(2, 1), 1))?.length, 1);
    assert.equal(incoming.receive(message(0, bodyOf(3, 1), 0))?.length, 2);
  });

  it('counts a peer that sends more than was granted as malformed', () => {
    const incoming = new ReceiveQueue();
    const large = new Uint8Array(1000);
    let sequence = 1;
    const flood = (): void => {
      for (;;) incoming.receive(message(sequence++, large));
    };
    assert.throws(flood, MalformedError);
    assert.equal(sequence - 1, Math.floor(windowCost / (1000 + messageCost)) + 1);
  });

  it('bounds the memory of empty messages ahead, too', () => {
    const incoming = new ReceiveQueue();
    let kept = 0;
    const flood = (): void => {
      for (let sequence = 1; ; sequence++) {
        incoming.receive(message(sequence, new Uint8Array()));
        kept++;
      }
    };
    assert.throws(flood, MalformedError);
    assert.equal(kept, windowCost / messageCost);
  });

  it('bounds the memory of long messages that are begun and not finished', () => {
    const incoming = new ReceiveQueue();
    let begun = 0;
    const flood = (): void => {
      for (;;) incoming.receive(fragmentOf(begun++, 0));
    };
    assert.throws(flood, MalformedError);
    assert.equal(begun - 1, 16);
  });

  it('grants as much as it hands on, once half of the window is used', () => {
    const incoming = new ReceiveQueue();
    let sequence = 0;
    while (!incoming.credit.isDue) incoming.receive(message(sequence++, new Uint8Array(1000)));
    const handedOn = sequence * (1000 + messageCost);
    assert.ok(handedOn >= windowCost / 2 && handedOn < windowCost / 2 + 2000);
    assert.equal(incoming.credit.grant(), windowCost + handedOn);
    assert.equal(incoming.credit.isDue, false);
  });

  it('shares its memory with other connections: beyond it only what is next is taken', () => {
    const budget = new ReassemblyBudget(200_000);
    const [one, other] = [new ReceiveQueue({ budget }), new ReceiveQueue({ budget })];
    for (let sequence = 1; sequence < 4; sequence++) {
      const whole = { ...fragmentOf(0, 0), sequence };
      assert.deepEqual(
        one.receive(whole),
        sequence < 4 && budget.bytes <= 200_000 ? [] : undefined,
      );
    }
    assert.equal(other.receive(message(1, new Uint8Array(5000))), undefined);
    assert.deepEqual(other.receive(fragmentOf(0, 0)), []);
    assert.equal(other.receive({ ...fragmentOf(0, 0), sequence: 1 }), undefined);
    assert.equal(other.receive(message(0, new Uint8Array(5), 1))?.length, 1);
    one.clear();
    assert.deepEqual(other.receive({ ...fragmentOf(0, 0), sequence: 1 }), []);
    other.clear();
    assert.equal(budget.bytes, 0);
  });

  it('keeps no more of a packet than the message that waits', () => {
    const incoming = new ReceiveQueue();
    const packet = new Uint8Array(1171);
    incoming.receive(message(1, packet.subarray(10, 11)));
    const [, waited] = incoming.receive(message(0, packet.subarray(0, 1))) ?? [];
    assert.equal(waited?.payload.buffer.byteLength, 1);
  });

  it('takes a peer that contradicts itself or asks too much for malformed', () => {
    const incoming = new ReceiveQueue();
    const fragment = (totalBytes: number): DataFrame => ({
      type: 'fragment',
      conversation: 0,
      sequence: 0,
      index: 0,
      totalBytes,
      payload: new Uint8Array(fragmentBytes),
    });
    incoming.receive(fragment(5000));
    assert.throws(() => incoming.receive(fragment(6000)), MalformedError);
    const other = { ...fragment(messageBytesMax + 1), sequence: 1 };
    assert.throws(() => incoming.receive(other), MalformedError);
    for (let conversation = 1; conversation < 4096; conversation++) {
      incoming.receive(message(0, new Uint8Array(), conversation));
    }
    assert.throws(() => incoming.receive(message(0, new Uint8Array(), 9999)), MalformedError);
  });
});
