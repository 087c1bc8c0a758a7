import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Recovery, type SentPacket } from '../../../core/protocol/recovery.ts';

const bytes = 1000;

/** A sender that has sent `count` packets at the instants given. */
function sentAt(recovery: Recovery<string>, ...instants: readonly number[]): Recovery<string> {
  for (const now of instants)
    recovery.send(bytes, `packet ${recovery.nextPacketNumber}`, true, now);
  return recovery;
}

function acknowledge(
  recovery: Recovery<string>,
  now: number,
  first: number,
  last = first,
  delayMs = 0,
): { readonly acknowledged: readonly number[]; readonly lost: readonly number[] } {
  const outcome = recovery.receiveAck([{ first, last }], delayMs, false, now);
  assert.ok(outcome);
  return { acknowledged: numbersOf(outcome.acknowledged), lost: numbersOf(outcome.lost) };
}

function numbersOf(packets: readonly SentPacket<string>[]): readonly number[] {
  return packets.map(({ packetNumber }) => packetNumber);
}

describe('the round-trip time', () => {
  it('is the first sample and then moves by an eighth of the difference (RFC 9002 §5.3)', () => {
    const recovery = sentAt(new Recovery<string>(), 0, 0);
    acknowledge(recovery, 80, 0);
    assert.equal(recovery.smoothedRttMs, 80);
    acknowledge(recovery, 160, 1);
    assert.equal(recovery.smoothedRttMs, 90);
  });

  it('does not count the peer’s delay, as far as it may wait and the path allows', () => {
    const recovery = sentAt(new Recovery<string>(), 0, 100, 200);
    acknowledge(recovery, 80, 0);
    acknowledge(recovery, 204, 1, 1, 24);
    assert.equal(recovery.smoothedRttMs, 80);
    acknowledge(recovery, 385, 2, 2, 4000);
    // 185 − 25, the longest a peer may wait.
    assert.equal(recovery.smoothedRttMs, 90);
  });

  it('is never longer than the longest wait for a probe: of more, somebody has slept', () => {
    const recovery = sentAt(new Recovery<string>(), 0);
    recovery.silenceMs = 10_000;
    acknowledge(recovery, 60_000, 0);
    assert.equal(recovery.smoothedRttMs, 2000);
  });

  it('is not sampled from an ACK whose newest packet is no news', () => {
    const recovery = sentAt(new Recovery<string>(), 0, 0);
    acknowledge(recovery, 50, 1);
    acknowledge(recovery, 900, 0, 1);
    assert.equal(recovery.smoothedRttMs, 50);
  });
});

describe('a loss', () => {
  it('is declared when a packet three numbers later is acknowledged', () => {
    const recovery = sentAt(new Recovery<string>(), 0, 0, 0, 0, 0);
    assert.deepEqual(acknowledge(recovery, 100, 2), { acknowledged: [2], lost: [] });
    assert.deepEqual(acknowledge(recovery, 100, 3), { acknowledged: [3], lost: [0] });
    assert.deepEqual(acknowledge(recovery, 100, 4), { acknowledged: [4], lost: [1] });
  });

  it('is declared when a later packet is acknowledged and 9/8 round trips are over', () => {
    const recovery = sentAt(new Recovery<string>(), 0, 0);
    assert.deepEqual(acknowledge(recovery, 80, 1), { acknowledged: [1], lost: [] });
    assert.equal(recovery.pollTimeout(), 90);
    assert.equal(recovery.handleTimeout(89), undefined);
    const lost = recovery.handleTimeout(90);
    assert.ok(Array.isArray(lost));
    assert.deepEqual(numbersOf(lost), [0]);
    assert.equal(recovery.hasUnacknowledged, false);
  });

  it('makes room in the window again', () => {
    const recovery = new Recovery<string>();
    while (recovery.congestion.hasRoom) sentAt(recovery, 0);
    const last = recovery.nextPacketNumber - 1;
    acknowledge(recovery, 100, last);
    assert.ok(recovery.congestion.hasRoom);
  });
});

