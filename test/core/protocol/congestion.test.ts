import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Congestion } from '../../../core/protocol/congestion.ts';

const datagram = 1200;

/** How many datagrams can be sent now. */
function fill(congestion: Congestion): number {
  let count = 0;
  while (congestion.hasRoom) {
    congestion.sent(datagram);
    count++;
  }
  return count;
}

/** Everything in flight is acknowledged; it was sent at `sentAt` and the window held the sender back. */
function acknowledge(congestion: Congestion, count: number, sentAt: number, limited = true): void {
  for (let at = 0; at < count; at++) congestion.acknowledged(datagram, sentAt, limited);
}

describe('Congestion', () => {
  it('begins with ten datagrams and doubles each round trip', () => {
    const congestion = new Congestion();
    assert.equal(fill(congestion), 10);
    acknowledge(congestion, 10, 0);
    assert.equal(fill(congestion), 20);
    acknowledge(congestion, 20, 1);
    assert.equal(fill(congestion), 40);
  });

  it('does not grow while the sender has less to say than the window allows', () => {
    const congestion = new Congestion();
    const count = fill(congestion);
    acknowledge(congestion, count, 0, false);
    assert.equal(fill(congestion), 10);
  });

  it('halves at a loss, once a round trip, and grows by about one datagram a round trip from then on', () => {
    const congestion = new Congestion();
    fill(congestion);
    congestion.lost(2 * datagram, 0, 100);
    congestion.lost(datagram, 50, 120);
    acknowledge(congestion, 7, 50);
    const windows: number[] = [];
    for (let trip = 0; trip < 10; trip++) {
      const count = fill(congestion);
      windows.push(count);
      acknowledge(congestion, count, 130 + trip);
    }
    assert.deepEqual(windows, [5, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });

  it('never shrinks below two datagrams', () => {
    const congestion = new Congestion();
    fill(congestion);
    acknowledge(congestion, 10, 0, false);
    for (let now = 1; now < 20; now++) {
      congestion.sent(datagram);
      congestion.lost(datagram, now, now);
    }
    assert.equal(fill(congestion), 2);
  });

  it('begins anew on another path, where losses and acknowledgements of the one before say nothing', () => {
    const congestion = new Congestion();
    assert.equal(fill(congestion), 10);
    const fresh = congestion.afresh(50);
    fresh.acknowledged(5 * datagram, 40, true);
    fresh.lost(5 * datagram, 40, 60);
    assert.equal(fill(fresh), 10);
  });

  it('stops doubling when round trips grow, before anything is lost', () => {
    const congestion = new Congestion();
    const windows: number[] = [];
    let packet = 0;
    for (let trip = 0; trip < 12; trip++) {
      const count = fill(congestion);
      windows.push(count);
      acknowledge(congestion, count, trip);
      // The bottleneck takes twenty datagrams in a round trip of 20 ms; the others wait in its queue.
      const rttMs = Math.max(20, count);
      for (let at = 0; at < count; at++) congestion.sampleRtt(rttMs, 20, packet++, packet + count);
    }
    assert.ok(Math.max(...windows) < 100, `windows ${windows}`);
  });

  it('does not enlarge a window of 32 KB while packets stand in a queue, but a smaller one', () => {
    const congestion = new Congestion();
    congestion.sampleRtt(100, 20, 0, 1);
    for (let trip = 0; trip < 10; trip++) acknowledge(congestion, fill(congestion), trip);
    const atRest = congestion.windowBytes;
    assert.ok(atRest >= 32_768 && atRest < 32_768 + 2 * datagram, `${atRest}`);
    congestion.sampleRtt(21, 20, 1, 2);
    acknowledge(congestion, fill(congestion), 11);
    assert.ok(congestion.windowBytes > atRest);
  });
});
