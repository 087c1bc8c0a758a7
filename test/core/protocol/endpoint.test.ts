import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../support/random.ts';
import { type Flight, formOf, Pair, patient, utf8 } from './pair.ts';

/** A datagram with its last bit flipped. */
function forged(datagram: Uint8Array): Uint8Array {
  const copy = datagram.slice();
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}

describe('an endpoint', () => {
  it('carries messages both ways, each conversation in order', () => {
    const pair = new Pair();
    const { client, server } = pair.connected();
    for (let at = 0; at < 50; at++) {
      assert.ok(pair.client.endpoint.send(client, at % 3, utf8(`ping ${at}`)));
      assert.ok(pair.server.endpoint.send(server, 0, utf8(`pong ${at}`)));
    }
    pair.run(200);
    assert.deepEqual(
      pair.client.texts,
      Array.from({ length: 50 }, (_, at) => `pong ${at}`),
    );
    assert.deepEqual(
      pair.server.texts,
      Array.from({ length: 50 }, (_, at) => `ping ${at}`),
    );
  });

  it('delivers everything once and in order through a network that loses, doubles and reorders', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new Random(seed);
        const pair = new Pair();
        const { client } = pair.connected();
        const held: Flight[] = [];
        pair.route = (flight) => {
          if (random.chance(0.2)) return [];
          if (random.chance(0.1)) {
            held.push(flight);
            return [];
          }
          return [flight, ...held.splice(0), ...(random.chance(0.1) ? [flight] : [])];
        };
        const sent = Array.from(
          { length: 40 },
          (_, at) => `${at} ${'x'.repeat(random.below(3000))}`,
        );
        for (const text of sent) pair.client.endpoint.send(client, 0, utf8(text));
        pair.run(40_000);
        assert.deepEqual(pair.server.texts, sent);
      }),
      { numRuns: 15 },
    );
  });

  it('fills a long path without flooding a short one: the window opens with what arrives', () => {
    const pair = new Pair({ latencyMs: 50 });
    const { client } = pair.connected();
    const bytes = 300_000;
    const before = pair.sent.length;
    for (let at = 0; at < bytes / 1000; at++) {
      pair.client.endpoint.send(client, 0, new Uint8Array(1000));
    }
    pair.run(1);
    const atOnce = pair.sent.slice(before).reduce((sum, { datagram }) => sum + datagram.length, 0);
    assert.ok(atOnce > 10_000 && atOnce <= 12_000, `${atOnce} bytes at once`);
    pair.run(1000);
    assert.equal(pair.server.eventsOf('messageReceived').length, bytes / 1000);
  });

  it('says that a link has ended, instead of taking messages for it', () => {
    const pair = new Pair();
    const { client } = pair.connected();
    pair.client.endpoint.close(client, 0, 'done');
    assert.equal(pair.client.endpoint.send(client, 0, utf8('late')), false);
    assert.equal(pair.client.endpoint.send(999, 0, utf8('never was')), false);
    pair.run(100);
    assert.equal(pair.client.endpoint.connectionCount, 0);
    assert.equal(pair.server.endpoint.connectionCount, 0);
    const [closed] = pair.server.eventsOf('closed');
    assert.deepEqual([closed?.by, closed?.reason], ['peer', 'done']);
  });

  it('keeps many connections apart', () => {
    const pair = new Pair();
    const links = Array.from({ length: 20 }, () => pair.connected());
    for (const { client } of links) pair.client.endpoint.send(client, 0, utf8(`to ${client}`));
    pair.run(100);
    const received = pair.server.eventsOf('messageReceived').map(({ link }) => link);
    assert.deepEqual(
      received,
      links.map(({ server }) => server),
    );
  });

  it('refuses connections beyond its bound, and takes one again when one has ended', () => {
    const pair = new Pair();
    const links = Array.from({ length: 100 }, () => pair.connected());
    pair.connect({ timeoutMs: 300 });
    pair.run(1000);
    assert.equal(pair.server.endpoint.connectionCount, 100);
    assert.ok((pair.server.endpoint.drops.get('connectionsFull') ?? 0) > 0);
    pair.client.endpoint.close(links[0]?.client ?? 0, 0, 'done');
    pair.run(100);
    pair.connected();
    assert.equal(pair.server.endpoint.connectionCount, 100);
  });

  it('tells a datagram of a connection from another address, and of no connection', () => {
    const pair = new Pair();
    const { client } = pair.connected();
    pair.client.endpoint.send(client, 0, utf8('hello'));
    pair.run(100);
    const packet = pair.newest('data');
    const toServer = pair.sent.findLast(({ to }) => to === pair.server.address) ?? packet;
    const toClient = pair.sent.findLast(({ to }) => to.host === pair.client.address.host) ?? packet;
    pair.inject({ ...toClient, from: { host: '192.0.2.66', port: 1 } });
    pair.inject(toServer);
    pair.inject({ ...toServer, datagram: forged(toServer.datagram) });
    pair.inject({ ...toServer, datagram: toServer.datagram.subarray(0, 29) });
    pair.run(20);
    const { drops } = pair.server.endpoint;
    assert.equal(pair.client.endpoint.drops.get('wrongAddress'), 1);
    assert.equal(drops.get('replayed'), 2);
    assert.equal(drops.get('malformed'), 1);
    assert.deepEqual(pair.server.texts, ['hello']);
  });

  it('counts a forgery that bears a new packet number', () => {
    const pair = new Pair();
    const { client } = pair.connected();
    pair.route = (flight) =>
      formOf(flight.datagram) === 'data' && flight.to === pair.server.address
        ? [{ ...flight, datagram: forged(flight.datagram) }]
        : [flight];
    pair.client.endpoint.send(client, 0, utf8('hello'));
    pair.run(10);
    assert.equal(pair.server.endpoint.drops.get('forged'), 1);
    assert.deepEqual(pair.server.texts, []);
  });

  it('asks for a sign of life and hears it', () => {
    const pair = new Pair();
    const { server } = pair.connected();
    pair.server.endpoint.ping(server);
    pair.run(100);
    assert.deepEqual(pair.server.eventsOf('answered'), [{ type: 'answered', link: server }]);
  });

  it('ends what is idle, on both sides', () => {
    const pair = new Pair({ timing: { ...patient, idleTimeoutMs: 45_000 } });
    pair.connected();
    pair.route = () => [];
    pair.run(46_000);
    assert.equal(pair.client.eventsOf('closed')[0]?.by, 'idle');
    assert.equal(pair.server.eventsOf('closed')[0]?.by, 'idle');
    assert.equal(pair.client.endpoint.pollTimeout(), undefined);
    assert.equal(pair.server.endpoint.pollTimeout(), undefined);
  });
});

