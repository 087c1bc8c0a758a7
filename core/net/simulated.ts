/** A network of simulated machines in virtual time: what happens on it follows from its seed and from nothing else. */

import assert from 'node:assert/strict';
import TinyQueue from 'tinyqueue';
import { BanterError } from '../errors.ts';
import type { Address } from '../protocol/address.ts';
import {
  type FaultCounts,
  type Faults,
  type Numbers,
  numbersFrom,
  Path,
  randomFrom,
} from './simulated-path.ts';
import type { Environment, Transport, TransportOptions } from './transport.ts';

export interface SimulatedNetworkOptions {
  /** Any integer; its lower 32 bits count. */
  readonly seed: number;
  readonly faults?: Faults;
}

/** Sees every datagram that a machine sends, before any fault; the bytes must stay as they are. */
export type Observer = (datagram: Uint8Array, from: Address, to: Address) => void;

/** 1 January 2026, when every simulation begins. Milliseconds since the epoch. */
const startedAtMs = Date.UTC(2026, 0, 1);

/** As many as a socket's buffer holds, roughly; more are lost. */
const waitingDatagramsMax = 4096;

/** As many events at one instant are a loop that never ends; the simulation then fails. */
const eventsPerInstantMax = 1_000_000;

/** Where ports begin that nobody asked for by number. */
const firstFreePort = 49_152;

interface Event {
  at: number;
  /** Events of one instant happen in the order in which they were scheduled. */
  order: number;
  readonly machine: Machine;
  /** The life of the machine it belongs to; undefined for a datagram, which belongs to the network. */
  readonly life: number | undefined;
  /** Undefined once it is cancelled. */
  action: (() => void) | undefined;
}

/** One address and what runs there. */
interface Machine {
  readonly host: string;
  readonly sockets: Map<number, TransportOptions>;
  /** Where its datagrams go, by destination. */
  readonly paths: Map<Machine, Path>;
  /** Counts its crashes: what an earlier life scheduled does not happen. */
  life: number;
  /** What is sent to it is swallowed. */
  isDeaf: boolean;
  /** What it sends is swallowed. */
  isMute: boolean;
  isPaused: boolean;
  /** What waits while it is paused. */
  readonly waiting: Event[];
  waitingDatagrams: number;
  nextPort: number;
}

