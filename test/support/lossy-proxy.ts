/** A UDP proxy that loses, doubles, reorders, delays and cuts off, as a seed tells it, between clients and one target. */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Random } from './random.ts';

/** What happens to each datagram of one direction, each fault by itself; all default to none. */
export interface Faults {
  /** Probability of 0 to 1 that a datagram is lost. */
  readonly loss?: number;
  /** Probability that a datagram comes twice. */
  readonly duplication?: number;
  /** Probability that a datagram is held back behind the next one to three, or for `holdMs` when none follow. */
  readonly reordering?: number;
  /** How long every datagram is under way, in milliseconds; their order stays. */
  readonly delayMs?: number;
}

/** What the proxy stands before, and how bad it is. */
export interface LossyProxyOptions {
  /** Where the datagrams of clients go; an IPv4 or IPv6 address, not a name. */
  readonly target: Endpoint;
  /** Decides every fault, per client and direction in the order of datagrams. */
  readonly seed: number;
  /** Faults of the way to the target. */
  readonly toTarget?: Faults;
  /** Faults of the way back. */
  readonly toClient?: Faults;
}

/** An address and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** How many datagrams went which way; the sum over both directions. */
export interface FaultCounts {
  forwarded: number;
  lost: number;
  duplicated: number;
  reordered: number;
  /** Swallowed by {@link LossyProxy.blackhole}. */
  blackholed: number;
  /** From clients beyond the first 1024, who are not served. */
  refused: number;
}

const clientsMax = 1024;
const holdMs = 50;

/** The running proxy. Each client address has a socket of its own towards the target, so that the target can tell them apart. */
export class LossyProxy {
  readonly #options: LossyProxyOptions;
  readonly #random: Random;
  readonly #front: Socket;
  readonly #clients = new Map<string, ProxyClient>();
  readonly #counts: FaultCounts = {
    forwarded: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    blackholed: 0,
    refused: 0,
  };
  #dark = false;

  /** Binds a free port on the loopback address of the target's family. */
  static async start(options: LossyProxyOptions): Promise<LossyProxy> {
    const family = familyOf(options.target.host);
    const front = createSocket(family);
    front.bind(0, family === 'udp6' ? '::1' : '127.0.0.1');
    await once(front, 'listening');
    return new LossyProxy(options, front);
  }

  private constructor(options: LossyProxyOptions, front: Socket) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#front = front;
    front.on('message', (datagram, from) => this.#receive(datagram, from));
  }

  /** Where clients send instead of to the target. */
  get address(): Endpoint {
    const { address, port }: AddressInfo = this.#front.address();
    return { host: address, port };
  }

  /** What has happened so far. */
  get counts(): Readonly<FaultCounts> {
    return this.#counts;
  }

  /** Swallows everything from now on, in both directions; what is under way still arrives. */
  blackhole(): void {
    this.#dark = true;
  }

  /** Ends {@link blackhole}. */
  restore(): void {
    this.#dark = false;
  }

  /** Frees all sockets; what is under way is lost. */
  async close(): Promise<void> {
    const sockets = [this.#front, ...[...this.#clients.values()].map(({ socket }) => socket)];
    for (const { outward, homeward } of this.#clients.values()) {
      outward.close();
      homeward.close();
    }
    this.#clients.clear();
    await Promise.all(sockets.map(closeSocket));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #receive(datagram: Uint8Array, from: RemoteInfo): void {
    const key = `${from.address} ${from.port}`;
    let client = this.#clients.get(key);
    if (client === undefined && this.#clients.size >= clientsMax) {
      this.#counts.refused += 1;
      return;
    }
    client ??= this.#admit(key, from);
    this.#pass(client.outward, datagram);
  }

  #admit(key: string, { address, port }: RemoteInfo): ProxyClient {
    const { target, toTarget = {}, toClient = {} } = this.#options;
    const socket = createSocket(familyOf(target.host));
    const outward = new Lane(toTarget, this.#random.fork(), this.#counts, (datagram) =>
      socket.send(datagram, target.port, target.host),
    );
    const homeward = new Lane(toClient, this.#random.fork(), this.#counts, (datagram) =>
      this.#front.send(datagram, port, address),
    );
    socket.on('message', (datagram) => this.#pass(homeward, datagram));
    const client = { socket, outward, homeward };
    this.#clients.set(key, client);
    return client;
  }

  #pass(lane: Lane, datagram: Uint8Array): void {
    if (this.#dark) this.#counts.blackholed += 1;
    else lane.pass(datagram);
  }
}

interface ProxyClient {
  readonly socket: Socket;
  readonly outward: Lane;
  readonly homeward: Lane;
}

/** One direction of one client. */
class Lane {
  readonly #faults: Faults;
  readonly #random: Random;
  readonly #counts: FaultCounts;
  readonly #deliver: (datagram: Uint8Array) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** At most one datagram is held back at a time. */
  #held:
    | { readonly datagram: Uint8Array; readonly timer: NodeJS.Timeout; behind: number }
    | undefined;

  constructor(
    faults: Faults,
    random: Random,
    counts: FaultCounts,
    deliver: (datagram: Uint8Array) => void,
  ) {
    this.#faults = faults;
    this.#random = random;
    this.#counts = counts;
    this.#deliver = deliver;
  }

  pass(datagram: Uint8Array): void {
    const { loss = 0, duplication = 0, reordering = 0 } = this.#faults;
    // Always the same draws for each datagram, so that one fault's probability does not move another's victims.
    const lost = this.#random.chance(loss);
    const doubled = this.#random.chance(duplication);
    const held = this.#random.chance(reordering);
    const behind = 1 + this.#random.below(3);
    if (lost) {
      this.#counts.lost += 1;
      return;
    }
    if (doubled) this.#counts.duplicated += 1;
    if (held && this.#held === undefined) {
      if (doubled) this.#forward(datagram);
      this.#hold(datagram, behind);
      return;
    }
    this.#forward(datagram);
    if (doubled) this.#forward(datagram);
    if (this.#held !== undefined && --this.#held.behind === 0) this.#release();
  }

  close(): void {
    if (this.#held !== undefined) clearTimeout(this.#held.timer);
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #hold(datagram: Uint8Array, behind: number): void {
    this.#counts.reordered += 1;
    this.#held = { datagram, timer: setTimeout(() => this.#release(), holdMs), behind };
  }

  #release(): void {
    if (this.#held === undefined) return;
    clearTimeout(this.#held.timer);
    this.#forward(this.#held.datagram);
    this.#held = undefined;
  }

  #forward(datagram: Uint8Array): void {
    this.#counts.forwarded += 1;
    const { delayMs = 0 } = this.#faults;
    if (delayMs === 0) {
      this.#deliver(datagram);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#deliver(datagram);
    }, delayMs);
    this.#timers.add(timer);
  }
}

function familyOf(host: string): 'udp4' | 'udp6' {
  return host.includes(':') ? 'udp6' : 'udp4';
}

function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
