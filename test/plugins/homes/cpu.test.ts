import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CpuMeter } from '../../../plugins/cpu-meter.ts';
import { CpuShares } from '../../../plugins/cpu-shares.ts';

/** Looks at two isolates. */
const look = (shares: CpuShares, cpuMs: number, one: number, two: number) =>
  Object.fromEntries(
    shares.look(
      cpuMs,
      new Map([
        [1, one],
        [2, two],
      ]),
    ),
  );

test('of a busy machine nobody is charged for waiting: what the process used is divided', () => {
  const shares = new CpuShares(50);
  assert.deepEqual(look(shares, 150, 300, 100), { 1: 75, 2: 25 });
});

test('nobody is charged for what the process does beside its isolates', () => {
  const shares = new CpuShares(0);
  assert.deepEqual(look(shares, 500, 100, 0), { 1: 100 });
});

test('a little is charged, too, once it has become something; what has gone is forgotten', () => {
  const shares = new CpuShares(0);
  let charged = 0;
  for (let at = 1; at <= 100; at++) charged += look(shares, at * 10, at * 1.5, 0)[1] ?? 0;
  assert.ok(charged > 130 && charged <= 150, `${charged}`);
  assert.deepEqual(Object.fromEntries(shares.look(1000, new Map([[2, 0]]))), {});
  // Who comes under a number that was never used begins at nothing.
  assert.deepEqual(Object.fromEntries(shares.look(1100, new Map([[3, 30]]))), { 3: 30 });
});

test('an isolate whose time cannot be read any more costs nobody anything', () => {
  const shares = new CpuShares(0);
  assert.deepEqual(look(shares, 100, 50, 50), { 1: 50, 2: 50 });
  assert.deepEqual(look(shares, 200, 10, 80), { 2: 30 });
});

test('a minute is the last sixty seconds, whatever was before', () => {
  const meter = new CpuMeter();
  for (let at = 0; at < 600; at++) meter.add(10, at * 1000);
  assert.equal(meter.usedMs(599_999), 600);
  assert.equal(meter.usedMs(629_000), 300);
  assert.equal(meter.usedMs(700_000), 0);
  meter.add(5, 700_000);
  meter.reset();
  assert.equal(meter.usedMs(700_000), 0);
});
