/** What begins a silence, and what does not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { ByteWriter } from '../../../core/protocol/bytes.ts';
import { Connection } from '../../../core/protocol/connection.ts';

const crypto = new SodiumCrypto();
const keys = { send: new Uint8Array(32).fill(1), receive: new Uint8Array(32).fill(2) };
const silenceMs = 2500;

function connect(ownKeys: typeof keys): Connection {
  return new Connection({
    crypto,
    scratch: new ByteWriter(1200),
    keys: ownKeys,
    version: 1,
    remoteConnectionId: new Uint8Array(8),
    remoteAddress: { host: '192.0.2.1', port: 5000 },
    remoteIdentity: new Uint8Array(32),
    rttMs: 20,
    timing: { silenceMs, keepaliveMs: undefined, idleTimeoutMs: 45_000 },
    now: 0,
  });
}

function transmit(connection: Connection, now: number): readonly Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (;;) {
    const packet = connection.pollTransmit(now);
    if (packet === undefined) return packets;
    packets.push(packet);
  }
}

test('a probe that was lost after its content had arrived begins no silence', () => {
  const left = connect(keys);
  const right = connect({ send: keys.receive, receive: keys.send });
  left.send(0, new TextEncoder().encode('hello'));
  for (const packet of transmit(left, 0)) right.receive(packet, 0);
  // The first acknowledgement is lost, and so is the probe that carries the message again; the ping behind it arrives.
  transmit(right, 25);
  const probedAt = left.pollTimeout() ?? 0;
  left.handleTimeout(probedAt);
  const [again, ping] = transmit(left, probedAt);
  assert.ok(again !== undefined && ping !== undefined);
  right.receive(ping, probedAt);
  right.handleTimeout(probedAt + 25);
  for (const packet of transmit(right, probedAt + 25)) left.receive(packet, probedAt + 25);
  for (let now = probedAt + 25; now < probedAt + 2 * silenceMs; now += 5) {
    left.handleTimeout(now);
    assert.deepEqual(transmit(left, now), []);
  }
  assert.equal(left.pollEvent(), undefined);
});

test('a peer is probed several times before it counts as silent, however slow it once was', () => {
  const left = connect(keys);
  const right = connect({ send: keys.receive, receive: keys.send });
  left.send(0, new TextEncoder().encode('hello'));
  for (const packet of transmit(left, 0)) right.receive(packet, 0);
  right.handleTimeout(25);
  const stalledMs = silenceMs - 100;
  for (const packet of transmit(right, 25)) left.receive(packet, stalledMs);
  left.send(0, new TextEncoder().encode('are you back?'));
  transmit(left, stalledMs);
  let probeCount = 0;
  for (let now = stalledMs; now < stalledMs + silenceMs; now++) {
    left.handleTimeout(now);
    if (transmit(left, now).length > 0) probeCount++;
  }
  assert.equal(left.pollEvent(), undefined);
  assert.equal(probeCount, 4);
});