// docs/PROTOCOL.md §6.
describe('a reset', () => {
  it('from a restarted peer of the same identity ends the connection at its next packet', () => {
    const pair = new Pair();
    const { client } = pair.connected();
    pair.restartServer();
    pair.client.endpoint.send(client, 0, utf8('still there?'));
    pair.run(40);
    const [closed] = pair.client.eventsOf('closed');
    assert.deepEqual([closed?.by, closed?.link], ['reset', client]);
    assert.equal(pair.client.endpoint.connectionCount, 0);
    assert.equal(pair.newest('reset').datagram.length, 17);
  });

  it('from a process of another identity, or with any other token, ends nothing', () => {
    const pair = new Pair();
    const { client } = pair.connected();
    pair.replace(pair.server, 66);
    pair.client.endpoint.send(client, 0, utf8('still there?'));
    pair.run(1000);
    assert.ok(pair.count('reset') > 0);
    assert.deepEqual(pair.client.eventsOf('closed'), []);
    assert.ok((pair.client.endpoint.drops.get('unexpected') ?? 0) > 0);
  });

  it('from an auxiliary process of the same identity ends nothing', () => {
    const pair = new Pair();
    const address = { host: '192.0.2.1', port: 5001 };
    const sibling = pair.add({ seed: 1, address, isAuxiliary: true });
    const { server } = pair.connected();
    pair.server.endpoint.send(server, 0, utf8('hello'));
    pair.run(100);
    // Whoever watches the path has the sibling answer a packet of the connection.
    const seen = pair.sent.findLast(({ to }) => to === pair.client.address) ?? assert.fail();
    pair.inject({ ...seen, from: pair.server.address, to: sibling.address });
    pair.run(100);
    assert.deepEqual(pair.newest('reset').to, pair.server.address);
    assert.deepEqual(pair.server.eventsOf('closed'), []);
    assert.equal(pair.server.endpoint.drops.get('unexpected'), 1);
  });

  it('answers only what could be a data packet, with less, and at most 200 times a second', () => {
    const pair = new Pair();
    const { endpoint } = pair.server;
    const from = { host: '198.51.100.7', port: 7 };
    endpoint.receive(new Uint8Array(29).fill(0x41), from, 0);
    assert.equal(endpoint.pollTransmit(0), undefined);
    const stray = new Uint8Array(30).fill(0x41);
    const resetsAt = (now: number): number => {
      for (let at = 0; at < 500; at++) endpoint.receive(stray, from, now);
      let count = 0;
      while (endpoint.pollTransmit(now) !== undefined) count++;
      return count;
    };
    assert.deepEqual([resetsAt(0), resetsAt(999), resetsAt(1000)], [200, 0, 200]);
  });
});
