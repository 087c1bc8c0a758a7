/** A UDP socket with everything that runs over it: attempts, connections of both sides, and the relay (docs/PROTOCOL.md §2, §9). */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Connection, type ConnectionOptions, type Outside } from './connection.ts';
import type { Whole } from './conversations.ts';
import {
  type Address,
  Attempt,
  type Established,
  isRelayed,
  isSame,
  Responder,
  type Token,
} from './handshake.ts';
import { type Identity, resetToken } from './noise.ts';
import { bytes, encoded, hex, joined, Reader, varint } from './notation.ts';
import { connectionIdOf } from './packets.ts';

/** Why a connection is over. */
export type Ending = Parameters<Outside['closed']>[0];

/** Who owns an endpoint. */
export interface Owner {
  messageReceived(connection: Connection, whole: Whole): void;
  closed(connection: Connection, ending: Ending, reason: string): void;
}

export interface EndpointOptions {
  readonly me: Identity;
  /** The best first. */
  readonly versions: readonly number[];
  /** Packets of a key phase, 2^20 at most. */
  readonly phasePacketsMax: number;
}

/** How to connect. */
export interface ConnectOptions {
  /** The identity to expect; undefined for any. */
  readonly expected?: Uint8Array | undefined;
  /** When the attempt has failed. */
  readonly timeoutMs?: number;
  /** A token in place of the newest one of this responder. */
  readonly token?: Token;
}

/** An attempt and who waits for it. */
interface Waiting {
  readonly attempt: Attempt;
  readonly deadline: number;
  readonly resolve: (established: Established) => void;
  readonly reject: (error: Error) => void;
}

const tickMs = 10;
const handshakeMs = 5000;
const serverIdleMs = 45_000;
const peerIdleMs = 60_000;
const keepaliveMs = 15_000;
const relayedBytesMax = 1100;
const resetsPerSecond = 200;

export class Endpoint {
  readonly #socket = createSocket('udp4');
  readonly #options: EndpointOptions;
  readonly #owner: Owner;
  readonly #responder: Responder;
  readonly #attempts = new Set<Waiting>();
  readonly #connections = new Map<string, Connection>();
  /** The newest token of each responder, used once. */
  readonly #tokens = new Map<string, Token>();
  readonly #timer: NodeJS.Timeout;
  /** The connection to the server, if there is one. */
  #relay: Connection | undefined;
  /** How many RESETs were sent since when. */
  #resets = { since: 0, count: 0 };

