import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteReader, ByteWriter } from '../../../core/protocol/bytes.ts';
import { type Chunk, messageBytesMax, writeChunk } from '../../../core/protocol/chunk.ts';
import { messageCost, windowCost } from '../../../core/protocol/flow.ts';
import { fragmentBytes, readFrame } from '../../../core/protocol/frame.ts';
import { SendQueue } from '../../../core/protocol/send-queue.ts';

function takeAll(queue: SendQueue): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (;;) {
    const chunk = queue.take(1200);
    if (chunk === undefined) return chunks;
    chunks.push(chunk);
  }
}

/** The sequence numbers of the messages in a chunk's frames, and whether they take as many bytes as it says. */
function sequencesOf(chunk: Chunk): readonly number[] {
  const writer = new ByteWriter();
  writeChunk(writer, chunk);
  assert.equal(writer.length, chunk.frameBytes);
  const reader = new ByteReader(writer.bytes);
  const sequences: number[] = [];
  while (reader.remaining > 0) {
    const frame = readFrame(reader);
    assert.ok(frame.type === 'message' || frame.type === 'messages' || frame.type === 'fragment');
    const count = frame.type === 'messages' ? frame.payloads.length : 1;
    for (let at = 0; at < count; at++) sequences.push(frame.sequence + at);
  }
  return sequences;
}

/** A source of so many messages of `bytes` bytes each. */
function offerMessages(queue: SendQueue, count: number, bytes: number, conversation = 1): void {
  let left = count;
  queue.offer(() => (left-- > 0 ? { conversation, payload: new Uint8Array(bytes) } : undefined));
}

/** A message whose bytes tell it apart from others. */
function bodyOf(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (seed * 31 + at) & 0xff);
}

