/**
 * A bad network for real sockets: it stands between processes, each of which the others know by an address in front
 * of it, and loses, doubles, reorders, delays, cuts off and rebinds, as a seed tells it.
 */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type FaultCounts, type Faults, LossyLane } from './lossy-lane.ts';
import { Random } from './random.ts';

export type { Faults } from './lossy-lane.ts';

/** An address and a port; the address is a literal, not a name. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** How bad the network is. */
export interface LossyProxyOptions {
  /** Decides every fault, per pair of processes and direction in the order of datagrams. */
  readonly seed: number;
  /** Faults of the way to whoever was joined. */
  readonly toTarget?: Faults;
  /** Faults of the way to clients, who were not: they are served as soon as they send something. */
  readonly toClient?: Faults;
}

/** How many datagrams met which fate, over all directions. */
export interface ProxyCounts extends FaultCounts {
  /** Swallowed by {@link LossyProxy.blackhole}. */
  blackholed: number;
  /** From clients beyond the first 1024 processes, who are not served. */
  refused: number;
}

/** Sees every datagram before its fate is decided; addresses are the processes' own, not those in front of them. */
export type Watcher = (datagram: Uint8Array, from: Endpoint, to: Endpoint) => void;

const nodesMax = 1024;

/** A process; `front` is the socket from which the others hear it, and to which they send. */
interface Node {
  readonly number: number;
  readonly endpoint: Endpoint;
  readonly isTarget: boolean;
  front: Socket;
}

export class LossyProxy implements AsyncDisposable {
  readonly #options: LossyProxyOptions;
  readonly #lanesSeed: number;
  readonly #nodes = new Map<string, Node>();
  readonly #lanes = new Map<number, LossyLane>();
  readonly #watchers: Watcher[] = [];
  readonly #counts: ProxyCounts = {
    forwarded: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    blackholed: 0,
    refused: 0,
  };
  #isDark = false;

  constructor(options: LossyProxyOptions) {
    this.#options = options;
    this.#lanesSeed = new Random(options.seed).uint32();
  }

  /** A proxy in front of one target. */
  static async start(
    options: LossyProxyOptions & { readonly target: Endpoint },
  ): Promise<LossyProxy> {
    const proxy = new LossyProxy(options);
    await proxy.join(options.target);
    return proxy;
  }

  /**
   * Puts an address in front of a process.
   * @param at the address; any free port of the loopback interface unless told
   * @returns where the others find the process
   */
  async join(target: Endpoint, at?: Endpoint): Promise<Endpoint> {
    if (this.#nodes.size === nodesMax) throw new RangeError(`${nodesMax} processes at most`);
    const node = this.#admit(target, true);
    const loopback = familyOf(target.host) === 'udp6' ? '::1' : '127.0.0.1';
    node.front.bind(at?.port ?? 0, at?.host ?? loopback);
    await once(node.front, 'listening');
    return endpointOf(node.front);
  }

  /** Where clients send instead of to the first target. */
  get address(): Endpoint {
    const [first] = this.#nodes.values();
    if (first === undefined) throw new Error('nobody has joined');
    return endpointOf(first.front);
  }

  /** What has happened so far. */
  get counts(): Readonly<ProxyCounts> {
    return this.#counts;
  }

  /** Shows every datagram from now on. */
  watch(watcher: Watcher): void {
    this.#watchers.push(watcher);
  }

  /** Sends a datagram to somebody as if it came from somebody else, past all faults; both have been seen here. */
  inject(datagram: Uint8Array, from: Endpoint, to: Endpoint): void {
    this.#nodes.get(keyOf(from))?.front.send(datagram, to.port, to.host);
  }

  /** Swallows everything from now on, in all directions; what is under way still arrives. */
  blackhole(): void {
    this.#isDark = true;
  }

  /** Ends {@link blackhole}. */
  restore(): void {
    this.#isDark = false;
  }

  /**
   * Gives every client another port in front of it, as a NAT does that has forgotten its mappings; what is still sent
   * to the old one is lost.
   * @param host an address to go with it, such as another one of 127.0.0.0/8
   */
  async rebind(host?: string): Promise<void> {
    const clients = [...this.#nodes.values()].filter(({ isTarget }) => !isTarget);
    for (const node of clients) {
      const old = node.front;
      const front = this.#open(node.endpoint, () => node);
      front.bind(0, host);
      await once(front, 'listening');
      node.front = front;
      await closeSocket(old);
    }
  }

  /** Frees all sockets; what is under way is lost. */
  async close(): Promise<void> {
    for (const lane of this.#lanes.values()) lane.close();
    const fronts = Array.from(this.#nodes.values(), ({ front }) => front);
    this.#nodes.clear();
    await Promise.all(fronts.map(closeSocket));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #admit(endpoint: Endpoint, isTarget: boolean): Node {
    const number = this.#nodes.size;
    const node: Node = {
      number,
      endpoint,
      isTarget,
      front: this.#open(endpoint, () => node),
    };
    this.#nodes.set(keyOf(endpoint), node);
    return node;
  }

  #open(endpoint: Endpoint, node: () => Node): Socket {
    const front = createSocket(familyOf(endpoint.host));
    front.on('message', (datagram, from) => this.#receive(datagram, from, node()));
    // A port that nobody listens on any more: loss like any other.
    front.on('error', () => {});
    return front;
  }

  #receive(datagram: Uint8Array, from: { address: string; port: number }, to: Node): void {
    const endpoint = { host: from.address, port: from.port };
    const known = this.#nodes.get(keyOf(endpoint));
    if (known === undefined && this.#nodes.size >= nodesMax) {
      this.#counts.refused++;
      return;
    }
    // The socket of a client binds itself when it first sends.
    const sender = known ?? this.#admit(endpoint, false);
    for (const watcher of this.#watchers) watcher(datagram, sender.endpoint, to.endpoint);
    if (this.#isDark) this.#counts.blackholed++;
    else this.#lane(sender, to).pass(datagram);
  }

  #lane(from: Node, to: Node): LossyLane {
    const number = from.number * nodesMax + to.number;
    const known = this.#lanes.get(number);
    if (known !== undefined) return known;
    const { toTarget = {}, toClient = {} } = this.#options;
    const lane = new LossyLane(
      to.isTarget ? toTarget : toClient,
      new Random(this.#lanesSeed + number),
      this.#counts,
      (datagram) => from.front.send(datagram, to.endpoint.port, to.endpoint.host, () => {}),
    );
    this.#lanes.set(number, lane);
    return lane;
  }
}

function keyOf({ host, port }: Endpoint): string {
  return `${host} ${port}`;
}

function endpointOf(socket: Socket): Endpoint {
  const { address, port } = socket.address();
  return { host: address, port };
}

function familyOf(host: string): 'udp4' | 'udp6' {
  return host.includes(':') ? 'udp6' : 'udp4';
}

function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
