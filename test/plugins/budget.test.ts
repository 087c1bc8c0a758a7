import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Budget } from '../../plugins/budget.ts';

test('allows a minute’s worth at once, then refills evenly', () => {
  const budget = new Budget(60);
  for (let n = 0; n < 60; n++) assert.ok(budget.take(0));
  assert.equal(budget.take(999), false);
  assert.ok(budget.take(1000));
  assert.equal(budget.take(1000), false);
});

test('never allows more than twice its rate in any minute', () => {
  const delays = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 500 });
  fc.assert(
    fc.property(delays, fc.integer({ min: 1, max: 100 }), (waits, perMinute) => {
      const budget = new Budget(perMinute);
      const taken: number[] = [];
      let now = 0;
      for (const wait of waits) {
        now += wait;
        if (budget.take(now)) taken.push(now);
      }
      for (const from of taken) {
        const inMinute = taken.filter((at) => at >= from && at < from + 60_000);
        assert.ok(inMinute.length <= 2 * perMinute);
      }
    }),
  );
});