/** Owns the clock, the datagrams under way and the machines; nothing happens but inside {@link run} and {@link settle}. */
export class SimulatedNetwork {
  readonly #numbers: Numbers;
  readonly #hostSeeds: Numbers;
  readonly #machines = new Map<string, Machine>();
  readonly #events = new TinyQueue<Event>([], (a, b) => a.at - b.at || a.order - b.order);
  readonly #observers = new Set<Observer>();
  readonly #counts: FaultCounts = {
    sent: 0,
    delivered: 0,
    lost: 0,
    burstLost: 0,
    duplicated: 0,
    reordered: 0,
    cutOff: 0,
    overflowed: 0,
    undeliverable: 0,
  };
  #faults: Faults;
  #now = 0;
  #nextOrder = 0;
  #eventsThisInstant = 0;
  #isRunning = false;

  constructor(options: SimulatedNetworkOptions) {
    this.#numbers = numbersFrom(options.seed);
    this.#hostSeeds = numbersFrom(~options.seed);
    this.#faults = options.faults ?? {};
  }

  /** Virtual time since the beginning. Milliseconds. */
  get now(): number {
    return this.#now;
  }

  get counts(): Readonly<FaultCounts> {
    return this.#counts;
  }

  /** Replaces the faults for datagrams sent from now on. */
  setFaults(faults: Faults): void {
    this.#faults = faults;
  }

  /** @returns a function that ends the observation */
  watch(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Starts a process at an IP address: its world has a randomness and a clock of its own and ends with a crash. */
  host(address: string): Environment {
    const machine = this.#machines.get(address) ?? newMachine(address);
    this.#machines.set(address, machine);
    const { life } = machine;
    const startedAt = this.#now;
    const isAlive = (): boolean => machine.life === life;
    return {
      random: randomFrom(this.#hostSeeds() * 2 ** 32),
      now: () => this.#now - startedAt,
      wallClockMs: () => startedAtMs + this.#now,
      setTimer: (callback, delayMs) =>
        isAlive() ? this.#schedule(machine, delayMs, callback) : () => {},
      soon: (callback) => {
        if (isAlive()) this.#schedule(machine, 0, callback);
      },
      localHosts: () => [address],
      resolve: async (host) => {
        if (this.#machines.has(host)) return host;
        throw new BanterError('ADDRESS_INVALID', `no host is called "${host}"`);
      },
      open: async (options) => (isAlive() ? this.#open(machine, options) : forever()),
    };
  }

  /** Ends everything at an address without a word: sockets, timers and datagrams that wait there are gone. */
  crash(address: string): void {
    const machine = this.#machine(address);
    machine.life++;
    machine.isPaused = false;
    machine.sockets.clear();
    machine.waiting.length = 0;
    machine.waitingDatagrams = 0;
  }

  /** Nothing runs at an address until {@link resume}; timers and datagrams wait. */
  pause(address: string): void {
    this.#machine(address).isPaused = true;
  }

  /** What has waited happens now, in its order. */
  resume(address: string): void {
    const machine = this.#machine(address);
    machine.isPaused = false;
    machine.waitingDatagrams = 0;
    for (const event of machine.waiting.splice(0)) {
      event.at = this.#now;
      event.order = this.#nextOrder++;
      this.#events.push(event);
    }
  }

  /** Swallows what arrives at an address, what it sends, or both, until {@link mend}. */
  cut(address: string, way: 'in' | 'out' | 'both' = 'both'): void {
    const machine = this.#machine(address);
    machine.isDeaf ||= way !== 'out';
    machine.isMute ||= way !== 'in';
  }

  /** Ends {@link cut}. */
  mend(address: string): void {
    const machine = this.#machine(address);
    machine.isDeaf = false;
    machine.isMute = false;
  }

  /** A datagram of whoever can write any sender on it arrives now, without faults. */
  inject(datagram: Uint8Array, from: Address, to: Address): void {
    const machine = this.#machine(to.host);
    this.#post(machine, 0, () => this.#arrive(datagram, from, machine, to.port));
  }

  /** Lets time pass until the instant `untilMs`. Rejects with what an event throws. */
  async run(untilMs: number): Promise<void> {
    await this.#advance(untilMs, () => false);
    this.#now = Math.max(this.#now, untilMs);
  }

  /** Lets time pass until the promise is settled. @throws BanterError TIMED_OUT after `withinMs` of virtual time */
  async settle<Value>(promise: Promise<Value>, withinMs: number): Promise<Value> {
    let isSettled = false;
    const note = (): void => {
      isSettled = true;
    };
    void promise.then(note, note);
    await this.#advance(this.#now + withinMs, () => isSettled);
    if (isSettled) return promise;
    throw new BanterError('TIMED_OUT', `nothing came of it in ${withinMs} ms of virtual time`);
  }

  #machine(address: string): Machine {
    const machine = this.#machines.get(address);
    if (machine !== undefined) return machine;
    throw new BanterError('ADDRESS_INVALID', `no host is called "${address}"`);
  }

  async #advance(untilMs: number, isDone: () => boolean): Promise<void> {
    assert.ok(!this.#isRunning, 'a network runs once at a time');
    this.#isRunning = true;
    try {
      for (;;) {
        // Everything that awaits what the last event settled goes on before the next one.
        await turnOfTheLoop();
        if (isDone()) return;
        const event = this.#takeEvent(untilMs);
        if (event === undefined) return;
        this.#happen(event);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #takeEvent(untilMs: number): Event | undefined {
    for (;;) {
      const event = this.#events.peek();
      if (event === undefined || event.at > untilMs) return undefined;
      this.#events.pop();
      const isOver = event.life !== undefined && event.life !== event.machine.life;
      if (event.action !== undefined && !isOver) return event;
    }
  }

  #happen(event: Event): void {
    const { machine } = event;
    this.#eventsThisInstant = event.at > this.#now ? 0 : this.#eventsThisInstant + 1;
    assert.ok(this.#eventsThisInstant < eventsPerInstantMax, 'time stands still');
    this.#now = event.at;
    if (!machine.isPaused) {
      event.action?.();
    } else if (event.life !== undefined) {
      machine.waiting.push(event);
    } else if (machine.waitingDatagrams < waitingDatagramsMax) {
      machine.waitingDatagrams++;
      machine.waiting.push(event);
    } else {
      this.#counts.overflowed++;
    }
  }

  /** Something a machine does, unless it crashes before. @returns a function that cancels */
  #schedule(machine: Machine, delayMs: number, action: () => void): () => void {
    return this.#push({ ...this.#due(delayMs), machine, life: machine.life, action });
  }

  /** A datagram on its way to a machine. */
  #post(machine: Machine, delayMs: number, action: () => void): void {
    this.#push({ ...this.#due(delayMs), machine, life: undefined, action });
  }

  #due(delayMs: number): { readonly at: number; readonly order: number } {
    return { at: this.#now + delayMs, order: this.#nextOrder++ };
  }

  #push(event: Event): () => void {
    this.#events.push(event);
    return () => {
      event.action = undefined;
    };
  }

  #open(machine: Machine, options: TransportOptions): Transport {
    const { host } = machine;
    if (options.host !== undefined && options.host !== host) {
      throw new BanterError('ADDRESS_INVALID', `cannot bind ${options.host} at ${host}`);
    }
    const port = options.port === 0 ? freePort(machine) : options.port;
    if (machine.sockets.has(port)) {
      throw new BanterError('PORT_IN_USE', `UDP port ${port} is in use`, { data: { port } });
    }
    machine.sockets.set(port, options);
    const localAddress = { host, port };
    const isOpen = (): boolean => machine.sockets.get(port) === options;
    return {
      localAddress,
      send: (datagram, to) => {
        if (isOpen()) this.#send(machine, datagram, localAddress, to);
      },
      close: async () => {
        if (isOpen()) machine.sockets.delete(port);
      },
    };
  }

  #send(source: Machine, datagram: Uint8Array, from: Address, to: Address): void {
    this.#counts.sent++;
    for (const observer of this.#observers) observer(datagram, from, to);
    const target = this.#machines.get(to.host);
    if (target === undefined) {
      this.#counts.undeliverable++;
    } else if (source.isMute) {
      this.#counts.cutOff++;
    } else {
      const path = this.#path(source, target);
      for (const fate of path.send(this.#faults, this.#now)) {
        const arrive = (): void => {
          path.arrived(fate);
          this.#arrive(datagram, from, target, to.port);
        };
        this.#post(target, fate.delayMs, arrive);
      }
    }
  }

  #path(source: Machine, target: Machine): Path {
    const known = source.paths.get(target);
    if (known !== undefined) return known;
    const path = new Path(this.#numbers, this.#counts);
    source.paths.set(target, path);
    return path;
  }

  #arrive(datagram: Uint8Array, from: Address, machine: Machine, port: number): void {
    const socket = machine.sockets.get(port);
    if (machine.isDeaf) {
      this.#counts.cutOff++;
    } else if (socket === undefined) {
      this.#counts.undeliverable++;
    } else {
      this.#counts.delivered++;
      socket.onDatagram(datagram, from);
    }
  }
}

function newMachine(host: string): Machine {
  return {
    host,
    sockets: new Map(),
    paths: new Map(),
    life: 0,
    isDeaf: false,
    isMute: false,
    isPaused: false,
    waiting: [],
    waitingDatagrams: 0,
    nextPort: firstFreePort,
  };
}

function freePort(machine: Machine): number {
  while (machine.sockets.has(machine.nextPort)) machine.nextPort++;
  return machine.nextPort++;
}

/** Outlasts every promise that is ready to go on, and theirs. */
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a dead process waits for. */
function forever(): Promise<never> {
  return new Promise(() => {});
}
