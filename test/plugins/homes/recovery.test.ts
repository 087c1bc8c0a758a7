import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../../plugins/limits.ts';
import { Recovery } from '../../../plugins/recovery.ts';

test('a plugin is tried again later each time, at most ten minutes later, and eight times', () => {
  const recovery = new Recovery();
  recovery.runs(0);
  const delays = Array.from({ length: 10 }, (_, at) => {
    const delayMs = recovery.fell(at, 1000);
    const { atMs } = recovery.status;
    assert.equal(atMs, delayMs === undefined ? undefined : 1000 + delayMs);
    recovery.settled();
    recovery.runs(at);
    return delayMs;
  });
  const seconds = delays.map((ms) => (ms === undefined ? undefined : ms / 1000));
  assert.deepEqual(seconds, [5, 10, 20, 40, 80, 160, 320, 600, undefined, undefined]);
  assert.deepEqual(recovery.status, { tries: 8, triesMax: 8 });
});

test('one that was well for a while begins anew, and one that was not does not', () => {
  const recovery = new Recovery();
  recovery.runs(0);
  assert.equal(recovery.fell(0, 0), 5000);
  assert.equal(recovery.runs(5000), true);
  const short = 5000 + limits.revivalWellMs - 1;
  assert.equal(recovery.fell(short, 0), 10_000);
  recovery.runs(short);
  // It is started again with its process, and is as well as before.
  assert.equal(recovery.runs(short + 10), false);
  assert.equal(recovery.fell(short + limits.revivalWellMs, 0), 5000);
  assert.deepEqual(recovery.status, { tries: 1, triesMax: 8, atMs: 5000 });
});

test('one that falls again before it runs gains nothing by the time that it took', () => {
  const recovery = new Recovery();
  recovery.runs(0);
  recovery.fell(0, 0);
  assert.equal(recovery.fell(limits.revivalWellMs * 2, 0), 10_000);
});

test('one that never ran is not tried again', () => {
  assert.equal(new Recovery().fell(0, 0), undefined);
});
