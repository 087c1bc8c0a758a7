import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { Patience, usageOf } from '../../plugins/patience.ts';

const limits = { ranMs: 1500, clockMs: 15_000 };
const lookMs = 50;

/** Milliseconds by the clock until the patience is over with one who runs for `share` of the time. */
function patienceWith(share: number | undefined, patience = new Patience(limits, 0, 0)): number {
  for (let now = lookMs; ; now += lookMs) {
    if (patience.isOver(now, share === undefined ? undefined : now * share)) return now;
  }
}

test('counts the processor time of who is waited for, and the clock in the end', () => {
  assert.equal(patienceWith(1), 1550);
  assert.equal(patienceWith(0.5), 3050);
  assert.equal(patienceWith(0), 15_050);
});

test('goes by the clock where nobody tells the processor time', () => {
  assert.equal(patienceWith(undefined), 1550);
});

test('is not used up faster by several threads', () => {
  assert.equal(patienceWith(4), 1550);
});

test('begins anew with every sign of life', () => {
  const patience = new Patience(limits, 0, 0);
  for (let now = lookMs; now < 60_000; now += lookMs) {
    if (now % 1000 === 0) patience.rewarded();
    assert.ok(!patience.isOver(now, now));
  }
});

test('does not count that nobody looked', () => {
  const patience = new Patience(limits, 0, 0);
  assert.ok(!patience.isOver(60_000, 60_000));
  assert.ok(!patience.isOver(120_000, 120_000));
});

test('reads what a process uses, whatever it is called, and nothing of one that is gone', async (t) => {
  const loop = `process.title = 'a) R (b'; console.log('named'); for (;;);`;
  const child = spawn(process.execPath, ['-e', loop], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const isLinux = process.platform === 'linux';
  const { cpuMs, rssBytes } = await usageOf(child.pid ?? 0);
  assert.equal(cpuMs !== undefined && cpuMs > 0 && cpuMs < 60_000, isLinux);
  assert.equal(rssBytes !== undefined && rssBytes > 1e7 && rssBytes < 1e9, isLinux);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  assert.deepEqual(await usageOf(child.pid ?? 0), { cpuMs: undefined, rssBytes: undefined });
});
