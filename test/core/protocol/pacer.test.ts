import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Pacer } from '../../../core/protocol/pacer.ts';

const datagram = 1200;

/** How many datagrams go until an instant. */
function sentUntil(endMs: number, windowBytes: number, rttMs: number): number {
  const pacer = new Pacer(0);
  let count = 0;
  let now = 0;
  for (;;) {
    const readyAt = pacer.readyAt(windowBytes, rttMs, now);
    if (readyAt > endMs) return count;
    if (readyAt <= now) {
      pacer.sent(datagram);
      count++;
    }
    now = Math.max(now, readyAt);
  }
}

describe('a pacer', () => {
  it('lets ten datagrams go at once', () => {
    assert.equal(sentUntil(0, 120_000, 100), 10);
  });

  it('spreads one and a quarter windows over a round trip', () => {
    // 100 datagrams a window: ten at once, then 125 in a round trip.
    assert.ok(Math.abs(sentUntil(100, 120_000, 100) - 135) <= 1);
  });

  it('remembers no debt of what went past it', () => {
    const pacer = new Pacer(0);
    for (let at = 0; at < 100; at++) pacer.sent(datagram);
    assert.equal(pacer.readyAt(120_000, 100, 0), 0.8);
  });

  it('does not count on timers finer than a millisecond', () => {
    const pacer = new Pacer(0);
    const [windowBytes, rttMs] = [1_200_000, 1];
    pacer.readyAt(windowBytes, rttMs, 0);
    assert.equal(pacer.readyAt(windowBytes, rttMs, 2), 2);
    for (let at = 0; at < 2000; at++) pacer.sent(datagram);
    assert.equal(pacer.readyAt(windowBytes, rttMs, 2), 2);
  });
});
