/** A network of simulated machines in virtual time: what happens on it follows from its seed and from nothing else. */

import { BanterError } from '../errors.ts';
import type { Address } from '../protocol/address.ts';
import { type Attack, Attacker } from './simulated-attacker.ts';
import { type FaultCounts, type FaultKind, type Faults, noFaults } from './simulated-faults.ts';
import { Machine } from './simulated-machine.ts';
import { Nat, type NatFiltering } from './simulated-nat.ts';
import { type Numbers, numbersFrom } from './simulated-numbers.ts';
import { Path } from './simulated-path.ts';
import type { Environment } from './transport.ts';
import { VirtualTime } from './virtual-time.ts';

export interface SimulatedNetworkOptions {
  /** Any integer; its lower 32 bits count. */
  readonly seed: number;
  readonly faults?: Faults;
  /** As many as a socket's buffer holds while its machine is paused; more are lost. Default 4096. */
  readonly waitingDatagramsMax?: number;
}

/** Sees datagrams, with their sender as it stands on them; the bytes must stay as they are. */
export type Observer = (datagram: Uint8Array, from: Address, to: Address) => void;

/** Hears of every fault: what happened, and to which host or to a datagram on which way. */
export type FaultObserver = (kind: FaultKind, subject: string | Way) => void;

interface Way {
  readonly from: Address;
  readonly to: Address;
}

/** Owns the clock, the datagrams under way and the machines; nothing happens but inside {@link run}, {@link until} and {@link settle}. */
export class SimulatedNetwork {
  readonly #numbers: Numbers;
  readonly #hostSeeds: Numbers;
  readonly #attacker: Attacker;
  readonly #time = new VirtualTime();
  readonly #machines = new Map<string, Machine>();
  /** The box in front of a machine, by the machine's address. */
  readonly #natOf = new Map<string, Nat>();
  /** By public address. */
  readonly #nats = new Map<string, Nat>();
  /** By sender's and receiver's host. */
  readonly #paths = new Map<string, Path>();
  readonly #observers = new Set<Observer>();
  readonly #arrivalObservers = new Set<Observer>();
  readonly #faultObservers = new Set<FaultObserver>();
  readonly #counts = noFaults();
  readonly #waitingDatagramsMax: number;
  #faults: Faults;

  constructor(options: SimulatedNetworkOptions) {
    this.#numbers = numbersFrom(options.seed);
    this.#hostSeeds = numbersFrom(~options.seed);
    this.#attacker = new Attacker(numbersFrom(Math.imul(options.seed, 0x9e3779b1) + 1));
    this.#faults = options.faults ?? {};
    this.#waitingDatagramsMax = options.waitingDatagramsMax ?? 4096;
  }

  /** Virtual time since the beginning. Milliseconds. */
  get now(): number {
    return this.#time.now;
  }

  get counts(): Readonly<FaultCounts> {
    return this.#counts;
  }

  /** Replaces the faults for datagrams sent from now on. */
  setFaults(faults: Faults): void {
    this.#faults = faults;
  }

