import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimits } from '../../../plugins/inside/rate-limits.ts';
import { limits } from '../../../plugins/limits.ts';

const alice = { group: 'lab', person: 'alice' };
const bob = { group: 'lab', person: 'bob' };

test('each person has a rate of its own, and is told once when it is met', () => {
  const rate = new RateLimits({ times: 2, every: '1m' });
  assert.equal(rate.take(alice, 0).type, 'within');
  assert.equal(rate.take(alice, 0).type, 'within');
  assert.deepEqual(rate.take(alice, 0), { type: 'beyond', waitMs: 30_000, isTold: true });
  assert.deepEqual(rate.take(alice, 15_000), { type: 'beyond', waitMs: 15_000, isTold: false });
  assert.equal(rate.take(bob, 15_000).type, 'within');
  assert.equal(rate.take(alice, 30_000).type, 'within');
  assert.deepEqual(rate.take(alice, 30_000), { type: 'beyond', waitMs: 30_000, isTold: true });
});

test('a group has one rate for all in it, and people are alone outside of groups', () => {
  const rate = new RateLimits({ times: 1, every: '10s', per: 'group', refusal: 'quiet' });
  assert.equal(rate.take(alice, 0).type, 'within');
  assert.deepEqual(rate.take(bob, 0), { type: 'beyond', waitMs: 10_000, isTold: false });
  assert.equal(rate.take({ ...bob, group: 'hall' }, 0).type, 'within');
  assert.equal(rate.take({ ...bob, group: undefined }, 0).type, 'within');
});

test('of several limits none is used up by what another one refuses', () => {
  const rate = new RateLimits([
    { times: 1, every: '10s', per: 'group' },
    { times: 1, every: '1h' },
  ]);
  assert.equal(rate.take(alice, 0).type, 'within');
  assert.equal(rate.take(bob, 0).type, 'beyond');
  assert.equal(rate.take(bob, 10_000).type, 'within');
});

test('a clock that is set back gives nothing, and so many callers are remembered', () => {
  const rate = new RateLimits({ times: 1, every: '1h' });
  assert.equal(rate.take(alice, 7_200_000).type, 'within');
  assert.equal(rate.take(alice, 0).type, 'beyond');
  for (let count = 0; count < limits.commandCallersMax; count++) {
    rate.take({ group: undefined, person: `stranger${count}` }, 0);
  }
  assert.equal(rate.take(alice, 0).type, 'within');
});

for (const limit of [
  { times: 0, every: '1m' },
  { times: 1.5, every: '1m' },
  { times: 1, every: '1 minute' },
  { times: 1, every: 10 },
]) {
  test(`an author is told that ${JSON.stringify(limit)} is no limit`, () => {
    // What an author writes without types.
    assert.throws(() => new RateLimits(limit as never), RangeError);
  });
}
