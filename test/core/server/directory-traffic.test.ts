import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import TinyQueue from 'tinyqueue';
import { clientCodec, controlConversation, serverCodec } from '../../../core/chat/wire.ts';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import type { Environment } from '../../../core/net/transport.ts';
import type { Address } from '../../../core/protocol/address.ts';
import { Endpoint } from '../../../core/protocol/endpoint.ts';
import { Server } from '../../../core/server/server.ts';
import { Random } from '../../support/random.ts';

/** Datagrams take one tick; timers wait for the next one. Milliseconds. */
const tickMs = 10;

const serverAddress: Address = { host: '10.255.0.1', port: 6666 };
const timing = { silenceMs: 10_000, keepaliveMs: 15_000, idleTimeoutMs: 45_000 };

/** A client without a view of its own: it registers, and acknowledges what comes. */
class Listener {
  readonly address: Address;
  readonly #endpoint: Endpoint;
  readonly #name: string;
  readonly #random: Random;
  isComplete = false;
  #target = Number.POSITIVE_INFINITY;
  /** Nothing is due before; of a thousand, most have nothing to do. */
  #dueAt = 0;

  constructor(number: number, crypto: SodiumCrypto, now: number) {
    this.#name = `user${number}`;
    this.#random = new Random(number);
    this.address = { host: `10.0.${number >>> 8}.${number & 0xff}`, port: 40_000 };
    this.#endpoint = new Endpoint({
      crypto,
      random: (count) => this.#random.bytes(count),
      identity: crypto.identity(this.#random.bytes(32)),
      timing,
      connectionsMax: 1,
      now,
    });
    const target = { address: serverAddress, identity: undefined, timing, timeoutMs: 5000 };
    this.#endpoint.connect(target, now);
  }

  receive(datagram: Uint8Array, now: number): void {
    this.#endpoint.receive(datagram, serverAddress, now);
    this.#dueAt = now;
    for (;;) {
      const event = this.#endpoint.pollEvent();
      if (event === undefined) return;
      if (event.type === 'connected') this.#register(event.link);
      else if (event.type === 'messageReceived') this.#handle(event.payload);
      else assert.equal(event.type, 'answered', this.#name);
    }
  }

  /** What is to be sent now. */
  poll(now: number): readonly Uint8Array[] {
    const datagrams: Uint8Array[] = [];
    if (this.#dueAt > now) return datagrams;
    this.#endpoint.handleTimeout(now);
    for (;;) {
      const transmit = this.#endpoint.pollTransmit(now);
      if (transmit === undefined) break;
      datagrams.push(transmit.datagram);
    }
    this.#dueAt = this.#endpoint.pollTimeout() ?? Number.POSITIVE_INFINITY;
    return datagrams;
  }

  #register(link: number): void {
    const claim = clientCodec.encode({
      type: 'register',
      requestId: 0,
      name: this.#name,
      bot: false,
      auxiliary: false,
      takeOver: false,
      hidesAddress: false,
      processId: this.#random.bytes(8),
      nextCounter: 1,
      epoch: new Uint8Array(8),
      directoryVersion: 0,
      resume: [],
    });
    this.#endpoint.send(link, controlConversation, claim);
  }

  #handle(payload: Uint8Array): void {
    if (this.isComplete) return;
    const message = serverCodec.decode(payload);
    assert.ok(message?.type === 'welcome' || message?.type === 'directoryDelta');
    if (message.type === 'welcome') this.#target = message.directoryVersion;
    else if (message.version >= this.#target) this.isComplete = true;
  }
}

/** A server and its clients in ticks of virtual time: a thousand clients cost seconds, not minutes. */
class Hall {
  readonly #crypto = new SodiumCrypto();
  readonly #listeners = new Map<string, Listener>();
  readonly #timers = new TinyQueue<{ readonly at: number; action: (() => void) | undefined }>(
    [],
    (a, b) => a.at - b.at,
  );
  #underWay: (() => void)[] = [];
  #soon: (() => void)[] = [];
  #now = 0;
  #onDatagram: ((datagram: Uint8Array, from: Address) => void) | undefined;
  /** What the server has sent, as payload of UDP. */
  sentBytes = 0;

  static async open(): Promise<Hall> {
    const hall = new Hall();
    await Server.start({ environment: hall.#environment() });
    return hall;
  }

  get everybodyIsComplete(): boolean {
    return [...this.#listeners.values()].every(({ isComplete }) => isComplete);
  }

  enter(): void {
    const listener = new Listener(this.#listeners.size, this.#crypto, this.#now);
    this.#listeners.set(listener.address.host, listener);
  }

  pass(ms: number): void {
    for (const end = this.#now + ms; this.#now < end; ) this.#tick();
  }

  #tick(): void {
    this.#now += tickMs;
    for (const arrive of this.#underWay.splice(0)) arrive();
    while ((this.#timers.peek()?.at ?? Number.POSITIVE_INFINITY) <= this.#now) {
      this.#timers.pop()?.action?.();
    }
    while (this.#soon.length > 0) for (const action of this.#soon.splice(0)) action();
    for (const listener of this.#listeners.values()) {
      for (const datagram of listener.poll(this.#now)) {
        this.#underWay.push(() => this.#onDatagram?.(datagram, listener.address));
      }
    }
  }

  #deliver(datagram: Uint8Array, to: Address): void {
    this.#listeners.get(to.host)?.receive(datagram, this.#now);
  }

  #environment(): Environment {
    const random = new Random(0x5e);
    return {
      random: (count) => random.bytes(count),
      now: () => this.#now,
      wallClockMs: () => this.#now,
      soon: (action) => this.#soon.push(action),
      setTimer: (action, delayMs) => {
        const timer: { readonly at: number; action: (() => void) | undefined } = {
          at: this.#now + delayMs,
          action,
        };
        this.#timers.push(timer);
        return () => {
          timer.action = undefined;
        };
      },
      localHosts: () => [],
      resolve: async (host) => host,
      open: async ({ onDatagram }) => {
        this.#onDatagram = onDatagram;
        return {
          localAddress: serverAddress,
          close: async () => {},
          send: (datagram, to) => {
            this.sentBytes += datagram.length;
            this.#underWay.push(() => this.#deliver(datagram, to));
          },
        };
      },
    };
  }
}

describe('the traffic of the directory', () => {
  it('is under 150 KB for one who joins a thousand, one each second or all at once', async () => {
    const hall = await Hall.open();
    for (let joined = 0; joined < 1000; joined++) {
      hall.enter();
      if (joined % 10 === 9) hall.pass(100);
    }
    hall.pass(2000);
    assert.ok(hall.everybodyIsComplete);
    // Whoever comes alone costs the same each time; of a crowd the last ones meet most others.
    for (const [count, paceMs] of [
      [30, 1000],
      [100, 10],
    ] as const) {
      const before = hall.sentBytes;
      for (let joined = 0; joined < count; joined++) {
        hall.enter();
        hall.pass(paceMs);
      }
      hall.pass(2000);
      assert.ok(hall.everybodyIsComplete);
      const kilobytes = (hall.sentBytes - before) / count / 1000;
      assert.ok(kilobytes < 150, `${kilobytes} KB for each, one every ${paceMs} ms`);
    }
  });
});
