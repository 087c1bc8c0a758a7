import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Flight, formOf, type Network, Pair } from './pair.ts';

const latencyMs = 10;
const dayMs = 24 * 60 * 60 * 1000;

/** A pair whose client has been at the server once, and has left again. */
function acquainted(options: ConstructorParameters<typeof Pair>[0] = {}): Pair {
  const pair = new Pair({ latencyMs, ...options });
  const { client } = pair.connected();
  pair.client.endpoint.close(client, 0, 'done');
  pair.run(1000);
  assert.equal(pair.server.endpoint.connectionCount, 0);
  return pair;
}

/** Comes back. @returns the time until the client's connection stands, and the forms of what was sent */
function comeBack(
  pair: Pair,
  withinMs = 4000,
): { readonly tookMs: number; readonly forms: string } {
  const before = pair.sent.length;
  const startedAt = pair.now;
  const link = pair.connect({ identity: pair.server.identity.publicKey });
  while (!pair.client.links.includes(link) && pair.now - startedAt < withinMs) pair.run(1);
  const tookMs = pair.now - startedAt;
  pair.run(100);
  const forms = pair.sent.slice(before).map(({ datagram }) => formOf(datagram));
  return { tookMs, forms: [...new Set(forms)].join(' ') };
}

/** The client's datagrams seem to come from another host or port, as through a NAT. */
function translate(pair: Pair, host: string, port: number): void {
  const outside = { host, port };
  pair.route = (flight) => {
    if (flight.from === pair.client.address) return [{ ...flight, from: outside }];
    const isBack = flight.to.host === host && flight.to.port === port;
    return [isBack ? { ...flight, to: pair.client.address } : flight];
  };
}

function mangleInits(network: Network, change: (flight: Flight) => readonly Flight[]): void {
  network.route = (flight) => (formOf(flight.datagram) === 'init' ? change(flight) : [flight]);
}

function flipped(flight: Flight, at: number): Flight {
  const datagram = flight.datagram.slice();
  datagram[at] = (datagram[at] ?? 0) ^ 1;
  return { ...flight, datagram };
}

// docs/PROTOCOL.md §3.
describe('an initiator that comes back', () => {
  it('has its connection after one round trip, each time', () => {
    const pair = acquainted();
    for (let time = 0; time < 3; time++) {
      const { tookMs, forms } = comeBack(pair);
      assert.deepEqual([tookMs, forms], [2 * latencyMs, 'init response data']);
    }
    assert.equal(pair.server.links.length, 4);
  });

  it('shows each token in one handshake only', () => {
    const pair = acquainted();
    comeBack(pair);
    comeBack(pair);
    const inits = pair.sent.filter(({ datagram }) => formOf(datagram) === 'init');
    const proofs = new Set(inits.map(({ datagram }) => datagram.subarray(11, 32).join()));
    assert.equal(proofs.size, 3);
  });

  it('needs no RETRY from another port of its host', () => {
    const pair = acquainted();
    translate(pair, pair.client.address.host, 50_000);
    assert.deepEqual(comeBack(pair), { tookMs: 2 * latencyMs, forms: 'init response data' });
  });

  it('is told to prove another host it comes from, which costs a round trip and no time-out', () => {
    const pair = acquainted();
    translate(pair, '203.0.113.9', 5000);
    assert.deepEqual(comeBack(pair), { tookMs: 4 * latencyMs, forms: 'init retry response data' });
    assert.equal(pair.server.endpoint.drops.get('staleCookie'), undefined);
  });

  it('finds its token good for 24 hours, and then is told to prove its address', () => {
    const pair = acquainted();
    pair.run(dayMs - 10_000);
    assert.equal(comeBack(pair).forms, 'init response data');
    pair.run(dayMs + 10_000);
    assert.deepEqual(comeBack(pair), { tookMs: 4 * latencyMs, forms: 'init retry response data' });
  });

  it('finds its token good at a restarted responder of the same identity', () => {
    const pair = acquainted();
    pair.restartServer();
    assert.deepEqual(comeBack(pair), { tookMs: 2 * latencyMs, forms: 'init response data' });
  });

  it('learns that the responder’s key has changed as anybody does, when its time is up', () => {
    const pair = acquainted();
    const expected = pair.server.identity.publicKey;
    const { publicKey } = pair.replace(pair.server, 66).identity;
    const link = pair.connect({ identity: expected });
    pair.run(5000);
    const failure = { type: 'keyChanged', identity: publicKey };
    assert.deepEqual(pair.client.events.at(-1), { type: 'handshakeFailed', link, failure });
  });

  it('begins with HELLO where it expects no key or does not know the address', () => {
    const pair = acquainted();
    const before = pair.count('hello');
    pair.connect();
    pair.connect({
      identity: pair.server.identity.publicKey,
      address: { ...pair.server.address, port: 6667 },
    });
    pair.run(50);
    assert.equal(pair.count('hello'), before + 4);
  });

  it('is as good as a stranger when its process begins anew', () => {
    const pair = acquainted();
    pair.restartClient();
    assert.equal(comeBack(pair).forms, 'hello retry init response data');
  });
});

