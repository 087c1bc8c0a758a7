import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Growth, SlowStart } from '../../../core/protocol/slow-start.ts';

/** Plays rounds of ten packets of which each is acknowledged after the round-trip time given. @returns the growth after each */
function play(start: SlowStart, rounds: readonly number[], firstPacket = 0): readonly Growth[] {
  return rounds.map((rttMs, round) => {
    const first = firstPacket + 10 * round;
    for (let at = 0; at < 10; at++) start.sample(rttMs, first + at, first + 10);
    return start.growth;
  });
}

describe('SlowStart', () => {
  it('goes on while round trips stay as they are', () => {
    assert.deepEqual(play(new SlowStart(), [10, 12, 11, 13, 10, 12]), Array(6).fill('fast'));
  });

  it('slows down when round trips grow and ends after five slow rounds', () => {
    const growths = play(new SlowStart(), [10, 10, 20, 20, 20, 20, 20, 20, 20]);
    assert.deepEqual(growths, [
      ...['fast', 'fast', 'slow', 'slow', 'slow', 'slow', 'slow'],
      ...['slow', 'over'],
    ]);
  });

  it('goes on fast when the growth was a passing one', () => {
    const start = new SlowStart();
    assert.deepEqual(play(start, [10, 10, 30]), ['fast', 'fast', 'slow']);
    assert.deepEqual(play(start, [10, 10], 30), ['fast', 'fast']);
  });

  it('takes no single late answer for a growth', () => {
    const start = new SlowStart();
    play(start, [10, 10]);
    start.sample(90, 20, 30);
    assert.equal(start.growth, 'fast');
    start.sample(10, 21, 30);
    assert.equal(start.growth, 'fast');
  });

  it('takes an eighth more for growth on a long way, but no less than 4 ms on a short one', () => {
    assert.deepEqual(play(new SlowStart(), [1, 4.9]), ['fast', 'fast']);
    assert.deepEqual(play(new SlowStart(), [1, 5]), ['fast', 'slow']);
    assert.deepEqual(play(new SlowStart(), [80, 89]), ['fast', 'fast']);
    assert.deepEqual(play(new SlowStart(), [80, 90]), ['fast', 'slow']);
    assert.deepEqual(play(new SlowStart(), [400, 416]), ['fast', 'slow']);
  });
});
