import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoreChange } from '../../../core/chat/records.ts';
import { BanterError } from '../../../core/errors.ts';
import { SimulatedNetwork } from '../../../core/net/simulated.ts';
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

/** Writes to a store, by a clock that stands still until the test moves it. */
function writing(store: Store, windowMs = 0) {
  const fullness: (string | undefined)[] = [];
  const network = new SimulatedNetwork({ seed: 1, faults: {} });
  const environment = network.host('10.0.0.1');
  const stored: number[] = [];
  const failures: unknown[] = [];
  const writer = new StoreWriter({
    store,
    environment,
    windowMs,
    onWritten: () => {},
    onDue: () => {},
    onFull: (full) => fullness.push(full?.code),
    onStored: (number) => stored.push(number),
    onFailed: (error) => failures.push(error),
  });
  return { writer, stored, failures, fullness, network };
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
      assert.equal(writer.isFull, number > 32);
      writer.add(number, change);
    }
    writer.flush();
    for (let number = 1025; number <= 2048; number++) writer.add(number, change);
    assert.equal(writer.isFull, false);
    writes[0]?.end.resolve();
    await writes[0]?.end.promise;
    assert.equal(writer.isFull, true);
  });

  it('writes no more than 32 changes at a time to a store that is quick, and up to 512 to one that is slow', async () => {
    const { writer, writes, network } = slowlyWriting();
    for (let number = 1; number <= 704; number++) writer.add(number, change);
    writer.flush();
    const drained = writer.drain();
    for (const [at, tookMs] of [1, 9, 1000, 0, 0].entries()) {
      while (writes.length <= at) await Promise.resolve();
      await network.run(network.now + tookMs);
      writes[at]?.end.resolve();
    }
    await drained;
    assert.deepEqual(
      writes.map(({ count }) => count),
      [32, 32, 96, 512, 32],
    );
  });

  it('waits for others to join a write where it is told to, unless it is full', async () => {
    const { writer, stored, network } = writing(anywhere(), 10);
    writer.add(1, change);
    assert.equal(writer.flush(), undefined);
    await network.run(network.now + 9);
    writer.add(2, change);
    assert.equal(writer.flush(), undefined);
    assert.deepEqual(stored, []);
    await network.run(network.now + 1);
    assert.deepEqual(stored, [2]);
    for (let number = 3; number <= 34; number++) writer.add(number, change);
    assert.equal(writer.flush(), 34);
  });

  it('keeps what a full store did not take, and tries it again until there is room', async () => {
    const full = new BanterError('STORE_FULL', 'no room');
    let room = 1;
    const written: number[] = [];
    const store = storeAround(anywhere(), {
      write: (changes) => {
        if (room-- <= 0) return Promise.reject(full);
        written.push(changes.length);
        return Promise.resolve();
      },
    });
    const { writer, stored, failures, fullness, network } = writing(store);
    for (let number = 1; number <= 2; number++) {
      writer.add(number, change);
      writer.flush();
      await network.run(network.now);
    }
    assert.equal(writer.isStoreFull, true);
    writer.add(3, change);
    assert.equal(writer.flush(), undefined);
    await network.run(network.now + 5000);
    assert.deepEqual([stored, written, fullness], [[1], [1], ['STORE_FULL']]);
    await writer.drain();
    assert.deepEqual(written, [1]);
    room = 1;
    writer.flush();
    await network.run(network.now + 1000);
    assert.deepEqual([stored, written, failures], [[1, 3], [1, 2], []]);
    assert.deepEqual(fullness, ['STORE_FULL', undefined]);
    assert.equal(writer.isStoreFull, false);
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
