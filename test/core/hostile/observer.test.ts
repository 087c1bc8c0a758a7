/** What whoever watches the path learns, and what stays hidden; docs/SECURITY.md speaks of both. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '../../../core/protocol/bytes.ts';
import { decodeRetry, encodeHello } from '../../../core/protocol/handshake.ts';
import { formOf, type Host, Pair, utf8 } from '../protocol/pair.ts';

/** Whether bytes stand anywhere in a datagram. */
function holds(datagram: Uint8Array, bytes: Uint8Array): boolean {
  return toHex(datagram).includes(toHex(bytes));
}

/** Somebody on the path who answers in the server's place whatever is sent to it. */
function interpose(pair: Pair): Host {
  const mallory = pair.add({ seed: 3, address: { host: '198.51.100.66', port: 6666 } });
  const server = pair.server.address;
  pair.route = (flight) => {
    if (flight.to === server) return [{ ...flight, to: mallory.address }];
    return [flight.from === mallory.address ? { ...flight, from: server } : flight];
  };
  return mallory;
}

describe('whoever asks at an address', () => {
  it('is told which identity answers there', () => {
    const { server } = new Pair();
    const stranger = { host: '203.0.113.9', port: 9 };
    const hello = encodeHello({ versions: [1], nonce: new Uint8Array(8) });
    server.endpoint.receive(hello, stranger, 0);
    const answer = server.endpoint.pollTransmit(0)?.datagram ?? assert.fail();
    assert.deepEqual(decodeRetry(answer)?.identity, server.identity.publicKey);
  });
});

describe('whoever watches the path', () => {
  it('sees who is called, and not who calls', () => {
    const pair = new Pair();
    pair.connected();
    const { publicKey, agreement } = pair.client.identity;
    for (const { datagram } of pair.sent) {
      assert.ok(!holds(datagram, publicKey), formOf(datagram));
      assert.ok(!holds(datagram, agreement.publicKey), formOf(datagram));
    }
    assert.ok(holds(pair.newest('retry').datagram, pair.server.identity.publicKey));
  });

  it('knows a client that has moved by its connection id', () => {
    const pair = new Pair();
    const { client } = pair.connected();
    const speak = (): string => {
      pair.client.endpoint.send(client, 0, utf8('hello'));
      pair.run(100);
      const packet = pair.sent.findLast(({ to }) => to === pair.server.address);
      return toHex(packet?.datagram.subarray(1, 9) ?? assert.fail());
    };
    const before = speak();
    pair.client.address = { host: '203.0.113.9', port: 40_000 };
    assert.equal(speak(), before);
  });

  it('sees how long a message is', () => {
    const pair = new Pair();
    const { client } = pair.connected();
    const lengthOf = (bytes: number): number => {
      const before = pair.sent.length;
      pair.client.endpoint.send(client, 0, new Uint8Array(bytes));
      pair.run(100);
      return Math.max(...pair.sent.slice(before).map(({ datagram }) => datagram.length));
    };
    assert.equal(lengthOf(600) - lengthOf(500), 100);
  });

  it('can take the place of a responder at first contact, and at no later one', () => {
    const pair = new Pair();
    const { publicKey } = pair.server.identity;
    const mallory = interpose(pair);
    pair.connect();
    pair.run(5000);
    assert.deepEqual(
      pair.client.eventsOf('connected').map(({ identity }) => identity),
      [mallory.identity.publicKey],
    );
    pair.connect({ identity: publicKey });
    pair.run(6000);
    assert.equal(pair.client.links.length, 1);
    assert.deepEqual(
      pair.client.eventsOf('handshakeFailed').map(({ failure }) => failure),
      [{ type: 'keyChanged', identity: mallory.identity.publicKey }],
    );
  });
});
