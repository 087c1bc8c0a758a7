/** Proves that seeded randomness repeats and is spread as it says. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from './random.ts';

function draw(random: Random, count: number): readonly number[] {
  return Array.from({ length: count }, () => random.uint32());
}

test('repeats a stream from its seed', () => {
  assert.deepEqual(draw(new Random(7), 100), draw(new Random(7), 100));
  assert.notDeepEqual(draw(new Random(7), 100), draw(new Random(8), 100));
});

test('gives the same numbers on every machine', () => {
  assert.deepEqual(draw(new Random(1), 3), [393288148, 2174103013, 3814759091]);
});

test('stays inside its bounds and reaches all of them', () => {
  const random = new Random(3);
  const seen = new Set(Array.from({ length: 1000 }, () => random.below(7)));
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
  assert.ok(draw(random, 1000).every((value) => value >= 0 && value < 2 ** 32));
});

test('makes a chance come true about as often as it says', () => {
  const random = new Random(4);
  const hits = Array.from({ length: 10_000 }, () => random.chance(0.3)).filter(Boolean).length;
  assert.ok(hits > 2700 && hits < 3300, `${hits} of 10000`);
  assert.ok(Array.from({ length: 100 }, () => random.chance(0)).every((hit) => !hit));
  assert.ok(Array.from({ length: 100 }, () => random.chance(1)).every((hit) => hit));
});

test('keeps a fork apart from what its parent draws later', () => {
  const quiet = new Random(5);
  const busy = new Random(5);
  const fromQuiet = quiet.fork();
  const fromBusy = busy.fork();
  draw(busy, 50);
  assert.deepEqual(draw(fromQuiet, 10), draw(fromBusy, 10));
});

test('picks only what is there', () => {
  const random = new Random(6);
  const picked = new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])));
  assert.deepEqual([...picked].sort(), ['a', 'b', 'c']);
  assert.throws(() => random.pick([]), RangeError);
  assert.equal(random.bytes(32).length, 32);
});
