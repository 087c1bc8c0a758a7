import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromHex, toHex } from '../../../core/protocol/bytes.ts';
import { type Flight, formOf, type Network, Pair, patient, utf8 } from './pair.ts';

/** Changes datagrams of one form and leaves the others alone. */
function mangle(
  network: Network,
  form: string,
  change: (datagram: Uint8Array) => readonly Uint8Array[],
): void {
  network.route = (flight) =>
    formOf(flight.datagram) === form
      ? change(flight.datagram.slice()).map((datagram) => ({ ...flight, datagram }))
      : [flight];
}

function flipped(datagram: Uint8Array, at: number): Uint8Array {
  const copy = datagram.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** A data packet of the connection that a RESPONSE announced; nobody can open it. */
function strayOf(response: Flight): Flight {
  const datagram = new Uint8Array(40);
  datagram[0] = 0x41;
  datagram.set(response.datagram.subarray(1, 9), 1);
  return { ...response, datagram };
}

// docs/PROTOCOL.md §3.
describe('a handshake', () => {
  it('makes a connection in two round trips, and each side knows the other’s key', () => {
    const pair = new Pair({ latencyMs: 10 });
    const link = pair.connect();
    pair.run(40);
    assert.deepEqual(pair.client.events, [
      {
        type: 'connected',
        link,
        initiated: true,
        identity: pair.server.identity.publicKey,
        address: pair.server.address,
      },
    ]);
    assert.deepEqual(pair.server.events, []);
    pair.run(10);
    assert.deepEqual(pair.server.events, [
      {
        type: 'connected',
        link: 1,
        initiated: false,
        identity: pair.client.identity.publicKey,
        address: pair.client.address,
      },
    ]);
  });

  it('answers no datagram with a longer one', () => {
    const pair = new Pair();
    pair.connected();
    for (const { from, datagram } of pair.sent) {
      const limit = formOf(datagram) === 'data' ? 1200 : from === pair.server.address ? 200 : 1200;
      assert.ok(datagram.length <= limit, formOf(datagram));
    }
    assert.equal(pair.newest('hello').datagram.length, 1200);
    assert.equal(pair.newest('init').datagram.length, 1200);
  });

  for (const form of ['hello', 'retry', 'init', 'response']) {
    it(`survives the loss of the first five ${form} datagrams`, () => {
      const pair = new Pair();
      let losses = 5;
      mangle(pair, form, (datagram) => (losses-- > 0 ? [] : [datagram]));
      pair.connect();
      pair.run(4000);
      assert.deepEqual([pair.client.links.length, pair.server.links.length], [1, 1]);
    });

    it(`makes one connection of many copies of each ${form}`, () => {
      const pair = new Pair();
      mangle(pair, form, (datagram) => [datagram, datagram, datagram]);
      pair.connect();
      pair.run(1000);
      assert.deepEqual([pair.client.links.length, pair.server.links.length], [1, 1]);
      assert.equal(pair.server.endpoint.connectionCount, 1);
    });

    it(`takes no ${form} in which a bit is changed, and waits for the real one`, () => {
      const pair = new Pair();
      let forgeries = 2;
      // A bit of the last 16 bytes that mean something: a nonce, a key or a tag.
      const at = { hello: 8, retry: 70, init: 160, response: 60 }[form] ?? 0;
      mangle(pair, form, (datagram) =>
        forgeries-- > 0 ? [flipped(datagram, Math.min(at, datagram.length - 1))] : [datagram],
      );
      pair.connect({ identity: pair.server.identity.publicKey });
      pair.run(4000);
      assert.deepEqual([pair.client.links.length, pair.server.links.length], [1, 1]);
    });
  }

  it('tries with two copies at 0, 100, 300, 700, 1500 and 3100 ms, and then gives up', () => {
    const pair = new Pair();
    const instants: number[] = [];
    pair.route = () => {
      instants.push(pair.now);
      return [];
    };
    const link = pair.connect();
    pair.run(6000);
    assert.deepEqual(instants, [0, 0, 100, 100, 300, 300, 700, 700, 1500, 1500, 3100, 3100]);
    const failure = { type: 'timeout' };
    assert.deepEqual(pair.client.events, [{ type: 'handshakeFailed', link, failure }]);
    assert.equal(pair.client.endpoint.pollTimeout(), undefined);
  });

  it('can be given up without a word', () => {
    const pair = new Pair();
    const link = pair.connect();
    pair.client.endpoint.abort(link);
    pair.run(6000);
    assert.deepEqual(pair.client.events, []);
    assert.equal(pair.client.endpoint.drops.get('unexpected'), 2);
  });

  it('is answered with the same RESPONSE when the INIT comes again', () => {
    const pair = new Pair();
    pair.connected();
    const init = pair.newest('init');
    const response = pair.newest('response');
    const before = pair.count('response');
    pair.inject(init);
    pair.run(20);
    assert.equal(pair.count('response'), before + 1);
    assert.deepEqual(pair.newest('response').datagram, response.datagram);
    assert.equal(pair.server.endpoint.connectionCount, 1);
  });

  it('is its sender’s, although somebody on the way comes first with a copy and a cookie of their own', () => {
    const pair = new Pair();
    const thief = { host: '192.0.2.66', port: 5000 };
    const held: Flight[] = [];
    pair.route = (flight) => {
      if (formOf(flight.datagram) !== 'init') return [flight];
      held.push(flight);
      return [];
    };
    const link = pair.connect();
    pair.run(25);
    pair.inject({ ...pair.newest('hello'), from: thief });
    pair.run(15);
    const cookie = pair.newest('retry').datagram.subarray(12, 32);
    const [init] = held;
    assert.ok(init);
    const copy = init.datagram.slice();
    copy.set(cookie, 13);
    pair.inject({ ...init, from: thief, datagram: copy });
    pair.run(15);
    pair.route = (flight) => [flight];
    for (const flight of held) pair.inject(flight);
    pair.run(100);
    assert.deepEqual(pair.client.links, [link]);
    assert.equal(pair.server.links.length, 1);
  });

  it('takes no INIT whose cookie is 15 seconds old or another address’s', () => {
    const pair = new Pair();
    pair.connected();
    const init = pair.newest('init');
    pair.inject({ ...init, from: { host: '192.0.2.66', port: 5000 } });
    pair.run(16_000);
    pair.inject(init);
    pair.run(20);
    assert.equal(pair.server.endpoint.drops.get('staleCookie'), 2);
    assert.equal(pair.server.endpoint.connectionCount, 1);
  });

  it('begins anew with a responder that has restarted in the middle and knows no cookie of before', () => {
    const pair = new Pair();
    mangle(pair, 'init', () => []);
    pair.connect();
    pair.run(300);
    pair.route = (flight) => [flight];
    pair.restartServer();
    pair.run(3000);
    assert.ok((pair.server.endpoint.drops.get('staleCookie') ?? 0) > 0);
    assert.deepEqual([pair.client.links.length, pair.server.links.length], [1, 1]);
  });

  it('is not led astray for good by a RETRY with a forged cookie', () => {
    const pair = new Pair();
    let forgeries = 2;
    mangle(pair, 'retry', (datagram) =>
      forgeries-- > 0 ? [flipped(datagram, 20), datagram] : [datagram],
    );
    pair.connect({ identity: pair.server.identity.publicKey });
    pair.run(3000);
    assert.ok((pair.server.endpoint.drops.get('staleCookie') ?? 0) > 0);
    assert.equal(pair.client.links.length, 1);
  });

  it('yields a connection each way when both sides begin at once', () => {
    const pair = new Pair();
    const target = { address: pair.client.address, identity: undefined };
    const back = pair.server.endpoint.connect({ ...target, timing: patient, timeoutMs: 5000 }, 0);
    const there = pair.connect();
    pair.run(300);
    assert.equal(pair.client.links.length, 2);
    assert.equal(pair.server.links.length, 2);
    pair.client.endpoint.send(there, 0, utf8('there'));
    pair.server.endpoint.send(back, 0, utf8('back'));
    pair.run(300);
    assert.deepEqual(pair.server.texts, ['there']);
    assert.deepEqual(pair.client.texts, ['back']);
  });
});

describe('a half-open connection', () => {
  it('is told of by the initiator’s first packet, and not before', () => {
    const pair = new Pair();
    mangle(pair, 'data', () => []);
    pair.connect();
    pair.run(1000);
    assert.equal(pair.client.links.length, 1);
    assert.equal(pair.server.endpoint.connectionCount, 1);
    assert.deepEqual(pair.server.events, []);
  });

  it('is forgotten after five seconds without a word, and its INIT revives nothing', () => {
    const pair = new Pair();
    mangle(pair, 'data', () => []);
    pair.connect();
    pair.run(5100);
    assert.equal(pair.server.endpoint.connectionCount, 0);
    pair.inject(pair.newest('init'));
    pair.run(100);
    assert.equal(pair.server.endpoint.connectionCount, 0);
    assert.deepEqual(pair.server.events, []);
  });

  it('ends without an event when it is closed or reset', () => {
    for (const end of ['close', 'reset'] as const) {
      const pair = new Pair();
      mangle(pair, 'data', () => []);
      pair.connect();
      pair.run(100);
      assert.equal(pair.server.endpoint.connectionCount, 1);
      if (end === 'close') {
        pair.server.endpoint.closeAll(20, 'over');
      } else {
        pair.restartClient();
        pair.inject(strayOf(pair.newest('response')));
      }
      pair.run(100);
      assert.equal(pair.server.endpoint.connectionCount, 0, end);
      assert.deepEqual(pair.server.events, [], end);
    }
  });
});

describe('the responder’s key', () => {
  it('must be the expected one; another is told of when the time is up, and not before', () => {
    const pair = new Pair();
    const expected = new Uint8Array(32).fill(9);
    const link = pair.connect({ identity: expected });
    pair.run(4999);
    assert.deepEqual(pair.client.events, []);
    pair.run(1);
    const failure = { type: 'keyChanged', identity: pair.server.identity.publicKey };
    assert.deepEqual(pair.client.events, [{ type: 'handshakeFailed', link, failure }]);
    assert.equal(pair.count('init'), 0);
  });

  it('that somebody forges into a RETRY does not keep the real responder from answering', () => {
    const pair = new Pair();
    let forgeries = 1;
    mangle(pair, 'retry', (datagram) => {
      if (forgeries-- <= 0) return [datagram];
      const forged = datagram.slice();
      forged.set(new Uint8Array(32).fill(9), forged.length - 32);
      return [forged];
    });
    pair.connect({ identity: pair.server.identity.publicKey });
    pair.run(1000);
    assert.equal(pair.client.links.length, 1);
  });

  it('cannot be claimed by who does not hold it', () => {
    const pair = new Pair();
    const mallory = pair.replace(pair.server, 66);
    mangle(pair, 'retry', (datagram) => {
      const forged = datagram.slice();
      forged.set(pair.server.identity.publicKey, forged.length - 32);
      return [forged];
    });
    pair.connect({ identity: pair.server.identity.publicKey });
    pair.run(6000);
    assert.equal(pair.client.links.length, 0);
    assert.ok((mallory.endpoint.drops.get('forged') ?? 0) > 0);
  });
});

describe('the version', () => {
  it('that nobody shares ends the handshake when the time is up', () => {
    const pair = new Pair();
    mangle(pair, 'hello', (datagram) => {
      const older = datagram.slice();
      older[2] = 31;
      return [older];
    });
    const link = pair.connect();
    pair.run(5000);
    const failure = { type: 'version', versions: [1] };
    assert.deepEqual(pair.client.events, [{ type: 'handshakeFailed', link, failure }]);
  });

  it('lists cannot be changed on the way, since both sides hash what they saw', () => {
    // The offer in HELLO counts for nothing by itself, the one in INIT is part of the prologue.
    for (const [form, at] of [
      ['retry', 11],
      ['init', 2],
    ] as const) {
      const pair = new Pair();
      mangle(pair, form, (datagram) => [flipped(datagram, at)]);
      pair.connect();
      pair.run(6000);
      assert.equal(pair.client.links.length, 0, form);
      assert.ok((pair.server.endpoint.drops.get('forged') ?? 0) > 0, form);
    }
  });
});

describe('a stranger', () => {
  it('leaves no trace with 10,000 HELLOs, and gets answers that are shorter', () => {
    const pair = new Pair();
    pair.connect();
    pair.run(1);
    const { datagram } = pair.newest('hello');
    for (let at = 0; at < 10_000; at++) {
      const from = { host: `198.51.100.${at % 256}`, port: 1024 + at };
      pair.server.endpoint.receive(datagram, from, pair.now);
      assert.equal(pair.server.endpoint.pollTransmit(pair.now)?.datagram.length, 63 + 1);
    }
    assert.equal(pair.server.endpoint.pollTransmit(pair.now), undefined);
    assert.equal(pair.server.endpoint.connectionCount, 0);
    assert.equal(pair.server.endpoint.pollTimeout(), undefined);
    assert.equal(pair.server.endpoint.pollEvent(), undefined);
  });

  it('with cookies of its own gets no further than the bound of connections', () => {
    const unhurried = 1_000_000;
    const pair = new Pair({
      admission: {
        addressHandshakesPerSecond: unhurried,
        addressHandshakeBurst: unhurried,
        handshakesPerSecond: unhurried,
        handshakeBurst: unhurried,
      },
    });
    for (let at = 0; at < 4200; at++) pair.connect({ timeoutMs: 500 });
    mangle(pair, 'data', () => []);
    pair.run(1000);
    assert.equal(pair.server.endpoint.connectionCount, 100);
    assert.ok((pair.server.endpoint.drops.get('connectionsFull') ?? 0) > 4000);
    pair.run(6000);
    assert.equal(pair.server.endpoint.connectionCount, 0);
  });

  it('cannot send a handshake of wrong length, form or content past the counters', () => {
    const pair = new Pair();
    const from = { host: '198.51.100.7', port: 7 };
    const { endpoint } = pair.server;
    const received = [
      ['tooLarge', new Uint8Array(1201)],
      ['unknownForm', new Uint8Array()],
      ['unknownForm', Uint8Array.of(6)],
      ['malformed', Uint8Array.of(1, 1, 1)],
      ['malformed', Uint8Array.of(3)],
      ['malformed', fromHex('0200') ?? assert.fail()],
      ['unexpected', Uint8Array.of(4, 1, 2, 3, 4, 5, 6, 7, 8)],
      ['unexpected', Uint8Array.of(5)],
    ] as const;
    for (const [reason, datagram] of received) {
      const before = endpoint.drops.get(reason) ?? 0;
      endpoint.receive(datagram, from, 0);
      assert.equal(
        endpoint.drops.get(reason),
        before + 1,
        `${reason} ${toHex(datagram).slice(0, 20)}`,
      );
    }
    assert.equal(endpoint.pollTransmit(0), undefined);
  });
});