describe('SendQueue', () => {
  it('takes new chunks in order, as far as there is room', () => {
    const queue = new SendQueue();
    queue.push(0, bodyOf(1, 10));
    queue.push(7, bodyOf(2, 900));
    assert.equal(queue.take(3), undefined);
    assert.equal(queue.take(14)?.sequence, 0);
    assert.equal(queue.take(100), undefined);
    assert.equal(queue.take(1200)?.conversation, 7);
    assert.equal(queue.hasChunk, false);
  });

  it('counts the bytes of the frames that wait', () => {
    const queue = new SendQueue();
    queue.push(0, bodyOf(1, 10));
    queue.push(0, bodyOf(2, 3000));
    const chunks = takeAll(queue);
    assert.equal(queue.bytes, 0);
    for (const chunk of chunks) queue.requeue(chunk);
    const total = chunks.reduce((sum, { frameBytes }) => sum + frameBytes, 0);
    assert.equal(queue.bytes, total);
  });

  it('cuts what is larger than a frame into fragments of 1024 bytes', () => {
    const queue = new SendQueue();
    queue.push(0, bodyOf(1, fragmentBytes));
    queue.push(0, bodyOf(2, fragmentBytes + 1));
    const sizes = takeAll(queue).map(({ payloads, fragment }) => [
      fragment?.index,
      payloads[0]?.length,
    ]);
    assert.deepEqual(sizes, [
      [undefined, 1024],
      [0, fragmentBytes],
      [1, 1],
    ]);
  });

  it('takes lost chunks before new ones, and settled ones not at all', () => {
    const queue = new SendQueue();
    for (let at = 0; at < 4; at++) queue.push(0, bodyOf(at, 1));
    const [first, second, third] = takeAll(queue);
    assert.ok(first && second && third);
    queue.push(0, bodyOf(9, 1));
    queue.requeue(first);
    queue.requeue(second);
    queue.requeue(second);
    second.settled = true;
    third.settled = true;
    queue.requeue(third);
    assert.deepEqual(
      takeAll(queue).map(({ sequence }) => sequence),
      [0, 4],
    );
    assert.equal(queue.bytes, 0);
  });

  it('takes from a source one message after the other, behind all that was pushed', () => {
    const queue = new SendQueue();
    const lengths = [10, 3000, 10];
    let asked = 0;
    queue.offer(() => {
      const length = lengths[asked++];
      return length === undefined ? undefined : { conversation: 1, payload: bodyOf(asked, length) };
    });
    queue.push(0, bodyOf(9, 5));
    assert.equal(queue.take(1200)?.conversation, 0);
    assert.equal(asked, 0);
    assert.equal(queue.take(5), undefined);
    assert.equal(asked, 1);
    queue.push(0, bodyOf(8, 5));
    const taken = takeAll(queue).map((chunk) => [
      chunk.conversation,
      chunk.sequence,
      chunk.fragment?.index,
    ]);
    assert.deepEqual(taken, [
      [0, 1, undefined],
      [1, 0, undefined],
      [1, 1, 0],
      [1, 1, 1],
      [1, 1, 2],
      [1, 2, undefined],
    ]);
    assert.equal(queue.bytes, 0);
    // It was asked in vain once, and is not asked again.
    assert.equal(queue.hasChunk, false);
    assert.equal(asked, 4);
  });

  it('takes no more than one message from a source while the credit is used up', () => {
    const queue = new SendQueue();
    for (let at = 0; at < 20; at++) queue.push(0, new Uint8Array(messageBytesMax));
    takeAll(queue);
    queue.credit.raise(20 * (messageBytesMax + messageCost));
    takeAll(queue);
    let asked = 0;
    queue.offer(() => {
      asked++;
      return { conversation: 1, payload: bodyOf(asked, 10) };
    });
    for (let tries = 0; tries < 3; tries++) assert.deepEqual(takeAll(queue), []);
    assert.equal(asked, 1);
  });

  it('sends no new message beyond the credit, but every lost one', () => {
    const queue = new SendQueue();
    for (let at = 0; at < 20; at++) queue.push(0, new Uint8Array(messageBytesMax));
    const chunks = takeAll(queue);
    const sent = chunks.reduce((sum, { payloads }) => sum + (payloads[0]?.length ?? 0), 0);
    assert.ok(sent <= windowCost && sent > windowCost - 2 * fragmentBytes);
    const [first] = chunks;
    assert.ok(first);
    queue.requeue(first);
    assert.deepEqual(takeAll(queue), [first]);
    queue.credit.raise(windowCost + 10_000);
    assert.ok(takeAll(queue).length >= 9);
    // An older grant that comes late takes nothing back.
    queue.credit.raise(windowCost);
    assert.ok(queue.credit.left >= 0);
  });

  it('refuses a message beyond 64 KiB', () => {
    const queue = new SendQueue();
    queue.push(0, new Uint8Array(messageBytesMax));
    assert.throws(() => queue.push(0, new Uint8Array(messageBytesMax + 1)), RangeError);
  });

  it('puts messages of a source together as far as there is room', () => {
    const queue = new SendQueue();
    offerMessages(queue, 10, 100);
    // One more byte than five messages of 102 bytes with their lengths take.
    const head = 4;
    const taken = [queue.take(5 * 102 + head), queue.take(50), queue.take(600)];
    const sequences = taken.map((chunk) => chunk && sequencesOf(chunk));
    assert.deepEqual(sequences, [[0, 1, 2, 3, 4], undefined, [5, 6, 7, 8, 9]]);
  });

  it('fills a chunk to its last byte, and takes no message for which one byte is missing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(200), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 20_000 }),
        (lengths, skipped) => {
          const all = new SendQueue();
          const short = new SendQueue();
          for (const queue of [all, short]) {
            let at = 0;
            offerMessages(queue, skipped % 70, 0);
            takeAll(queue);
            queue.offer(() => {
              const length = lengths[at++];
              return length === undefined
                ? undefined
                : { conversation: 1, payload: new Uint8Array(length) };
            });
          }
          const whole = all.take(5000);
          assert.equal(whole?.payloads.length, lengths.length);
          assert.equal(all.take(5000), undefined);
          sequencesOf(whole ?? assert.fail());
          const rest = short.take(whole.frameBytes - 1);
          assert.equal(rest?.payloads.length ?? 0, lengths.length - 1);
        },
      ),
    );
  });

  it('puts no more than 63 messages into one chunk', () => {
    const queue = new SendQueue();
    offerMessages(queue, 100, 1);
    assert.deepEqual(
      takeAll(queue).map(({ payloads }) => payloads.length),
      [63, 37],
    );
  });

  it('keeps conversations apart that a source alternates between', () => {
    const queue = new SendQueue();
    const conversations = [1, 1, 2, 1];
    queue.offer(() => {
      const conversation = conversations.shift();
      return conversation === undefined ? undefined : { conversation, payload: bodyOf(1, 10) };
    });
    const taken = takeAll(queue).map((chunk) => [chunk.conversation, ...sequencesOf(chunk)]);
    assert.deepEqual(taken, [
      [1, 0, 1],
      [2, 0],
      [1, 2],
    ]);
  });

  it('divides lost messages where there is less room than before, and loses none of them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.integer({ min: 0, max: 1200 })),
        (count, rooms) => {
          const queue = new SendQueue();
          offerMessages(queue, count, 100);
          for (const chunk of takeAll(queue)) queue.requeue(chunk);
          const taken: number[] = [];
          for (const room of [...rooms, ...Array.from({ length: count }, () => 1200)]) {
            const chunk = queue.take(room);
            if (chunk === undefined) continue;
            assert.ok(chunk.frameBytes <= room);
            taken.push(...sequencesOf(chunk));
          }
          assert.deepEqual(
            taken,
            Array.from({ length: count }, (_, at) => at),
          );
          assert.equal(queue.bytes, 0);
        },
      ),
    );
  });

  it('sends nothing again of a chunk whose acknowledgement came while a part of it was lost', () => {
    const queue = new SendQueue();
    offerMessages(queue, 3, 100);
    const [all] = takeAll(queue);
    assert.ok(all);
    queue.requeue(all);
    assert.deepEqual(queue.take(150)?.payloads.length, 1);
    const rest = queue.take(1200);
    assert.deepEqual(rest && sequencesOf(rest), [1, 2]);
    // The packet that carried all of it arrived after all: what is lost of it since is lost in vain.
    all.settled = true;
    queue.requeue(all);
    assert.equal(queue.hasChunk, false);
  });
});
