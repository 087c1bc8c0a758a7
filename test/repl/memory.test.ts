import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getHeapSpaceStatistics } from 'node:v8';
import { keepMemorySmall } from '../../repl/memory.ts';

const mebibyte = 1024 * 1024;

/** Objects that live long enough to leave the young generation. */
function grow(count: number): object[] {
  return Array.from({ length: count }, (_, at) => ({ at, of: [at] }));
}

function youngBytes(): number {
  return (
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
      ?.physical_space_size ?? 0
  );
}

// In a process of its own: what it sets holds for the whole of it.
describe('keepMemorySmall', () => {
  it('gives back what a rush has left once it is over, and keeps the young generation small', async () => {
    const before = youngBytes();
    const returned = Promise.withResolvers<number>();
    using _memory = keepMemorySmall({ lookMs: 20, onReturned: returned.resolve });
    let rush: object[] | undefined = grow(400_000);
    assert.equal(rush.length, 400_000);
    rush = undefined;
    // What looks does not keep a process alive.
    const awake = setInterval(() => {}, 1000);
    assert.ok((await returned.promise) > 8 * mebibyte);
    clearInterval(awake);
    assert.ok(youngBytes() <= Math.max(before, 2 * mebibyte));
  });
});
