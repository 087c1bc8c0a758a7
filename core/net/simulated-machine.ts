/** One address of a simulated network and the processes that run there, one after the other: sockets, timers, clocks. */

import { BanterError } from '../errors.ts';
import type { Address } from '../protocol/address.ts';
import type { FaultKind } from './simulated-faults.ts';
import { randomFrom } from './simulated-numbers.ts';
import type { Environment, Transport, TransportOptions } from './transport.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What a machine stands in. */
export interface Surroundings {
  readonly time: VirtualTime;
  /** Datagrams that wait while the machine is paused; more are lost. */
  readonly waitingDatagramsMax: number;
  /** Counts what befalls the machine. */
  readonly note: (kind: FaultKind, subject: string) => void;
  readonly isHost: (address: string) => boolean;
  readonly send: (datagram: Uint8Array, from: Address, to: Address) => void;
  /** A socket is about to take a datagram. */
  readonly arrived: (datagram: Uint8Array, from: Address, to: Address) => void;
}

/** 1 January 2026, when every simulation begins. Milliseconds since the epoch. */
const startedAtMs = Date.UTC(2026, 0, 1);

/** Where ports begin that nobody asked for by number. */
const firstFreePort = 49_152;

/** Sums of fractions are off by less. Milliseconds. */
const precisionMs = 1e-6;

export class Machine {
  readonly host: string;
  /** What is sent to it is swallowed. */
  isDeaf = false;
  /** What it sends is swallowed. */
  isMute = false;
  readonly #surroundings: Surroundings;
  readonly #sockets = new Map<number, TransportOptions>();
  /** What waits while it is paused. */
  readonly #waiting: (() => void)[] = [];
  #waitingDatagrams = 0;
  #nextPort = firstFreePort;
  /** Counts its crashes: what an earlier life scheduled does not happen. */
  #life = 0;
  #isPaused = false;
  /** Since when its monotonic clock stands; undefined while it runs. */
  #asleepSince: number | undefined;
  #sleptMs = 0;
  #wallClockOffsetMs = 0;
  /** How many datagrams it sends before it crashes. */
  #sendsLeft = Number.POSITIVE_INFINITY;

  constructor(host: string, surroundings: Surroundings) {
    this.host = host;
    this.#surroundings = surroundings;
  }

