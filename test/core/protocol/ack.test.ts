import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ackDelayMsMax, ackDelayMsOf, ReceivedPackets } from '../../../core/protocol/ack.ts';
import { ackRangesMax } from '../../../core/protocol/frame.ts';

/** Room for every range. */
const roomy = 1000;

function receivedAll(packetNumbers: readonly number[]): ReceivedPackets {
  const received = new ReceivedPackets();
  for (const packetNumber of packetNumbers) received.receive(packetNumber, 'soon', 0);
  return received;
}

function rangesOf(received: ReceivedPackets): readonly (readonly [number, number])[] {
  return (received.acknowledge(0, roomy)?.ranges ?? []).map(
    ({ first, last }) => [first, last] as const,
  );
}

/** The ranges of a set, newest first. */
function rangesOfSet(set: ReadonlySet<number>): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const packetNumber of [...set].sort((a, b) => b - a)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[0] === packetNumber + 1) last[0] = packetNumber;
    else ranges.push([packetNumber, packetNumber]);
  }
  return ranges;
}

describe('ReceivedPackets', () => {
  it('knows duplicates and tells ranges like a plain set of numbers', () => {
    // Few enough numbers that no range is ever forgotten.
    fc.assert(
      fc.property(fc.array(fc.nat(100)), (packetNumbers) => {
        const received = new ReceivedPackets();
        const model = new Set<number>();
        for (const packetNumber of packetNumbers) {
          assert.equal(received.isDuplicate(packetNumber), model.has(packetNumber));
          if (model.has(packetNumber)) continue;
          received.receive(packetNumber, 'soon', 0);
          model.add(packetNumber);
          assert.equal(received.newest, Math.max(...model));
        }
        assert.deepEqual(rangesOf(received), rangesOfSet(model).slice(0, ackRangesMax));
      }),
    );
  });

  it('takes no packet twice, whatever it has forgotten', () => {
    const spread = fc.array(fc.nat(400), { minLength: 150, maxLength: 600 });
    fc.assert(
      fc.property(spread, (packetNumbers) => {
        const received = new ReceivedPackets();
        const model = new Set<number>();
        for (const packetNumber of packetNumbers) {
          if (received.isDuplicate(packetNumber)) continue;
          assert.ok(!model.has(packetNumber), `${packetNumber} was taken twice`);
          received.receive(packetNumber, 'soon', 0);
          model.add(packetNumber);
        }
      }),
    );
  });

  it('counts what is older than its 64 ranges as a replay, also after ranges have merged', () => {
    const received = receivedAll(Array.from({ length: 66 }, (_, at) => 2 * at));
    assert.ok(received.isDuplicate(0));
    received.receive(101, 'soon', 0);
    received.receive(103, 'soon', 0);
    assert.ok(received.isDuplicate(0));
    assert.ok(received.isDuplicate(2));
    assert.ok(!received.isDuplicate(99));
  });

  it('owes nothing for packets that elicit no ACK', () => {
    const received = new ReceivedPackets();
    received.receive(0, 'none', 5);
    assert.equal(received.deadline, undefined);
    assert.equal(received.ackBytesMin, 0);
  });

  it('acknowledges the tenth packet at once and a single one within 25 ms', () => {
    const received = new ReceivedPackets();
    for (let at = 0; at < 9; at++) {
      received.receive(at, 'soon', 100 + at);
      assert.equal(received.deadline, 100 + at + ackDelayMsMax);
    }
    received.receive(9, 'soon', 110);
    assert.equal(received.deadline, 110);
    assert.deepEqual(received.acknowledge(112, roomy), {
      delayMs: 2,
      ranges: [{ first: 0, last: 9 }],
    });
    assert.equal(received.deadline, undefined);
  });

  it('waits for the next packet of a stream, and no longer than 100 ms for all of them', () => {
    const received = new ReceivedPackets();
    const deadlines = [100, 120, 140, 160, 180].map((now, at) => {
      received.receive(at, 'soon', now);
      return received.deadline;
    });
    assert.deepEqual(deadlines, [125, 145, 165, 185, 200]);
    received.receive(5, 'soon', 201);
    assert.equal(received.deadline, 200, 'an ACK that is due is not put off');
    received.acknowledge(202, roomy);
    received.receive(6, 'soon', 210);
    assert.equal(received.deadline, 235);
    received.receive(7, 'now', 211);
    received.receive(8, 'soon', 212);
    assert.equal(received.deadline, 211, 'nor is one that was asked for');
  });

  it('waits 10 to 25 ms, as chance has it', () => {
    assert.deepEqual([0, 0.5, 1].map(ackDelayMsOf), [10, 17.5, ackDelayMsMax]);
    const received = new ReceivedPackets(ackDelayMsOf(0));
    received.receive(0, 'soon', 100);
    assert.equal(received.deadline, 110);
  });

  it('acknowledges at once a packet whose sender asks for it', () => {
    const received = new ReceivedPackets();
    received.receive(0, 'soon', 100);
    received.receive(1, 'now', 105);
    assert.equal(received.deadline, 105);
  });

  it('acknowledges at once what comes out of order', () => {
    const received = new ReceivedPackets();
    received.receive(1, 'soon', 100);
    assert.equal(received.deadline, 100);
    received.acknowledge(100, roomy);
    received.receive(0, 'soon', 130);
    assert.equal(received.deadline, 130);
    assert.deepEqual(received.acknowledge(150, roomy), {
      delayMs: 50,
      ranges: [{ first: 0, last: 1 }],
    });
  });

  it('leaves out the oldest ranges where there is no room for them', () => {
    const received = receivedAll([0, 2, 4, 6, 8]);
    const tight = received.acknowledge(0, received.ackBytesMin);
    assert.deepEqual(tight?.ranges, [{ first: 8, last: 8 }]);
    received.receive(10, 'soon', 0);
    const looser = received.acknowledge(0, received.ackBytesMin + 8);
    assert.deepEqual(looser?.ranges, [
      { first: 10, last: 10 },
      { first: 8, last: 8 },
    ]);
  });

  it('has nothing to acknowledge before the first packet', () => {
    assert.equal(new ReceivedPackets().acknowledge(0, roomy), undefined);
    assert.equal(new ReceivedPackets().newest, -1);
  });
});
