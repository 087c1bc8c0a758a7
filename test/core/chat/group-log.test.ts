import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GroupLog, LogPool } from '../../../core/chat/group-log.ts';

const payload = (bytes: number): Uint8Array => new Uint8Array(bytes);

/** Keeps a message that can be read at once. */
function append(log: GroupLog, bytes: number): void {
  log.append('ann', payload(bytes));
  log.release(log.headSeq);
}

/** Everything after `seq`, as a reader meets it. */
function readAll(log: GroupLog, seq: number): readonly (number | string)[] {
  const met: (number | string)[] = [];
  for (;;) {
    const next = log.read(seq);
    if (next === undefined) return met;
    met.push(next.type === 'gap' ? `gap ${next.count}` : next.seq);
    seq = next.type === 'gap' ? next.fromSeq - 1 : next.seq;
  }
}

function filled(messages: number, messagesMax: number, bytesMax = 1 << 20): GroupLog {
  const log = new GroupLog(messagesMax, bytesMax);
  for (let at = 0; at < messages; at++) append(log, 10);
  return log;
}

describe('GroupLog', () => {
  it('numbers messages from 1 without gaps', () => {
    assert.deepEqual(readAll(filled(3, 8), 0), [1, 2, 3]);
    assert.deepEqual(readAll(filled(3, 8), 2), [3]);
  });

  it('has nothing for who has read all, or claims to have read more', () => {
    assert.equal(filled(3, 8).read(3), undefined);
    assert.equal(filled(3, 8).read(99), undefined);
    assert.equal(filled(0, 8).read(0), undefined);
  });

  it('keeps the newest messages at the bound of messages, and says how many are gone', () => {
    assert.deepEqual(readAll(filled(10, 4), 0), ['gap 6', 7, 8, 9, 10]);
    assert.deepEqual(readAll(filled(10, 4), 5), ['gap 1', 7, 8, 9, 10]);
    assert.deepEqual(readAll(filled(10, 4), 6), [7, 8, 9, 10]);
  });

  it('keeps the newest messages at the bound of bytes, the very newest always', () => {
    const log = new GroupLog(100, 1000);
    for (let at = 0; at < 10; at++) append(log, 200);
    assert.deepEqual(readAll(log, 0), ['gap 7', 8, 9, 10]);
    append(log, 5000);
    assert.deepEqual(readAll(log, 0), ['gap 10', 11]);
    assert.ok(log.bytes >= 5000);
  });

  it('leads a reader over the end of an emptied log', () => {
    const log = filled(3, 8);
    for (let at = 0; at < 4; at++) log.dropOldest();
    assert.ok(log.isEmpty);
    assert.equal(log.bytes, 0);
    assert.deepEqual(readAll(log, 1), ['gap 2']);
    append(log, 1);
    assert.deepEqual(readAll(log, 1), ['gap 2', 4]);
  });

  it('tells every reader each number once, in order, as a message or in a gap', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(400), { maxLength: 60 }),
        fc.nat(60),
        fc.integer({ min: 1, max: 20 }),
        (sizes, start, messagesMax) => {
          const log = new GroupLog(messagesMax, 3000);
          for (const size of sizes) append(log, size);
          let seq = Math.min(start, sizes.length);
          for (let next = log.read(seq); next !== undefined; next = log.read(seq)) {
            const reached = next.type === 'gap' ? seq + next.count : next.seq;
            assert.equal(reached, next.type === 'gap' ? next.fromSeq - 1 : seq + 1);
            seq = reached;
          }
          assert.equal(seq, sizes.length);
        },
      ),
    );
  });
});

describe('LogPool', () => {
  it('takes from the group that has been quiet longest', () => {
    const pool = new LogPool(2000);
    const [quiet, busy] = [new GroupLog(100, 1 << 20), new GroupLog(100, 1 << 20)];
    for (const log of [quiet, quiet, busy]) {
      append(log, 372);
      pool.appended(log);
    }
    assert.equal(quiet.bytes + busy.bytes, 1500);
    for (let at = 0; at < 2; at++) {
      append(busy, 372);
      pool.appended(busy);
    }
    assert.deepEqual(readAll(quiet, 0), ['gap 1', 2]);
    assert.deepEqual(readAll(busy, 0), [1, 2, 3]);
    for (let at = 0; at < 3; at++) {
      append(busy, 372);
      pool.appended(busy);
    }
    assert.ok(quiet.isEmpty);
    assert.deepEqual(readAll(busy, 0), ['gap 2', 3, 4, 5, 6]);
  });

  it('never lets all logs together pass its bound', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), fc.nat(900))), (appends) => {
        const pool = new LogPool(3000);
        const logs = Array.from({ length: 5 }, () => new GroupLog(7, 2500));
        for (const [at, size] of appends) {
          const log = logs[at] ?? new GroupLog(1, 1);
          append(log, size);
          pool.appended(log);
          assert.ok(logs.reduce((sum, { bytes }) => sum + bytes, 0) <= 3000);
          assert.ok(!log.isEmpty);
        }
      }),
    );
  });
});