describe('a probe', () => {
  it('is due after the round-trip time, four variations and the peer’s delay', () => {
    const recovery = sentAt(new Recovery<string>(), 0);
    acknowledge(recovery, 80, 0);
    sentAt(recovery, 100);
    // 80 + 4 × 40 + 25.
    assert.equal(recovery.pollTimeout(), 100 + 265);
  });

  it('comes after one second while no round-trip time is known', () => {
    assert.equal(sentAt(new Recovery<string>(), 0).pollTimeout(), 333 + 4 * 166.5 + 25);
  });

  it('never comes sooner than after 50 ms', () => {
    const recovery = sentAt(new Recovery<string>(0), 0);
    assert.equal(recovery.pollTimeout(), 50);
  });

  it('comes after double the time each time, up to five seconds, until something is acknowledged', () => {
    const recovery = sentAt(new Recovery<string>(0), 0);
    const waits: number[] = [];
    let now = 0;
    for (let probe = 0; probe < 9; probe++) {
      const deadline = recovery.pollTimeout() ?? 0;
      waits.push(deadline - now);
      now = deadline;
      assert.equal(recovery.handleTimeout(now), 'probe');
    }
    assert.deepEqual(waits, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    sentAt(recovery, now);
    acknowledge(recovery, now, 1);
    assert.ok((recovery.pollTimeout() ?? 0) - now < 500);
  });

  it('is not due before an answer can be there, as long as a silence leaves time for two', () => {
    for (const [rttMs, silenceMs, dueMs] of [
      [100, 2500, 500],
      [800, 2500, 925],
      [1500, 2500, 1250],
      [1500, 10_000, 2000],
    ] as const) {
      const recovery = new Recovery<string>(Number.POSITIVE_INFINITY);
      recovery.silenceMs = silenceMs;
      sentAt(recovery, 0);
      acknowledge(recovery, rttMs, 0);
      sentAt(recovery, 10_000);
      for (let times = 0; times < 5; times++) recovery.handleTimeout(recovery.pollTimeout() ?? 0);
      const lastAt = recovery.pollTimeout() ?? 0;
      recovery.handleTimeout(lastAt);
      assert.equal((recovery.pollTimeout() ?? 0) - lastAt, dueMs, `${rttMs} of ${silenceMs}`);
    }
  });

  it('is not due while nothing awaits an ACK', () => {
    const recovery = new Recovery<string>();
    recovery.send(bytes, 'only an ACK', false, 0);
    assert.equal(recovery.pollTimeout(), undefined);
    assert.equal(recovery.handleTimeout(1e6), undefined);
  });
});

describe('Recovery', () => {
  it('refuses an ACK of a packet that was never sent', () => {
    const recovery = sentAt(new Recovery<string>(), 0, 0);
    assert.equal(recovery.receiveAck([{ first: 0, last: 2 }], 0, false, 10), undefined);
    assert.equal(recovery.receiveAck([{ first: 5, last: 9 }], 0, false, 10), undefined);
    assert.ok(recovery.receiveAck([{ first: 0, last: 1 }], 0, false, 10));
  });

  it('books each packet as acknowledged or lost at most once, and numbers none twice', () => {
    const action = fc.oneof(
      fc.constant({ type: 'send' as const }),
      fc.tuple(fc.nat(40), fc.nat(5)).map(([at, length]) => ({ type: 'ack' as const, at, length })),
      fc.nat(500).map((ms) => ({ type: 'wait' as const, ms })),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const recovery = new Recovery<string>();
        const open = new Set<number>();
        const settle = (packets: readonly SentPacket<string>[]): void => {
          for (const packetNumber of numbersOf(packets)) assert.ok(open.delete(packetNumber));
        };
        let now = 0;
        for (const step of actions) {
          if (step.type === 'send') {
            assert.ok(!open.has(recovery.nextPacketNumber));
            open.add(recovery.nextPacketNumber);
            sentAt(recovery, now);
          } else if (step.type === 'wait') {
            now += step.ms;
            const verdict = recovery.handleTimeout(now);
            if (verdict !== undefined && verdict !== 'probe') settle(verdict);
          } else if (step.at < recovery.nextPacketNumber) {
            const range = { first: Math.max(0, step.at - step.length), last: step.at };
            const outcome = recovery.receiveAck([range], 0, false, now);
            assert.ok(outcome);
            settle(outcome.acknowledged);
            settle(outcome.lost);
          }
          assert.deepEqual(numbersOf([...recovery.unacknowledged()]), [...open]);
        }
      }),
    );
  });
});