  /**
   * Sees every datagram that a machine sends, before any fault and with the sender that its box gives it, if it is
   * behind one. @returns a function that ends the observation
   */
  watch(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Sees every datagram that a socket takes, whoever sent it. @returns a function that ends the observation */
  watchArrivals(observer: Observer): () => void {
    this.#arrivalObservers.add(observer);
    return () => this.#arrivalObservers.delete(observer);
  }

  /** @returns a function that ends the observation */
  watchFaults(observer: FaultObserver): () => void {
    this.#faultObservers.add(observer);
    return () => this.#faultObservers.delete(observer);
  }

  /** Sets up a box with a public address, behind which {@link host} can put machines. */
  addNat(address: string, filtering: NatFiltering = 'none'): void {
    this.#nats.set(address, new Nat(address, filtering));
  }

  /** A box forgets what it has mapped, and has another public address from now on if one is given. */
  rebind(natAddress: string, address: string = natAddress): void {
    const nat = this.#nat(natAddress);
    nat.rebind(address);
    this.#nats.delete(natAddress);
    this.#nats.set(address, nat);
    this.#note('rebound', natAddress);
  }

  /**
   * Starts a process at an IP address: its world has a randomness and a clock of its own and ends with a crash.
   * @param behind public address of a box, before the first process at this address
   */
  host(address: string, behind?: string): Environment {
    const machine = this.#machines.get(address) ?? this.#newMachine(address);
    this.#machines.set(address, machine);
    if (behind !== undefined) this.#natOf.set(address, this.#nat(behind));
    return machine.start(this.#hostSeeds() * 2 ** 32);
  }

  /** Ends everything at an address without a word: sockets, timers and datagrams that wait there are gone. */
  crash(address: string): void {
    this.#machine(address).crash();
  }

  /** What is at an address crashes instead of sending the datagram after the next `count`. */
  crashAfterSends(address: string, count: number): void {
    this.#machine(address).crashAfterSends(count);
  }

  /**
   * Nothing runs at an address until {@link resume}; timers and datagrams wait.
   * @param clock whether its monotonic clock goes on, as when a process is stopped, or stands, as when a machine sleeps
   */
  pause(address: string, clock: 'runs' | 'stands' = 'runs'): void {
    this.#machine(address).pause(clock === 'stands');
  }

  /** What has waited happens now, in its order. */
  resume(address: string): void {
    this.#machine(address).resume();
  }

  /** Sets the wall clock at an address forward, or back if `byMs` is negative. */
  jump(address: string, byMs: number): void {
    this.#machine(address).jump(byMs);
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
    this.#time.after(0, () => this.#arrive(datagram, from, to));
  }

  /** Lets time pass until the instant `untilMs`. Rejects with what an event throws. */
  async run(untilMs: number): Promise<void> {
    await this.#time.advance(untilMs, () => false);
    this.#time.skipTo(untilMs);
  }

  /** Lets time pass until something is so, asked before each event, or until an instant. @returns whether it is so */
  async until(isSo: () => boolean, untilMs: number): Promise<boolean> {
    await this.#time.advance(untilMs, isSo);
    if (isSo()) return true;
    this.#time.skipTo(untilMs);
    return false;
  }

  /** Lets time pass until the promise is settled. @throws BanterError TIMED_OUT after `withinMs` of virtual time */
  async settle<Value>(promise: Promise<Value>, withinMs: number): Promise<Value> {
    let isSettled = false;
    const note = (): void => {
      isSettled = true;
    };
    void promise.then(note, note);
    await this.#time.advance(this.now + withinMs, () => isSettled);
    if (isSettled) return promise;
    throw new BanterError('TIMED_OUT', `nothing came of it in ${withinMs} ms of virtual time`);
  }

  #newMachine(address: string): Machine {
    return new Machine(address, {
      time: this.#time,
      waitingDatagramsMax: this.#waitingDatagramsMax,
      note: (kind, subject) => this.#note(kind, subject),
      isHost: (host) => this.#machines.has(host),
      send: (datagram, from, to) => this.#send(datagram, from, to),
      arrived: (datagram, from, to) => {
        for (const observer of this.#arrivalObservers) observer(datagram, from, to);
      },
    });
  }

  #machine(address: string): Machine {
    const machine = this.#machines.get(address);
    if (machine !== undefined) return machine;
    throw new BanterError('ADDRESS_INVALID', `no host is called "${address}"`);
  }

  #nat(address: string): Nat {
    const nat = this.#nats.get(address);
    if (nat !== undefined) return nat;
    throw new BanterError('ADDRESS_INVALID', `no box has the address "${address}"`);
  }

  #note(kind: FaultKind, subject: string | Way): void {
    this.#counts[kind]++;
    for (const observer of this.#faultObservers) observer(kind, subject);
  }

  #send(datagram: Uint8Array, inside: Address, to: Address): void {
    const nat = this.#natOf.get(inside.host);
    // Neighbours behind one box reach each other without it.
    const isLocal = nat !== undefined && this.#natOf.get(to.host) === nat;
    const from = nat === undefined || isLocal ? inside : nat.outbound(inside, to);
    this.#counts.sent++;
    for (const observer of this.#observers) observer(datagram, from, to);
    const isHidden = !isLocal && this.#natOf.has(to.host);
    const way = { from, to };
    if (isHidden || (!this.#machines.has(to.host) && !this.#nats.has(to.host))) {
      this.#note('undeliverable', way);
    } else if (this.#machine(inside.host).isMute) {
      this.#note('cutOff', way);
    } else {
      this.#carry(datagram, way, this.#path(inside.host, to.host));
    }
  }

  #carry(datagram: Uint8Array, way: Way, path: Path): void {
    const { from, to } = way;
    const { fates, faults } = path.send(datagram.length, this.#faults, this.now);
    for (const fault of faults) this.#note(fault, way);
    for (const fate of fates) {
      this.#time.after(fate.delayMs, () => {
        if (path.arrived(fate)) this.#note('reordered', way);
        this.#arrive(datagram, from, to);
      });
    }
    for (const attack of this.#attacker.witness({ datagram, from, to }, this.#faults)) {
      this.#time.after(attack.delayMs, () => this.#attack(attack));
    }
  }

  #attack({ kind, datagram, from, to }: Attack): void {
    this.#note(kind, { from, to });
    this.#arrive(datagram, from, to);
  }

  #arrive(datagram: Uint8Array, from: Address, to: Address): void {
    const nat = this.#nats.get(to.host);
    const inside = nat === undefined ? to : nat.inbound(to.port, from);
    const machine = inside && this.#machines.get(inside.host);
    if (inside === undefined) this.#note('filtered', { from, to });
    else if (machine === undefined) this.#note('undeliverable', { from, to });
    else machine.arrive(datagram, from, inside.port);
  }

  #path(from: string, to: string): Path {
    const key = `${from} > ${to}`;
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    const path = new Path(this.#numbers);
    this.#paths.set(key, path);
    return path;
  }
}
