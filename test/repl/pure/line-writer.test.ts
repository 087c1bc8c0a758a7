/** Writing lines to readers that are slow, or gone. */

import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { LineWriter } from '../../../repl/line-writer.ts';

/** A reader that takes a piece only when it is told to. */
function reader(): { stream: Writable; take: (error?: Error) => void } {
  const waiting: ((error?: Error) => void)[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => void waiting.push(done),
  });
  return { stream, take: (error) => waiting.shift()?.(error) };
}

test('waits for a slow reader, and leaves nothing behind on the stream', async () => {
  const { stream, take } = reader();
  const writer = new LineWriter(stream);
  const before = ['drain', 'error'].map((event) => stream.listenerCount(event));
  for (let n = 0; n < 3; n++) {
    writer.write('x');
    const drained = writer.drained();
    take();
    await drained;
  }
  assert.deepEqual(
    ['drain', 'error'].map((event) => stream.listenerCount(event)),
    before,
  );
});

test('stops waiting when the reader goes away, and takes that for no failure', async () => {
  const { stream, take } = reader();
  const writer = new LineWriter(stream);
  writer.write('x');
  const drained = writer.drained();
  take(Object.assign(new Error('gone'), { code: 'EPIPE' }));
  await drained;
  await writer.closed;
  assert.equal(writer.failure, undefined);
  writer.write('ignored');
});

test('keeps the reason of a failure that is one', async () => {
  const { stream, take } = reader();
  const writer = new LineWriter(stream);
  writer.write('x');
  take(new Error('disk full'));
  await writer.closed;
  assert.equal(writer.failure?.message, 'disk full');
});

test('drops and counts what nobody can be made to wait for, past 8 MiB', () => {
  const writer = new LineWriter(reader().stream);
  const mebibyte = 'x'.repeat(1024 * 1024);
  for (let n = 0; n < 20; n++) writer.offer(mebibyte);
  const dropped = writer.takeDropped();
  assert.ok(dropped >= 10 && dropped <= 12, String(dropped));
  assert.equal(writer.takeDropped(), 0);
});