  /** Starts a process: its world has a randomness and a clock of its own and ends with a crash. */
  start(seed: number): Environment {
    const life = this.#life;
    const startedAt = this.#monotonicMs;
    const { time, isHost } = this.#surroundings;
    const isAlive = (): boolean => this.#life === life;
    return {
      random: randomFrom(seed),
      now: () => this.#monotonicMs - startedAt,
      wallClockMs: () => startedAtMs + time.now + this.#wallClockOffsetMs,
      setTimer: (callback, delayMs) => (isAlive() ? this.#schedule(delayMs, callback) : () => {}),
      soon: (callback) => {
        if (isAlive()) this.#schedule(0, callback);
      },
      localHosts: () => [this.host],
      resolve: async (host) => {
        if (isHost(host)) return host;
        throw new BanterError('ADDRESS_INVALID', `no host is called "${host}"`);
      },
      open: async (options) => (isAlive() ? this.#open(options) : forever()),
    };
  }

  /** Ends everything without a word: sockets, timers and datagrams that wait are gone. */
  crash(): void {
    this.#life++;
    this.#wake();
    this.#isPaused = false;
    this.#sendsLeft = Number.POSITIVE_INFINITY;
    this.#sockets.clear();
    this.#waiting.length = 0;
    this.#waitingDatagrams = 0;
    this.#surroundings.note('crashed', this.host);
  }

  /** Crashes instead of sending the datagram after the next `count`: in the middle of whatever it is doing. */
  crashAfterSends(count: number): void {
    this.#sendsLeft = count;
  }

  /** Nothing runs until {@link resume}; timers and datagrams wait. @param sleeps whether the monotonic clock stands, too */
  pause(sleeps: boolean): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    if (sleeps) this.#asleepSince = this.#surroundings.time.now;
    this.#surroundings.note(sleeps ? 'slept' : 'paused', this.host);
  }

  /** What has waited happens now, in its order. */
  resume(): void {
    this.#wake();
    this.#isPaused = false;
    this.#waitingDatagrams = 0;
    for (const event of this.#waiting.splice(0)) this.#surroundings.time.after(0, event);
  }

  /** The wall clock is set forward, or back if `byMs` is negative. */
  jump(byMs: number): void {
    this.#wallClockOffsetMs += byMs;
    this.#surroundings.note('jumped', this.host);
  }

  /** A datagram is there. */
  arrive(datagram: Uint8Array, from: Address, port: number): void {
    const { note, waitingDatagramsMax } = this.#surroundings;
    if (!this.#isPaused) this.#take(datagram, from, port);
    else if (this.#waitingDatagrams >= waitingDatagramsMax) note('overflowed', this.host);
    else {
      this.#waitingDatagrams++;
      this.#wait(() => this.arrive(datagram, from, port));
    }
  }

  /** Milliseconds since the beginning in which the machine did not sleep. */
  get #monotonicMs(): number {
    return (this.#asleepSince ?? this.#surroundings.time.now) - this.#sleptMs;
  }

  #wake(): void {
    if (this.#asleepSince === undefined) return;
    this.#sleptMs += this.#surroundings.time.now - this.#asleepSince;
    this.#asleepSince = undefined;
  }

  /** Something a process does, unless it crashes before. @returns a function that cancels */
  #schedule(delayMs: number, action: () => void): () => void {
    const { time } = this.#surroundings;
    const life = this.#life;
    const dueAt = this.#monotonicMs + delayMs;
    let isCancelled = false;
    const fire = (): void => {
      if (isCancelled || this.#life !== life) return;
      const earlyMs = dueAt - this.#monotonicMs;
      if (this.#isPaused) this.#wait(fire);
      else if (earlyMs > precisionMs) time.after(earlyMs, fire);
      else action();
    };
    const cancel = time.after(delayMs, fire);
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  #wait(event: () => void): void {
    this.#waiting.push(event);
  }

  #take(datagram: Uint8Array, from: Address, port: number): void {
    const { note, arrived } = this.#surroundings;
    const socket = this.#sockets.get(port);
    if (this.isDeaf) {
      note('cutOff', this.host);
    } else if (socket === undefined) {
      note('undeliverable', this.host);
    } else {
      note('delivered', this.host);
      arrived(datagram, from, { host: this.host, port });
      socket.onDatagram(datagram, from);
    }
  }

  #open(options: TransportOptions): Transport {
    const { host } = this;
    if (options.host !== undefined && options.host !== host) {
      throw new BanterError('ADDRESS_INVALID', `cannot bind ${options.host} at ${host}`);
    }
    const port = options.port === 0 ? this.#freePort() : options.port;
    if (this.#sockets.has(port)) {
      throw new BanterError('PORT_IN_USE', `UDP port ${port} is in use`, { data: { port } });
    }
    this.#sockets.set(port, options);
    const localAddress = { host, port };
    const isOpen = (): boolean => this.#sockets.get(port) === options;
    return {
      localAddress,
      send: (datagram, to) => {
        if (isOpen()) this.#send(datagram, localAddress, to);
      },
      close: async () => {
        if (isOpen()) this.#sockets.delete(port);
      },
    };
  }

  #send(datagram: Uint8Array, from: Address, to: Address): void {
    if (this.#sendsLeft-- <= 0) this.crash();
    else this.#surroundings.send(datagram, from, to);
  }

  #freePort(): number {
    while (this.#sockets.has(this.#nextPort)) this.#nextPort++;
    return this.#nextPort++;
  }
}

/** What a dead process waits for. */
function forever(): Promise<never> {
  return new Promise(() => {});
}