  constructor(options: EndpointOptions, owner: Owner) {
    this.#options = options;
    this.#owner = owner;
    this.#responder = new Responder(options.me, options.versions);
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#socket.on('message', (datagram, { address, port }) => {
      this.#receive(Uint8Array.from(datagram), { host: address, port });
    });
  }

  /** Takes any free port. */
  async bind(): Promise<void> {
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Connects to a server, which from then on relays. @throws Error that says why nothing came of it */
  async connectServer(address: Address, options: ConnectOptions): Promise<Connection> {
    this.#relay = await this.#connect(address, options, false);
    return this.#relay;
  }

  /** Connects to a client, over the relay or directly. @throws Error */
  connectPeer(address: Address, options: ConnectOptions): Promise<Connection> {
    return this.#connect(address, options, true);
  }

  /** Frees the socket; connections are lost without a word. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  async #connect(
    address: Address,
    { expected, timeoutMs = handshakeMs, token: given }: ConnectOptions,
    isPeer: boolean,
  ): Promise<Connection> {
    const now = performance.now();
    const tokenKey = (peer: Uint8Array) => `${hex(peer)} ${address.host} ${address.port}`;
    const key = expected === undefined ? undefined : tokenKey(expected);
    const token = given ?? (key === undefined ? undefined : this.#tokens.get(key));
    const { me, versions } = this.#options;
    const attempt = new Attempt({ me, address, versions, expected, token, now });
    const established = await new Promise<Established>((resolve, reject) => {
      this.#attempts.add({ attempt, deadline: now + timeoutMs, resolve, reject });
      this.#tick();
    });
    if (established.token) this.#tokens.set(tokenKey(established.peer), established.token);
    const connection = this.#admit(established, isPeer);
    // What the responder has is half-open until it hears something.
    connection.ping();
    connection.tick(performance.now());
    return connection;
  }

  #admit(established: Established, isPeer: boolean): Connection {
    const options: ConnectionOptions = {
      followsPeer: isPeer,
      idleMs: isPeer ? peerIdleMs : serverIdleMs,
      keepaliveMs,
      phasePacketsMax: this.#options.phasePacketsMax,
    };
    const id = hex(established.ownId);
    const connection: Connection = new Connection(
      options,
      established,
      {
        transmit: (datagram, to) => this.#transmit(datagram, to),
        messageReceived: (whole) => this.#owner.messageReceived(connection, whole),
        datagramReceived: (payload) => this.#unwrap(connection, payload),
        closed: (ending, reason) => {
          this.#connections.delete(id);
          if (this.#relay === connection) this.#relay = undefined;
          this.#owner.closed(connection, ending, reason);
        },
      },
      performance.now(),
    );
    this.#connections.set(id, connection);
    return connection;
  }

  #tick(): void {
    const now = performance.now();
    for (const waiting of this.#attempts) {
      const { attempt, deadline, reject } = waiting;
      for (const datagram of attempt.tick(now)) this.#transmit(datagram, attempt.address);
      if (now < deadline) continue;
      this.#attempts.delete(waiting);
      reject(new Error(`${attempt.address.host} ${attempt.address.port}: ${attempt.reason}`));
    }
    for (const connection of [...this.#connections.values()]) connection.tick(now);
  }

  #transmit(datagram: Uint8Array, to: Address): void {
    if (!isRelayed(to)) {
      // Whoever has closed its socket is silent, as behind any bad network.
      this.#socket.send(datagram, to.port, to.host, () => {});
      return;
    }
    if (this.#relay === undefined || datagram.length > relayedBytesMax) return;
    const identity = Buffer.from(to.host.slice('relay-'.length), 'hex');
    this.#relay.sendDatagram(joined(identity, encoded(varint, to.port), datagram));
    this.#relay.tick(performance.now());
  }

  /** Takes a datagram out of what the server has relayed. */
  #unwrap(connection: Connection, payload: Uint8Array): void {
    if (connection !== this.#relay) return;
    const reader = new Reader(payload);
    const host = `relay-${hex(bytes(32).read(reader))}`;
    const port = varint.read(reader);
    this.#receive(reader.rest(), { host, port });
  }

  /** Whatever is malformed, forged or unexpected is dropped without an answer. */
  #receive(datagram: Uint8Array, from: Address): void {
    try {
      this.#dispatch(datagram, from, performance.now());
    } catch {
      // Dropped.
    }
  }

  #dispatch(datagram: Uint8Array, from: Address, now: number): void {
    const [first] = datagram;
    if (first === 1 || first === 3) this.#answer(datagram, from, now);
    if (first === 2 || first === 4) this.#proceed(datagram, from, now);
    if (first === 5) this.#reset(datagram.subarray(1), from);
    const id = connectionIdOf(datagram);
    if (id === undefined) return;
    const connection = this.#connections.get(hex(id));
    if (connection !== undefined) connection.receive(datagram, from, now);
    else this.#answerUnknown(id, from, now);
  }

  #answerUnknown(id: Uint8Array, to: Address, now: number): void {
    const { since, count } = this.#resets;
    this.#resets = now - since < 1000 ? { since, count: count + 1 } : { since: now, count: 1 };
    if (this.#resets.count > resetsPerSecond) return;
    this.#transmit(joined(Uint8Array.of(5), resetToken(this.#options.me, id)), to);
  }

  #answer(datagram: Uint8Array, from: Address, now: number): void {
    const { answer, established } = this.#responder.receive(datagram, from, now);
    if (established) this.#admit(established, true);
    this.#transmit(answer, from);
  }

  #proceed(datagram: Uint8Array, from: Address, now: number): void {
    const id = hex(datagram.subarray(1, 9));
    for (const waiting of this.#attempts) {
      const { attempt, resolve } = waiting;
      if (!isSame(attempt.address, from)) continue;
      if (datagram[0] === 2 && hex(attempt.nonce) === id) attempt.retry(datagram, now);
      if (datagram[0] !== 4 || hex(attempt.ownId) !== id) continue;
      const established = attempt.response(datagram);
      if (established === undefined) continue;
      this.#attempts.delete(waiting);
      resolve(established);
    }
  }

  #reset(token: Uint8Array, from: Address): void {
    for (const connection of [...this.#connections.values()]) {
      const isMeant = hex(connection.established.peerResetToken) === hex(token);
      if (isMeant && isSame(connection.address, from)) connection.reset();
    }
  }
}
