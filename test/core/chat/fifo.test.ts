import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Fifo } from '../../../core/chat/fifo.ts';

describe('Fifo', () => {
  it('gives items in the order in which they came, however it is filled and emptied', () => {
    const turn = fc.record({ pushed: fc.nat(2000), taken: fc.nat(2000) });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 20 }), (turns) => {
        const fifo = new Fifo<number>();
        let [pushed, taken] = [0, 0];
        for (const turn of turns) {
          for (let at = 0; at < turn.pushed; at++) fifo.push(pushed++);
          for (let at = 0; at < turn.taken; at++) {
            const wanted = taken < pushed ? taken++ : undefined;
            assert.equal(fifo.first, wanted);
            assert.equal(fifo.take(), wanted);
          }
          assert.equal(fifo.length, pushed - taken);
          const count = Math.min(3, pushed - taken);
          const newest = Array.from({ length: count }, (_, index) => pushed - 1 - index);
          assert.deepEqual(fifo.newest(3), newest);
        }
      }),
      { numRuns: 30 },
    );
  });
});
