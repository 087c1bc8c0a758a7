/** Handshakes without end keep nobody out who comes from elsewhere, and nobody who was there before. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formOf, type Host, Pair, patient } from '../protocol/pair.ts';
import { Flood } from './flood.ts';

const latencyMs = 10;

/** Key agreements that the server has made for the flood. */
function agreements(server: Host): number {
  return server.endpoint.drops.get('forged') ?? 0;
}

/** Whether a connection of the client stands after so many round trips, in which the flood goes on. */
function connectsIn(roundTrips: number, pair: Pair, flood: (ms: number) => void): boolean {
  const link = pair.connect({ identity: pair.server.identity.publicKey });
  flood(2 * latencyMs * roundTrips);
  return pair.client.links.includes(link);
}

/** A host that is another one each time, and in IPv6 of another site. */
function anyHost(at: number): string {
  return at % 2 === 0
    ? `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`
    : `2001:${at.toString(16)}::1`;
}

// docs/PROTOCOL.md §10.
describe('a flood of handshakes', () => {
  it('from one address costs 20 key agreements a second, and others connect as ever', () => {
    const pair = new Pair({ latencyMs });
    const flood = new Flood(pair, pair.server, { perSecond: 500, hostOf: () => '198.51.100.66' });
    flood.run(3000);
    assert.ok(connectsIn(2, pair, (ms) => flood.run(ms)));
    assert.ok(agreements(pair.server) <= 40 + 20 * 3.1, `${agreements(pair.server)}`);
    assert.ok((pair.server.endpoint.drops.get('rateLimited') ?? 0) > 1000);
  });

  it('from one IPv6 site, each from another /64, costs 80 a second, and others connect as ever', () => {
    const pair = new Pair({ latencyMs });
    const hostOf = (at: number): string => `2001:db8:1:${at.toString(16)}::1`;
    const flood = new Flood(pair, pair.server, { perSecond: 500, hostOf });
    flood.run(3000);
    assert.ok(connectsIn(2, pair, (ms) => flood.run(ms)));
    assert.ok(agreements(pair.server) <= 160 + 80 * 3.1, `${agreements(pair.server)}`);
    assert.ok((pair.server.endpoint.drops.get('networkRateLimited') ?? 0) > 500);
  });

  it('from everywhere keeps strangers waiting, but nobody who was there before', () => {
    const pair = new Pair({ latencyMs });
    const flood = new Flood(pair, pair.server, { perSecond: 1000, hostOf: anyHost });
    pair.connected();
    flood.run(3000);
    assert.ok(connectsIn(1, pair, (ms) => flood.run(ms)));
    assert.ok(agreements(pair.server) <= 200 + 100 * 3.1, `${agreements(pair.server)}`);
    assert.ok((pair.server.endpoint.drops.get('totalRateLimited') ?? 0) > 2000);
    pair.restartClient();
    assert.ok(!connectsIn(2, pair, (ms) => flood.run(ms)));
    pair.run(5000);
    assert.equal(pair.client.links.length, 1);
  });

  it('from everywhere with tokens keeps nobody waiting: they are strangers then', () => {
    const pair = new Pair({ latencyMs });
    pair.connected();
    const flood = new Flood(pair, pair.server, {
      perSecond: 1000,
      hostOf: anyHost,
      proof: 'token',
    });
    flood.run(3000);
    const before = pair.sent.length;
    assert.ok(connectsIn(2, pair, (ms) => flood.run(ms)));
    const toClient = pair.sent.slice(before).filter(({ to }) => to.port === 5000);
    assert.ok(toClient.some(({ datagram }) => formOf(datagram) === 'retry'));
    assert.ok(agreements(pair.server) <= 200 + 100 * 3.1, `${agreements(pair.server)}`);
  });
});

describe('a classroom', () => {
  /** Pupils who begin to connect in this instant. */
  function pupilsOf(pair: Pair, count: number, hostOf: (at: number) => string): readonly Host[] {
    const pupils = Array.from({ length: count }, (_, at) =>
      pair.add({ seed: 100 + at, address: { host: hostOf(at), port: 1024 + at } }),
    );
    const target = { address: pair.server.address, identity: undefined, timing: patient };
    for (const { endpoint } of pupils) endpoint.connect({ ...target, timeoutMs: 5000 }, 0);
    return pupils;
  }

  for (const [family, hostOf] of [
    ['an IPv4 address', () => '198.51.100.1'],
    ['an IPv6 segment', (at: number) => `2001:db8::${at.toString(16)}`],
  ] as const) {
    it(`of 40 behind ${family} connects at once`, () => {
      const pair = new Pair({ latencyMs });
      const pupils = pupilsOf(pair, 40, hostOf);
      pair.run(4 * latencyMs);
      assert.ok(pupils.every(({ links }) => links.length === 1));
    });
  }

  it('of 100 behind one address connects within five seconds', () => {
    const pair = new Pair({ latencyMs });
    const pupils = pupilsOf(pair, 100, () => '198.51.100.1');
    pair.run(5000);
    assert.equal(pupils.filter(({ links }) => links.length === 1).length, 100);
  });
});

describe('whoever opens connections', () => {
  it('has as many at one address as it may; there are others for others', () => {
    const pair = new Pair({ latencyMs, admission: { addressConnections: 3 } });
    for (let at = 0; at < 5; at++) pair.connect();
    pair.run(1000);
    assert.equal(pair.server.endpoint.connectionCount, 3);
    assert.ok((pair.server.endpoint.drops.get('addressFull') ?? 0) > 0);
    const neighbour = pair.add({ seed: 3, address: { host: '192.0.2.3', port: 5000 } });
    const target = { address: pair.server.address, identity: undefined, timing: patient };
    neighbour.endpoint.connect({ ...target, timeoutMs: 5000 }, pair.now);
    pair.run(1000);
    assert.equal(neighbour.links.length, 1);
    pair.client.endpoint.close(pair.client.links[0] ?? 0, 0, 'done');
    pair.run(4000);
    assert.equal(pair.server.endpoint.connectionCount, 4);
  });

  it('gets the last one although its RESPONSE is lost', () => {
    const pair = new Pair({ latencyMs, admission: { addressConnections: 1 } });
    let losses = 2;
    pair.route = (flight) =>
      formOf(flight.datagram) === 'response' && losses-- > 0 ? [] : [flight];
    pair.connect();
    pair.run(1000);
    assert.equal(pair.client.links.length, 1);
  });

  it('holds half-open ones, too, until they are forgotten', () => {
    const pair = new Pair({ latencyMs, admission: { addressConnections: 3 } });
    pair.route = (flight) => (formOf(flight.datagram) === 'data' ? [] : [flight]);
    for (let at = 0; at < 5; at++) pair.connect({ timeoutMs: 1000 });
    pair.run(2000);
    assert.equal(pair.server.endpoint.connectionCount, 3);
    pair.run(4000);
    assert.equal(pair.server.endpoint.connectionCount, 0);
    pair.route = (flight) => [flight];
    pair.connected();
  });
});
