/** Endpoints on a network in virtual time, whose datagrams a test may watch, lose, double or change. */

import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { type Address, addressKey } from '../../../core/protocol/address.ts';
import type { AdmissionLimits } from '../../../core/protocol/admission.ts';
import type { Identity } from '../../../core/protocol/crypto.ts';
import { Endpoint } from '../../../core/protocol/endpoint.ts';
import type { EndpointEvent } from '../../../core/protocol/endpoint-event.ts';
import type { ConnectTarget } from '../../../core/protocol/handshakes.ts';
import type { ConnectionTiming } from '../../../core/protocol/liveness.ts';
import { Random } from '../../support/random.ts';

/** A datagram under way. */
export interface Flight {
  readonly from: Address;
  readonly to: Address;
  readonly datagram: Uint8Array;
}

type EventType = EndpointEvent['type'];
type EventOf<Type extends EventType> = Extract<EndpointEvent, { readonly type: Type }>;

export const patient: ConnectionTiming = {
  silenceMs: 10_000,
  keepaliveMs: undefined,
  idleTimeoutMs: 45_000,
};

/** The form of a datagram as its first byte tells it (docs/PROTOCOL.md §2). */
export function formOf(datagram: Uint8Array): string {
  const first = datagram[0] ?? 0;
  if ((first & 0x40) !== 0) return 'data';
  return ['', 'hello', 'retry', 'init', 'response', 'reset'][first] ?? 'unknown';
}

export interface HostOptions {
  readonly seed: number;
  readonly address: Address;
  readonly timing?: ConnectionTiming;
  readonly connectionsMax?: number;
  readonly admission?: Partial<AdmissionLimits>;
  readonly isAuxiliary?: boolean;
  readonly now?: number;
}

/** One endpoint with an address, and everything it has told. */
export class Host {
  readonly identity: Identity;
  /** A test may move it. */
  address: Address;
  readonly endpoint: Endpoint;
  readonly events: EndpointEvent[] = [];

  constructor(options: HostOptions) {
    const { seed, address, timing = patient, connectionsMax = 100, admission = {} } = options;
    const { isAuxiliary = false, now = 0 } = options;
    const crypto = new SodiumCrypto();
    // A process that starts later has other randomness, if the same identity.
    const random = new Random(seed + now);
    this.address = address;
    this.identity = crypto.identity(new Random(seed * 7919).bytes(32));
    this.endpoint = new Endpoint({
      crypto,
      random: (count) => random.bytes(count),
      identity: this.identity,
      timing,
      connectionsMax,
      admission,
      isAuxiliary,
      now,
    });
  }

  eventsOf<Type extends EventType>(type: Type): readonly EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** The links of connections that were told of. */
  get links(): readonly number[] {
    return this.eventsOf('connected').map(({ link }) => link);
  }

  /** The texts received, in order. */
  get texts(): readonly string[] {
    return this.eventsOf('messageReceived').map(({ payload }) => new TextDecoder().decode(payload));
  }

  collect(): void {
    for (;;) {
      const event = this.endpoint.pollEvent();
      if (event === undefined) return;
      this.events.push(event);
    }
  }
}

export class Network {
  readonly hosts: Host[] = [];
  /** Everything that was ever sent, lost or not. */
  readonly sent: Flight[] = [];
  readonly latencyMs: number;
  /** What becomes of a datagram: as it is by default. */
  route: (flight: Flight) => readonly Flight[] = (flight) => [flight];
  now = 0;
  #underWay: { readonly at: number; readonly flight: Flight }[] = [];

  constructor(latencyMs = 10) {
    this.latencyMs = latencyMs;
  }

  add(options: Omit<HostOptions, 'now'>): Host {
    const host = new Host({ ...options, now: this.now });
    this.hosts.push(host);
    return host;
  }

  /** Another process takes a host's place and address. */
  replace(host: Host, seed: number): Host {
    this.hosts.splice(this.hosts.indexOf(host), 1);
    return this.add({ seed, address: host.address });
  }

  /** Puts a datagram of nobody's on the wire. */
  inject(flight: Flight): void {
    this.#underWay.push({ at: this.now + this.latencyMs, flight });
  }

  /** Lets `ms` pass. */
  run(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      this.#flush();
      const next = this.#next();
      if (next > end) break;
      this.now = Math.max(this.now, next);
      this.#deliver();
      for (const { endpoint } of this.hosts) endpoint.handleTimeout(this.now);
    }
    this.now = end;
  }

  /** How many datagrams of a form were sent so far. */
  count(form: string): number {
    return this.sent.filter(({ datagram }) => formOf(datagram) === form).length;
  }

  #flush(): void {
    for (const host of this.hosts) {
      for (;;) {
        const transmit = host.endpoint.pollTransmit(this.now);
        if (transmit === undefined) break;
        const flight = { from: host.address, ...transmit };
        this.sent.push(flight);
        for (const each of this.route(flight)) this.inject(each);
      }
      host.collect();
    }
  }

  #next(): number {
    const arrivals = this.#underWay.map(({ at }) => at);
    const timeouts = this.hosts.flatMap(({ endpoint }) => endpoint.pollTimeout() ?? []);
    return Math.min(...arrivals, ...timeouts);
  }

  #deliver(): void {
    const due = this.#underWay.filter(({ at }) => at <= this.now);
    this.#underWay = this.#underWay.filter(({ at }) => at > this.now);
    for (const { flight } of due) {
      const to = this.hosts.find(({ address }) => addressKey(address) === addressKey(flight.to));
      to?.endpoint.receive(flight.datagram.slice(), flight.from, this.now);
    }
  }
}

export interface PairOptions {
  readonly latencyMs?: number;
  readonly timing?: ConnectionTiming;
  /** What the server admits. */
  readonly admission?: Partial<AdmissionLimits>;
}

/** A network of one client and one server. */
export class Pair extends Network {
  client: Host;
  server: Host;

  constructor(options: PairOptions = {}) {
    super(options.latencyMs);
    const { timing = patient, admission = {} } = options;
    this.client = this.add({ seed: 1, address: { host: '192.0.2.1', port: 5000 }, timing });
    this.server = this.add({
      seed: 2,
      address: { host: '192.0.2.2', port: 6666 },
      timing,
      admission,
    });
  }

  /** Begins a handshake of the client with the server. @returns the client's link */
  connect(target: Partial<ConnectTarget> = {}): number {
    const { address } = this.server;
    const peerMoves = false;
    const usual = { address, identity: undefined, timing: patient, timeoutMs: 5000, peerMoves };
    return this.client.endpoint.connect({ ...usual, ...target }, this.now);
  }

  /** A connection that stands. @returns the links of both sides */
  connected(target: Partial<ConnectTarget> = {}): {
    readonly client: number;
    readonly server: number;
  } {
    const client = this.connect(target);
    this.run(300);
    const server = this.server.links.at(-1);
    if (server === undefined || !this.client.links.includes(client)) {
      throw new Error('the connection does not stand');
    }
    return { client, server };
  }

  /** Restarts the server under the same identity: the old process' connections are unknown to the new one. */
  restartServer(): void {
    this.server = this.replace(this.server, 2);
  }

  /** Restarts the client likewise. */
  restartClient(): void {
    this.client = this.replace(this.client, 1);
  }

  /** The newest datagram of a form that was sent. */
  newest(form: string): Flight {
    const flight = this.sent.findLast(({ datagram }) => formOf(datagram) === form);
    if (flight === undefined) throw new Error(`no ${form} was sent`);
    return flight;
  }
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
