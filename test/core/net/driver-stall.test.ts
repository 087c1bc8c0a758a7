/** A process that was stopped for a while, with a clock, timers and a network that a test moves by hand. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Driver } from '../../../core/net/driver.ts';
import { SodiumCrypto, systemRandom } from '../../../core/net/sodium.ts';
import type { Environment } from '../../../core/net/transport.ts';
import { Endpoint } from '../../../core/protocol/endpoint.ts';
import type { EndpointEvent } from '../../../core/protocol/endpoint-event.ts';

const silenceMs = 2500;
const timing = { silenceMs, keepaliveMs: undefined, idleTimeoutMs: 45_000 };
const here = { host: '192.0.2.1', port: 1 };
const there = { host: '192.0.2.2', port: 2 };

class ManualEnvironment implements Environment {
  readonly random = systemRandom;
  readonly sent: Uint8Array[] = [];
  clock = 0;
  deliver: (datagram: Uint8Array) => void = () => {};
  #timer: () => void = () => {};
  #soon: (() => void)[] = [];

  now(): number {
    return this.clock;
  }

  wallClockMs(): number {
    return this.clock;
  }

  setTimer(callback: () => void): () => void {
    this.#timer = callback;
    return () => {};
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  localHosts(): readonly string[] {
    return [];
  }

  resolve(host: string): Promise<string> {
    return Promise.resolve(host);
  }

  open(options: Parameters<Environment['open']>[0]): ReturnType<Environment['open']> {
    this.deliver = (datagram) => options.onDatagram(datagram, there);
    return Promise.resolve({
      localAddress: here,
      send: (datagram: Uint8Array) => void this.sent.push(datagram),
      close: () => Promise.resolve(),
    });
  }

  fireTimer(): void {
    this.#timer();
  }

  endTurn(): void {
    const callbacks = this.#soon;
    this.#soon = [];
    for (const callback of callbacks) callback();
  }
}

function endpoint(): Endpoint {
  const crypto = new SodiumCrypto();
  const identity = crypto.identity(systemRandom(32));
  return new Endpoint({
    crypto,
    random: systemRandom,
    identity,
    timing,
    connectionsMax: 10,
    now: 0,
  });
}

/** What the peer has to say after it has heard everything. */
function answers(peer: Endpoint, heard: Uint8Array[], now: number): readonly Uint8Array[] {
  for (const datagram of heard.splice(0)) peer.receive(datagram, here, now);
  peer.handleTimeout(now);
  const datagrams: Uint8Array[] = [];
  for (;;) {
    const transmit = peer.pollTransmit(now);
    if (transmit === undefined) return datagrams;
    datagrams.push(transmit.datagram);
  }
}

/** Two endpoints of which one has opened a connection to the other; a driver runs it. */
async function connected(onEvent: (event: EndpointEvent, environment: ManualEnvironment) => void) {
  const environment = new ManualEnvironment();
  const [own, peer] = [endpoint(), endpoint()];
  const driver = await Driver.start({
    environment,
    endpoint: own,
    host: undefined,
    port: 0,
    onEvent: (event) => onEvent(event, environment),
  });
  const link = own.connect({ address: there, identity: undefined, timing, timeoutMs: 5000 }, 0);
  driver.wake();
  for (let turn = 0; turn < 10; turn++) {
    environment.endTurn();
    for (const datagram of answers(peer, environment.sent, 0)) environment.deliver(datagram);
  }
  return { environment, own, peer, driver, link };
}

test('an answer that has arrived counts, although time has run out before it could be read', async () => {
  const events: EndpointEvent[] = [];
  const { environment, own, peer, driver, link } = await connected((event) => events.push(event));
  own.send(link, 0, new TextEncoder().encode('hello'));
  driver.wake();
  environment.endTurn();
  const waiting = [...answers(peer, environment.sent, 0), ...answers(peer, environment.sent, 25)];
  assert.ok(waiting.length > 0);
  environment.clock = 2 * silenceMs;
  environment.fireTimer();
  for (const datagram of waiting) environment.deliver(datagram);
  environment.endTurn();
  assert.deepEqual(
    events.map(({ type }) => type),
    ['connected', 'answered'],
  );
});

test('messages that take long to handle leave the turn to others, and are handled in their order', async () => {
  const texts: string[] = [];
  const { environment, peer } = await connected((event, { clock }) => {
    if (event.type !== 'messageReceived') return;
    texts.push(new TextDecoder().decode(event.payload));
    environment.clock = clock + 1;
  });
  const said = Array.from({ length: 200 }, (_, at) => `${at}`);
  const link = 1;
  for (const text of said) peer.send(link, 0, new TextEncoder().encode(text));
  for (const datagram of answers(peer, environment.sent, 0)) environment.deliver(datagram);
  assert.ok(texts.length < said.length / 2, `${texts.length} in the turn of their arrival`);
  for (let turn = 0; texts.length < said.length; turn++) {
    const before = texts.length;
    environment.endTurn();
    assert.ok(texts.length > before && texts.length <= before + 16, `turn ${turn}`);
  }
  assert.deepEqual(texts, said);
});