describe('an INIT with a token', () => {
  it('survives the loss of its first five copies', () => {
    const pair = acquainted();
    let losses = 5;
    mangleInits(pair, (flight) => (losses-- > 0 ? [] : [flight]));
    assert.equal(comeBack(pair).tookMs, 300 + 2 * latencyMs);
    assert.equal(pair.server.links.length, 2);
  });

  it('makes one connection, however many copies come', () => {
    const pair = acquainted();
    mangleInits(pair, (flight) => [flight, flight, flight]);
    comeBack(pair);
    assert.deepEqual([pair.client.links.length, pair.server.links.length], [2, 2]);
    assert.equal(pair.server.endpoint.connectionCount, 1);
  });

  it('that was tampered with anywhere is answered with a RETRY, which its initiator follows', () => {
    // The version, the kind of proof, the token and message 1: its ephemeral key, and what is encrypted.
    for (const at of [11, 12, 13, 32, 36, 100]) {
      const pair = acquainted();
      let forgeries = 2;
      mangleInits(pair, (flight) => [forgeries-- > 0 ? flipped(flight, at) : flight]);
      const { tookMs } = comeBack(pair);
      assert.ok(tookMs <= 700 + 4 * latencyMs, `${at} took ${tookMs}`);
      assert.equal(pair.server.links.length, 2, `${at}`);
    }
  });

  it('that nobody answers is joined by a HELLO at the fourth try', () => {
    const pair = acquainted();
    mangleInits(pair, (flight) => (flight.datagram[12] === 2 ? [] : [flight]));
    assert.deepEqual(comeBack(pair), {
      tookMs: 700 + 4 * latencyMs,
      forms: 'init hello retry response data',
    });
  });

  it('is not led astray by a RETRY that somebody on the path forges', () => {
    const pair = acquainted();
    pair.route = (flight) => {
      if (formOf(flight.datagram) !== 'init' || flight.datagram[12] !== 2) return [flight];
      const nonce = flight.datagram.subarray(3, 11);
      const versions = [1, 1, 1];
      const key = pair.server.identity.publicKey;
      const datagram = Uint8Array.of(2, ...nonce, ...versions, ...new Uint8Array(20), ...key);
      return [flight, { from: pair.server.address, to: pair.client.address, datagram }];
    };
    comeBack(pair);
    assert.equal(pair.client.links.length, 2);
    assert.equal(pair.server.links.length, 2);
  });

  it('that comes too often is answered with a RETRY, and with a cookie it gets in', () => {
    const pair = acquainted({
      admission: { addressHandshakeBurst: 1, addressHandshakesPerSecond: 1 },
    });
    assert.equal(comeBack(pair).forms, 'init response data');
    assert.equal(comeBack(pair).forms, 'init retry response data');
  });
});

describe('an INIT with a token that somebody on the path has recorded', () => {
  /** A pair whose connection with a token has ended, and the INIT of it. */
  function recorded(): { readonly pair: Pair; readonly init: Flight } {
    const pair = acquainted();
    comeBack(pair);
    const init = pair.newest('init');
    pair.client.endpoint.closeAll(0, 'done');
    pair.run(20_000);
    assert.equal(pair.server.endpoint.connectionCount, 0);
    return { pair, init };
  }

  it('makes one half-open connection in 16 seconds, from however many ports it is repeated', () => {
    const { pair, init } = recorded();
    const events = pair.server.events.length;
    let most = 0;
    for (let at = 0; at < 600; at++) {
      pair.inject({ ...init, from: { ...init.from, port: 1024 + at } });
      pair.run(100);
      most = Math.max(most, pair.server.endpoint.connectionCount);
    }
    assert.equal(most, 1);
    const responses = pair.sent.filter(({ datagram }) => formOf(datagram) === 'response');
    // Two for the two connections (each INIT came twice), then one at 0, 16, 32 and 48 seconds.
    assert.equal(responses.length, 4 + 4);
    pair.run(6000);
    assert.equal(pair.server.endpoint.connectionCount, 0);
    assert.equal(pair.server.events.length, events);
  });

  it('does not keep its sender out, though the copy comes first from another port', () => {
    const pair = acquainted();
    mangleInits(pair, (flight) => [{ ...flight, from: { ...flight.from, port: 666 } }, flight]);
    assert.equal(comeBack(pair).tookMs, 4 * latencyMs);
    assert.deepEqual([pair.client.links.length, pair.server.links.length], [2, 2]);
  });

  it('uses up the handshakes with a token of that address, and not those with a cookie', () => {
    const { pair, init } = recorded();
    for (let at = 0; at < 100; at++) pair.inject(flipped(init, 40 + at));
    pair.run(latencyMs);
    assert.equal(comeBack(pair).forms, 'init retry response data');
  });

  it('is worth nothing at another host', () => {
    const { pair, init } = recorded();
    const from = { host: '192.0.2.66', port: 5000 };
    pair.inject({ ...init, from });
    pair.run(100);
    assert.equal(formOf(pair.sent.at(-1)?.datagram ?? new Uint8Array()), 'retry');
    assert.equal(pair.server.endpoint.connectionCount, 0);
  });
});
