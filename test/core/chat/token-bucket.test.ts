import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from '../../../core/chat/token-bucket.ts';

describe('TokenBucket', () => {
  it('lets a burst through and then the rate', () => {
    const bucket = new TokenBucket(3, 10);
    const at = (now: number): boolean => bucket.take(now);
    assert.deepEqual([at(5000), at(5000), at(5000), at(5000)], [true, true, true, false]);
    assert.deepEqual([at(5099), at(5100), at(5100)], [false, true, false]);
  });

  it('gathers no more than a burst', () => {
    const bucket = new TokenBucket(2, 1000);
    assert.deepEqual(
      [1e9, 1e9, 1e9].map((now) => bucket.take(now)),
      [true, true, false],
    );
  });

  it('gives several at a time, or none of them', () => {
    const bucket = new TokenBucket(10, 10);
    const at = (now: number, count: number): boolean => bucket.take(now, count);
    assert.deepEqual([at(1000, 7), at(1000, 4), at(1000, 3)], [true, false, true]);
    assert.deepEqual([at(1500, 6), at(1500, 5)], [false, true]);
  });

  it('says how long it takes until so many are there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(500)),
        (rate, count, pauses) => {
          const bucket = new TokenBucket(20, rate);
          let now = 1;
          for (const pause of pauses) {
            now += pause;
            if (bucket.take(now, count)) continue;
            const waitMs = bucket.waitMs(now, count);
            assert.ok(Number.isInteger(waitMs) && waitMs > 0);
            // What is a whole number but for rounding counts as one more.
            assert.ok(!bucket.take(now + waitMs - 2, count));
            assert.ok(bucket.take(now + waitMs, count));
            now += waitMs;
          }
        },
      ),
    );
  });

  it('has the token at the time it promised', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.array(fc.nat(500)), (rate, pauses) => {
        const bucket = new TokenBucket(2, rate);
        let now = 1;
        for (const pause of pauses) {
          now += pause;
          if (!bucket.take(now)) {
            now = bucket.readyAt;
            assert.ok(bucket.take(now));
          }
        }
      }),
    );
  });
});
