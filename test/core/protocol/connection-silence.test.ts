/** What begins a silence, what does not, and when somebody asks for a sign of life (docs/PROTOCOL.md §6). */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../../core/protocol/connection.ts';
import { connectionOf, peerAddress, transmitted } from './two.ts';

const silenceMs = 2500;

function connect(isLeft: boolean): Connection {
  return connectionOf(isLeft, {
    timing: { silenceMs, keepaliveMs: undefined, idleTimeoutMs: 45_000 },
  });
}

test('a probe that was lost after its content had arrived begins no silence', () => {
  const left = connect(true);
  const right = connect(false);
  left.send(0, new TextEncoder().encode('hello'));
  for (const packet of transmitted(left, 0)) right.receive(packet, peerAddress, 0);
  // The first acknowledgement is lost, and so is the probe that carries the message again; the ping behind it arrives.
  transmitted(right, 25);
  const probedAt = left.pollTimeout() ?? 0;
  left.handleTimeout(probedAt);
  const [again, ping] = transmitted(left, probedAt);
  assert.ok(again !== undefined && ping !== undefined);
  right.receive(ping, peerAddress, probedAt);
  right.handleTimeout(probedAt + 25);
  for (const packet of transmitted(right, probedAt + 25))
    left.receive(packet, peerAddress, probedAt + 25);
  for (let now = probedAt + 25; now < probedAt + 2 * silenceMs; now += 5) {
    left.handleTimeout(now);
    assert.deepEqual(transmitted(left, now), []);
  }
  assert.equal(left.pollEvent(), undefined);
});

test('a peer is probed several times before it counts as silent, however slow it once was', () => {
  const left = connect(true);
  const right = connect(false);
  left.send(0, new TextEncoder().encode('hello'));
  for (const packet of transmitted(left, 0)) right.receive(packet, peerAddress, 0);
  right.handleTimeout(25);
  const stalledMs = silenceMs - 100;
  for (const packet of transmitted(right, 25)) left.receive(packet, peerAddress, stalledMs);
  left.send(0, new TextEncoder().encode('are you back?'));
  transmitted(left, stalledMs);
  let probeCount = 0;
  for (let now = stalledMs; now < stalledMs + silenceMs; now++) {
    left.handleTimeout(now);
    if (transmitted(left, now).length > 0) probeCount++;
  }
  assert.equal(left.pollEvent(), undefined);
  assert.equal(probeCount, 4);
});

test('who awaits more than an ACK asks for a sign of life after every second of quiet, and else with its keepalive', () => {
  let awaits = true;
  const keepaliveMs = 15_000;
  const left = connectionOf(true, {
    timing: { silenceMs, keepaliveMs, idleTimeoutMs: 45_000, awaitsAnswer: () => awaits },
  });
  const right = connect(false);
  const askedAt: number[] = [];
  left.send(0, new TextEncoder().encode('a request'));
  for (let now = 0; now < 40_000; now += 5) {
    if (now === 4500) awaits = false;
    left.handleTimeout(now);
    right.handleTimeout(now);
    for (const packet of transmitted(left, now)) {
      askedAt.push(now);
      right.receive(packet, peerAddress, now);
    }
    for (const packet of transmitted(right, now)) left.receive(packet, peerAddress, now);
  }
  assert.deepEqual(askedAt, [0, 1025, 2025, 3025, 4025, 19_025, 34_025]);
  assert.equal(left.pollEvent(), undefined);
});

test('who awaits more than an ACK knows a second and a silence later that nobody is there', () => {
  const timing = { silenceMs, keepaliveMs: undefined, idleTimeoutMs: 45_000 };
  const left = connectionOf(true, { timing: { ...timing, awaitsAnswer: () => true } });
  const right = connect(false);
  left.send(0, new TextEncoder().encode('a request'));
  for (const packet of transmitted(left, 0)) right.receive(packet, peerAddress, 0);
  right.handleTimeout(25);
  for (const packet of transmitted(right, 25)) left.receive(packet, peerAddress, 25);
  let silentAt: number | undefined;
  for (let now = 25; silentAt === undefined && now < 10_000; now += 5) {
    left.handleTimeout(now);
    transmitted(left, now);
    if (left.pollEvent()?.type === 'silenceExceeded') silentAt = now;
  }
  assert.equal(silentAt, 1025 + silenceMs);
});
