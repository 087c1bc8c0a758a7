import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import type { TrafficKeys } from '../../../core/protocol/crypto.ts';
import { PacketKeys } from '../../../core/protocol/keys.ts';

const crypto = new SodiumCrypto();
const headerBytes = 13;
const minute = 60_000;

function keysOf(isLeft: boolean): TrafficKeys {
  const [left, right] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  return isLeft ? { send: left, receive: right } : { send: right, receive: left };
}

/** One side with the next number it sends. */
class Side {
  readonly keys: PacketKeys;
  next = 0;

  constructor(isLeft: boolean, keys: TrafficKeys = keysOf(isLeft)) {
    this.keys = new PacketKeys(crypto, keys, 0);
  }

  seal(now: number): Packet {
    const number = this.next++;
    this.keys.renew(number, now);
    const { phaseBit } = this.keys;
    const datagram = new Uint8Array(headerBytes + 1 + 16);
    datagram[headerBytes] = 7;
    this.keys.seal(number, datagram, headerBytes);
    return { datagram, number, phaseBit };
  }

  opens(packet: Packet, now: number): boolean {
    return this.keys.open(packet, headerBytes, this.next, now)?.[0] === 7;
  }
}

interface Packet {
  readonly datagram: Uint8Array;
  readonly number: number;
  readonly phaseBit: number;
}

/** A packet each way, acknowledged. */
function talk(left: Side, right: Side, now: number): void {
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    const packet = from.seal(now);
    assert.ok(to.opens(packet, now));
    from.keys.acknowledged(packet.number);
  }
}

describe('the keys of a connection', () => {
  it('change after two minutes, and the other side follows', () => {
    const [left, right] = [new Side(true), new Side(false)];
    talk(left, right, 0);
    assert.equal(left.keys.phaseBit, 0);
    talk(left, right, 2 * minute);
    assert.deepEqual([left.keys.phaseBit, right.keys.phaseBit], [1, 1]);
    talk(left, right, 4 * minute);
    assert.deepEqual([left.keys.phaseBit, right.keys.phaseBit], [0, 0]);
  });

  it('change after 2^20 packets', () => {
    const [left, right] = [new Side(true), new Side(false)];
    talk(left, right, 0);
    left.next = 2 ** 20 - 1;
    assert.equal(left.seal(1).phaseBit, 0);
    assert.equal(left.seal(1).phaseBit, 1);
  });

  it('do not change before the peer has a packet of the present phase', () => {
    const left = new Side(true);
    assert.equal(left.seal(2 * minute).phaseBit, 0);
    left.keys.acknowledged(0);
    assert.equal(left.seal(2 * minute).phaseBit, 1);
    // An acknowledgement of the phase before says nothing about this one.
    left.keys.acknowledged(0);
    assert.equal(left.seal(4 * minute).phaseBit, 1);
  });

  it('change once when both sides begin at the same time', () => {
    const [left, right] = [new Side(true), new Side(false)];
    talk(left, right, 0);
    const [one, other] = [left.seal(2 * minute), right.seal(2 * minute)];
    assert.deepEqual([one.phaseBit, other.phaseBit], [1, 1]);
    assert.ok(right.opens(one, 2 * minute));
    assert.ok(left.opens(other, 2 * minute));
    assert.deepEqual([left.keys.phaseBit, right.keys.phaseBit], [1, 1]);
    talk(left, right, 2 * minute + 1);
    assert.deepEqual([left.keys.phaseBit, right.keys.phaseBit], [1, 1]);
  });

  it('open what was sealed before the change and comes after it, for a while', () => {
    const [left, right] = [new Side(true), new Side(false)];
    talk(left, right, 0);
    const [early, late] = [left.seal(1), left.seal(1)];
    assert.ok(right.opens(left.seal(2 * minute), 2 * minute));
    assert.ok(right.opens(early, 2 * minute + 10_000));
    assert.ok(!right.opens(late, 2 * minute + 15_000));
  });

  it('are wiped when their time is over', () => {
    const ours = { send: new Uint8Array(32).fill(2), receive: new Uint8Array(32).fill(1) };
    const left = new Side(true);
    const right = new Side(false, ours);
    const isWiped = (key: Uint8Array): boolean => key.every((byte) => byte === 0);
    talk(left, right, 0);
    talk(left, right, 2 * minute);
    assert.deepEqual([isWiped(ours.send), isWiped(ours.receive)], [true, false]);
    right.seal(2 * minute + 15_000);
    assert.ok(isWiped(ours.receive));
    talk(left, right, 2 * minute + 15_001);
  });

  it('are not moved by a forged packet of the next phase', () => {
    const [left, right] = [new Side(true), new Side(false)];
    talk(left, right, 0);
    const packet = left.seal(1);
    assert.ok(!right.opens({ ...packet, phaseBit: 1 }, 1));
    assert.equal(right.keys.phaseBit, 0);
    assert.ok(right.opens(packet, 1));
  });

  it('follow from each other one way: keyed BLAKE2b of the label', () => {
    const key = new Uint8Array(32).fill(1);
    const next = crypto.nextKey(key);
    assert.notDeepEqual(next, key);
    assert.equal(next.length, 32);
    assert.deepEqual(crypto.nextKey(key), next);
    assert.notEqual(toHex(crypto.nextKey(next)), toHex(key));
  });
});
