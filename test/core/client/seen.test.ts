import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composeMid } from '../../../core/chat/mids.ts';
import { Seen } from '../../../core/client/seen.ts';

function midOf(process: number, counter: number): Uint8Array {
  const processId = new Uint8Array(8);
  new DataView(processId.buffer).setUint32(0, process);
  return composeMid(processId, counter);
}

describe('messages that were had', () => {
  it('are told apart, so that one that was kept may come after later ones', () => {
    const seen = new Seen();
    assert.ok(!seen.has('ann', midOf(1, 5)));
    seen.add('ann', midOf(1, 5));
    assert.deepEqual(
      [4, 5, 6].map((counter) => seen.has('ann', midOf(1, counter))),
      [false, true, false],
    );
    assert.ok(!seen.has('bob', midOf(1, 5)));
    assert.ok(!seen.has('ann', midOf(2, 5)));
  });

  it('are the newest 1,024 of a process, and all before, unless they were kept', () => {
    const seen = new Seen();
    for (let counter = 1; counter <= 1030; counter++) {
      if (counter !== 3) seen.add('ann', midOf(1, counter));
    }
    assert.ok(seen.has('ann', midOf(1, 3)));
    assert.ok(!seen.has('ann', midOf(1, 3), true));
    assert.ok(seen.has('ann', midOf(1, 1030), true));
    assert.ok(!seen.has('ann', midOf(1, 1031)));
  });

  it('are remembered by their last counters beyond 100,000 in all', () => {
    const seen = new Seen();
    seen.add('ann', midOf(1, 1));
    seen.add('ann', midOf(1, 3));
    for (let process = 0; process < 100; process++) {
      for (let counter = 1; counter <= 1010; counter++) seen.add(`${process}`, midOf(2, counter));
    }
    assert.ok(seen.has('ann', midOf(1, 2)));
    assert.ok(!seen.has('ann', midOf(1, 4)));
    assert.ok(seen.has('99', midOf(2, 1010), true));
  });

  it('are not forgotten for another sender with ever new processes', () => {
    const seen = new Seen();
    seen.add('ann', midOf(1, 1));
    for (let process = 0; process < 20_000; process++) seen.add('mallory', midOf(process, 1));
    assert.ok(seen.has('ann', midOf(1, 1)));
    assert.ok(seen.has('mallory', midOf(19_999, 1)));
    assert.ok(!seen.has('mallory', midOf(0, 1)));
  });
});
