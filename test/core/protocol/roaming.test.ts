/** A peer that changes its address, its way or its keys in the middle of a conversation. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Pair, patient, utf8 } from './pair.ts';
import { eventsOf, peerAddress, Two, transmits } from './two.ts';

const elsewhere = { host: '203.0.113.9', port: 40_000 };

function texts(count: number, prefix = ''): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}${at}`);
}

/** Both sides talk while the client moves. */
function talkWhileMoving(pair: Pair, move: () => void): void {
  const { client, server } = pair.connected();
  for (const [at, text] of texts(200).entries()) {
    if (at === 100) move();
    pair.client.endpoint.send(client, 0, utf8(text));
    pair.server.endpoint.send(server, 0, utf8(text));
    pair.run(5);
  }
  pair.run(5000);
}

describe('a client that moves in mid-stream', () => {
  for (const [what, address] of [
    ['to another port', { host: '192.0.2.1', port: 5001 }],
    ['to another address', elsewhere],
  ] as const) {
    it(`${what} loses and repeats nothing, and the server is told once`, () => {
      const pair = new Pair();
      talkWhileMoving(pair, () => {
        pair.client.address = address;
      });
      assert.deepEqual(pair.server.texts, texts(200));
      assert.deepEqual(pair.client.texts, texts(200));
      assert.deepEqual(
        pair.server.eventsOf('moved').map(({ address: to }) => to),
        [address],
      );
      assert.equal(pair.server.links.length, 1);
    });
  }

  it('gets nothing but challenges at the new address before it has answered one', () => {
    const pair = new Pair();
    const { client, server } = pair.connected();
    pair.client.address = elsewhere;
    // Nothing reaches the client there: as if somebody else had written the address on a packet.
    pair.route = (flight) => (flight.to.host === elsewhere.host ? [] : [flight]);
    pair.client.endpoint.send(client, 0, utf8('hello'));
    pair.server.endpoint.send(server, 0, new Uint8Array(50_000));
    pair.run(3000);
    const to = pair.sent.filter((flight) => flight.to.host === elsewhere.host);
    const from = pair.sent.filter((flight) => flight.from.host === elsewhere.host);
    const bytes = (flights: typeof to): number =>
      flights.reduce((sum, { datagram }) => sum + datagram.length, 0);
    assert.ok(to.length >= 1);
    assert.ok(to.every(({ datagram }) => datagram.length === 38));
    assert.ok(bytes(to) <= 3 * bytes(from));
    assert.equal(pair.server.eventsOf('moved').length, 0);
  });

  it('is not moved by whoever copies its packets and sends them from elsewhere', () => {
    const pair = new Pair();
    const { client, server } = pair.connected();
    // The copy comes first, since it takes no detour; the answer to a challenge cannot be forged.
    pair.route = (flight) =>
      flight.to.port === pair.server.address.port
        ? [{ ...flight, from: elsewhere }, flight]
        : flight.to.host === elsewhere.host
          ? []
          : [flight];
    for (const text of texts(50)) {
      pair.client.endpoint.send(client, 0, utf8(text));
      pair.server.endpoint.send(server, 0, utf8(text));
      pair.run(20);
    }
    pair.run(3000);
    assert.equal(pair.server.eventsOf('moved').length, 0);
    assert.deepEqual(pair.server.texts, texts(50));
    assert.deepEqual(pair.client.texts, texts(50));
  });
});

describe('a conversation', () => {
  it('goes on over every change of keys, with packets lost, doubled and late', () => {
    const pair = new Pair({ timing: { ...patient, keepaliveMs: 15_000 } });
    const { client, server } = pair.connected({ timing: { ...patient, keepaliveMs: 15_000 } });
    const phases = new Set<number>();
    let count = 0;
    pair.route = (flight) => {
      phases.add((flight.datagram[0] ?? 0) & 0x20);
      count++;
      if (count % 5 === 0) return [];
      return count % 7 === 0 ? [flight, flight] : [flight];
    };
    for (const text of texts(100)) {
      pair.client.endpoint.send(client, 0, utf8(text));
      pair.server.endpoint.send(server, 0, utf8(text));
      pair.run(7000);
    }
    pair.run(10_000);
    assert.deepEqual(pair.server.texts, texts(100));
    assert.deepEqual(pair.client.texts, texts(100));
    assert.deepEqual([...phases], [0, 0x20]);
  });

  it('finds the direct way beside the relay, and goes back to the relay when it dies', () => {
    const relay = { host: 'relay-00', port: 0 };
    const two = new Two({ remoteAddress: relay }, { remoteAddress: relay });
    const direct = { left: { host: '192.0.2.7', port: 7 }, right: peerAddress };
    let isDead = false;
    let relayed = 0;
    const step = (now: number): void => {
      for (const [from, to, address] of [
        [two.left, two.right, direct.left],
        [two.right, two.left, direct.right],
      ] as const) {
        from.handleTimeout(now);
        for (const { datagram, to: way } of transmits(from, now)) {
          const isDirect = way.host !== relay.host;
          assert.ok(isDirect || datagram.length <= 1100, 'the relay takes 1100 bytes');
          if (!isDirect) relayed++;
          if (!(isDirect && isDead)) to.receive(datagram, isDirect ? address : relay, now);
        }
      }
    };
    two.left.probe(direct.right, 0);
    two.right.probe(direct.left, 0);
    for (let now = 0; now < 100; now++) step(now);
    assert.deepEqual(two.left.remoteAddress, direct.right);
    assert.deepEqual(two.right.remoteAddress, direct.left);
    relayed = 0;
    two.left.send(0, new Uint8Array(3000));
    for (let now = 100; now < 200; now++) step(now);
    assert.equal(relayed, 0);
    isDead = true;
    two.left.send(0, new Uint8Array(3000));
    for (let now = 200; now < 3000; now++) step(now);
    assert.deepEqual(two.left.remoteAddress, relay);
    assert.ok(relayed > 0);
    const received = eventsOf(two.right).filter(({ type }) => type === 'messageReceived');
    assert.equal(received.length, 2);
  });
});

describe('an unreliable datagram', () => {
  it('arrives once or never, and is not sent again', () => {
    const pair = new Pair();
    const { client } = pair.connected();
    let isLost = false;
    pair.route = (flight) => (isLost ? [] : [flight, flight]);
    pair.client.endpoint.sendDatagram(client, utf8('one'));
    pair.run(100);
    isLost = true;
    pair.client.endpoint.sendDatagram(client, utf8('two'));
    pair.run(1);
    isLost = false;
    pair.run(1000);
    const received = pair.server.eventsOf('datagramReceived');
    assert.deepEqual(
      received.map(({ payload }) => new TextDecoder().decode(payload)),
      ['one'],
    );
  });

  it('is lost at once where too many wait, or where it does not fit a packet', () => {
    const pair = new Pair();
    const { client } = pair.connected();
    pair.client.endpoint.sendDatagram(client, new Uint8Array(1153));
    for (let at = 0; at < 100; at++)
      pair.client.endpoint.sendDatagram(client, new Uint8Array(1152));
    pair.run(2000);
    assert.equal(pair.server.eventsOf('datagramReceived').length, 56);
  });
});
