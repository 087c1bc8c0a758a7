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
  it('are those up to the last counter of their process', () => {
    const seen = new Seen();
    assert.ok(!seen.has('ann', midOf(1, 5)));
    seen.add('ann', midOf(1, 5));
    assert.deepEqual(
      [4, 5, 6].map((counter) => seen.has('ann', midOf(1, counter))),
      [true, true, false],
    );
    assert.ok(!seen.has('bob', midOf(1, 5)));
    assert.ok(!seen.has('ann', midOf(2, 5)));
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
