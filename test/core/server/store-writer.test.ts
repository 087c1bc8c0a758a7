import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoreChange } from '../../../core/chat/records.ts';
import { BanterError } from '../../../core/errors.ts';
import { StoreWriter } from '../../../core/server/store-writer.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import type { Store } from '../../../core/store/store.ts';
import { storeAround } from '../../support/store-around.ts';

const change: StoreChange = { type: 'memberLeft', group: 'dev', name: 'Ann' };

/** A writer to a store whose writes the test ends, one after another. */
function slowlyWriting() {
  const writes: { readonly count: number; readonly end: PromiseWithResolvers<void> }[] = [];
  const store = storeAround(anywhere(), {
    write: (changes) => {
      const end = Promise.withResolvers<void>();
      writes.push({ count: changes.length, end });
      return end.promise;
    },
  });
  return { writes, ...writing(store) };
}

/** A store that has everything stored at once. */
function anywhere(): Store {
  return storeAround(new MemoryStore(new Uint8Array(32)), { write: () => undefined });
}

function writing(store: Store) {
  const stored: number[] = [];
  const failures: unknown[] = [];
  const writer = new StoreWriter({
    store,
    now: () => 0,
    onWritten: () => {},
    onStored: (number) => stored.push(number),
    onFailed: (error) => failures.push(error),
  });
  return { writer, stored, failures };
}

describe('a store writer', () => {
  it('tells at once what is stored at once', () => {
    const { writer, stored } = writing(anywhere());
    assert.equal(writer.flush(), undefined);
    writer.add(1, change);
    writer.add(2, change);
    assert.equal(writer.flush(), 2);
    assert.equal(writer.flush(), undefined);
    assert.deepEqual(stored, []);
  });

  it('writes in one go what came while it was writing', async () => {
    const { writer, writes, stored } = slowlyWriting();
    writer.add(1, change);
    assert.equal(writer.flush(), undefined);
    for (let number = 2; number <= 9; number++) {
      writer.add(number, change);
      writer.flush();
    }
    const drained = writer.drain();
    writes[0]?.end.resolve();
    while (writes.length < 2) await Promise.resolve();
    assert.deepEqual(stored, [1]);
    writes[1]?.end.resolve();
    await drained;
    assert.deepEqual(stored, [1, 9]);
    assert.deepEqual(
      writes.map(({ count }) => count),
      [1, 8],
    );
  });

  it('is full when much waits, unless it could not write it anyway', async () => {
    const { writer, writes } = slowlyWriting();
    for (let number = 1; number <= 1024; number++) {
      assert.equal(writer.isFull, number > 512);
      writer.add(number, change);
    }
    writer.flush();
    for (let number = 1025; number <= 2048; number++) writer.add(number, change);
    assert.equal(writer.isFull, false);
    writes[0]?.end.resolve();
    await writes[0]?.end.promise;
    assert.equal(writer.isFull, true);
  });

  it('writes nothing more once the store has failed, whichever way it says so', async () => {
    const error = new BanterError('DATA_UNUSABLE', 'the disk is full');
    const throwing = (): never => {
      throw error;
    };
    const refusing = writing(storeAround(anywhere(), { write: throwing }));
    const slow = slowlyWriting();
    for (const { writer } of [refusing, slow]) {
      writer.add(1, change);
      writer.flush();
      writer.add(2, change);
    }
    slow.writes[0]?.end.reject(error);
    for (const { writer, stored, failures } of [refusing, slow]) {
      await writer.drain();
      assert.deepEqual([stored, failures], [[], [error]]);
    }
    assert.equal(slow.writes.length, 1);
  });
});
