/** The server: a hub on a socket, and a store for what is to outlive it. */

import { EventEmitter } from 'node:events';
import { closeNumbers } from '../chat/closing.ts';
import type { OutgoingMessage } from '../chat/delivery.ts';
import type { HubEffect } from '../chat/effects.ts';
import type { ServerFact } from '../chat/facts.ts';
import { Hub } from '../chat/hub.ts';
import { type HubLimits, parseLimits, parsePolicy } from '../chat/limits.ts';
import type { StoredState } from '../chat/records.ts';
import type { Policy } from '../chat/types.ts';
import { BanterError } from '../errors.ts';
import { defaultPort, fingerprintOf } from '../net/address.ts';
import { Driver } from '../net/driver.ts';
import { SodiumCrypto } from '../net/sodium.ts';
import { systemEnvironment } from '../net/system.ts';
import type { Environment } from '../net/transport.ts';
import { anObject, aPort, aText, checkOptions, type Shape, texts } from '../options.ts';
import type { Address } from '../protocol/address.ts';
import type { AdmissionLimits } from '../protocol/admission.ts';
import { Endpoint } from '../protocol/endpoint.ts';
import type { EndpointEvent } from '../protocol/endpoint-event.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { ServerFiles } from '../store/server-files.ts';
import type { Store } from '../store/store.ts';
import { StoreReader } from './store-reader.ts';
import { StoreWriter } from './store-writer.ts';

/** How to serve. */
export interface ServerOptions {
  /** UDP port; 0 for any free one. Default 6666. */
  readonly port?: number;
  /** Address to bind. Default: all, IPv6 and IPv4. */
  readonly host?: string;
  /** Folder of the server's identity and of its names ↔ keys (files of mode 0600). Without it both live as long as the process. */
  readonly dataDir?: string;
  /** What outlives the server, in place of `dataDir`: identity, names, groups, messages. Whoever opened it closes it. */
  readonly store?: Store;
  /** What clients may do. Default: `defaultPolicy`. */
  readonly policy?: Partial<Policy>;
  /**
   * Who runs the server beside those it has stored: keys of 64 hex digits, or names that somebody has claimed already.
   * They may do whatever operators may, and no operator takes that from them. Default: none. At most 64.
   */
  readonly operators?: readonly string[];
  /** Bounds of names, groups, messages and rates. Default: as each field says. */
  readonly limits?: Partial<HubLimits>;
  /** Handshakes and connections that one address, its network and all may begin. Default: as each field says. */
  readonly admission?: Partial<AdmissionLimits>;
  /** Clock and network; a test brings a simulated one. */
  readonly environment?: Environment;
}

const shape: Shape<ServerOptions> = {
  port: aPort,
  host: aText,
  dataDir: aText,
  store: anObject,
  policy: anObject,
  operators: texts,
  limits: anObject,
  admission: anObject,
  environment: anObject,
};

export interface ServerEvents {
  /** Something happened. */
  fact: [fact: ServerFact];
  /** The store could not read messages that somebody asked for, who was told so or is kept waiting; the server goes on. */
  readFailed: [error: BanterError];
  /** The server cannot go on, for instance because its folder cannot be written, and has closed. */
  failed: [error: Error];
}

/** A client that has said nothing for this long is asked whether it is there. Milliseconds. */
const keepaliveMs = 30_000;

/** A connection from which nothing came for this long is closed; its client comes back. Milliseconds. */
const idleTimeoutMs = 45_000;

/** Invitations are random: a key that everybody knows keeps their hashes apart from others. */
const invitationHashKey: Uint8Array = new TextEncoder().encode('banter invitation');

/** Handshakes under way and those who are told that the server is full, beyond the connections it takes; more are dropped. */
const surplusConnections = 1024;

/** Clients talk on the control conversation only. */
const clientConversationsMax = 1;

/** Whoever has claimed no name by then is disconnected. Milliseconds. */
const registrationMs = 10_000;

/** Answers and news that may wait on one connection; beyond, it is closed. Bytes. */
const answersBytesMax = 4 * 1024 * 1024;

/** Emits {@link ServerEvents}. */
export class Server extends EventEmitter<ServerEvents> {
  /** Its Ed25519 identity, 32 bytes; an embedding program hands it to its clients. */
  readonly key: Uint8Array;
  readonly #environment: Environment;
  readonly #store: Store;
  readonly #ownsStore: boolean;
  readonly #writer: StoreWriter;
  readonly #reader: StoreReader;
  readonly #endpoint: Endpoint;
  readonly #hub: Hub;
  /** Of the time each connection has to claim a name. */
  readonly #cancelTimers = new Map<number, () => void>();
  #driver: Driver | undefined;
  #undecodable = 0;
  #unrelayed = 0;
  /** False once it closes: it takes nothing more. */
  #isServing = true;
  /** Nothing that the store did not take may be told to anybody. */
  #hasFailed = false;
  #closing: Promise<void> | undefined;

  private constructor(
    options: ServerOptions,
    environment: Environment,
    store: Store,
    stored: StoredState,
  ) {
    super();
    this.#environment = environment;
    this.#store = store;
    this.#ownsStore = options.store === undefined;
    this.#writer = new StoreWriter({
      store,
      onStored: (number) => {
        this.#hub.stored(number, environment.now());
        this.#driver?.wake();
      },
      onFailed: (error) => this.#fail(error),
    });
    this.#reader = new StoreReader({
      store,
      onFound: (number, found) => {
        this.#hub.answered(number, found, environment.now());
        this.#driver?.wake();
      },
      onFailed: (error) => {
        // What is asked of a store that is being closed is nobody's concern.
        if (this.#isServing) this.emit('readFailed', error);
      },
    });
    const crypto = new SodiumCrypto();
    const identity = crypto.identity(store.seed);
    const policy = parsePolicy(options.policy ?? {});
    const limits = parseLimits(options.limits ?? {});
    const startedAtMs = environment.wallClockMs() - environment.now();
    this.key = identity.publicKey;
    this.#hub = new Hub({
      policy,
      limits,
      random: environment.random,
      wallClock: (now) => Math.floor(startedAtMs + now),
      stored,
      isDurable: store.isDurable,
      operators: options.operators ?? [],
      hash: (bytes) => crypto.mac(invitationHashKey, bytes),
    });
    this.#endpoint = new Endpoint({
      crypto,
      random: environment.random,
      identity,
      timing: { silenceMs: policy.silenceMs, keepaliveMs, idleTimeoutMs },
      connectionsMax: limits.links + surplusConnections,
      admission: options.admission ?? {},
      conversationsMax: clientConversationsMax,
      now: environment.now(),
      epochMs: startedAtMs,
    });
  }

  /** Binds and serves. @throws BanterError PORT_IN_USE, ADDRESS_INVALID, OPTION_INVALID, DATA_UNUSABLE */
  static async start(options: ServerOptions = {}): Promise<Server> {
    checkOptions(options, shape, 'Server.start');
    const environment = options.environment ?? systemEnvironment;
    const store = openStore(options, environment);
    try {
      const server = new Server(options, environment, store, await store.load());
      await server.#open(options);
      return server;
    } catch (error) {
      if (options.store === undefined) await store.close();
      throw error;
    }
  }

  /** Where it listens. */
  get address(): Address {
    return this.#driver?.localAddress ?? { host: '', port: 0 };
  }

  /** The key for people: what follows `#` in a server's address. */
  get fingerprint(): string {
    return fingerprintOf(this.key);
  }

  /** Datagrams and messages that were dropped, by reason. */
  get drops(): ReadonlyMap<string, number> {
    return new Map<string, number>([
      ...this.#endpoint.drops,
      ['undecodable', this.#undecodable],
      ['unrelayed', this.#unrelayed],
    ]);
  }

  /** All that lasts, as plain data in one order; what hostile input must not change. */
  snapshot(): unknown {
    return this.#hub.snapshot();
  }

  /** Stores what is under way, tells every client and frees the socket; members stay members. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #open({ host, port = defaultPort }: ServerOptions): Promise<void> {
    this.#driver = await Driver.start({
      environment: this.#environment,
      endpoint: this.#endpoint,
      host,
      port,
      onEvent: (event) => this.#receive(event),
      machine: this.#hub,
      onFlush: () => this.#settle(),
    });
    this.#driver.wake();
  }

  async #close(): Promise<void> {
    this.#isServing = false;
    for (const cancel of this.#cancelTimers.values()) cancel();
    await this.#writer.drain();
    this.#carryOut();
    this.#endpoint.closeAll(closeNumbers.shutdown, 'the server is shutting down');
    await this.#driver?.close();
    if (this.#ownsStore) await this.#store.close();
  }

  #receive(event: EndpointEvent): void {
    // Connections that end with the server say nothing about their clients.
    if (!this.#isServing) return;
    const now = this.#environment.now();
    const { link } = event;
    switch (event.type) {
      case 'connected':
        this.#hub.linkUp(link, event.identity, event.address);
        this.#awaitRegistration(link);
        break;
      case 'messageReceived':
        if (!this.#hub.receive(link, event.conversation, event.payload, now)) this.#undecodable++;
        break;
      case 'silenceExceeded':
        this.#hub.unresponsive(link, now);
        break;
      case 'silenceBroken':
      case 'answered':
        this.#hub.probed(link, true, now);
        break;
      case 'closed':
        this.#cancelTimers.get(link)?.();
        this.#cancelTimers.delete(link);
        this.#hub.linkDown(link, now);
        break;
      case 'datagramReceived':
        this.#relay(link, event.payload, now);
        break;
      case 'moved':
        this.#hub.linkMoved(link, event.address, now);
        break;
      case 'handshakeFailed':
        break;
    }
    this.#carryOut();
    if (this.#writer.isFull || this.#hub.isOverrun) this.#settle();
    // Whoever asks on while the store does not answer.
    if (this.#hub.isOverrun && event.type === 'messageReceived') this.#drop(link);
  }

  #relay(link: number, payload: Uint8Array, now: number): void {
    const relayed = this.#hub.relay(link, payload, now);
    if (relayed !== undefined) this.#endpoint.sendDatagram(relayed.link, relayed.payload);
    else this.#unrelayed++;
  }

  /** A place is for somebody with a name. */
  #awaitRegistration(link: number): void {
    const cancel = this.#environment.setTimer(() => {
      this.#cancelTimers.delete(link);
      if (this.#hub.isRegistered(link)) return;
      this.#endpoint.close(link, closeNumbers.silent, 'no name was claimed');
      this.#driver?.wake();
    }, registrationMs);
    this.#cancelTimers.set(link, cancel);
  }

  #readNext(link: number): OutgoingMessage | undefined {
    const message = this.#hub.readNext(link);
    // Packets are being put together; what the hub wants to know for the next ones is asked for afterwards.
    if (this.#hub.hasAsked) this.#driver?.wake();
    return message;
  }

  /** A client that asks and does not read loses its connection, not the server its memory. */
  #drop(link: number): void {
    this.#endpoint.close(link, closeNumbers.overrun, 'answers were not read');
  }

  #fail(error: unknown): void {
    if (!(error instanceof BanterError)) throw error;
    this.#hasFailed = true;
    void this.close();
    this.emit('failed', error);
  }

  /** Carries out what the hub wants, and has stored what the rest waits for. */
  #settle(): void {
    for (;;) {
      this.#carryOut();
      const stored = this.#writer.flush();
      if (stored === undefined) return;
      this.#hub.stored(stored, this.#environment.now());
    }
  }

  #carryOut(): void {
    while (!this.#hasFailed) {
      const effect = this.#hub.pollEffect();
      if (effect === undefined) return;
      this.#carryOutOne(effect);
    }
  }

  #carryOutOne(effect: HubEffect): void {
    switch (effect.type) {
      case 'send':
        this.#endpoint.send(effect.link, effect.conversation, effect.payload);
        if (this.#endpoint.queuedBytes(effect.link) > answersBytesMax) this.#drop(effect.link);
        break;
      case 'readable':
        // Who reads slowly keeps nobody waiting: the hub is asked whenever the connection has room.
        this.#endpoint.offer(effect.link, () => this.#readNext(effect.link));
        break;
      case 'store':
        this.#writer.add(effect.number, effect.change);
        break;
      case 'query':
        this.#reader.ask(effect.number, effect.query);
        break;
      case 'probe':
        this.#endpoint.ping(effect.link);
        break;
      case 'close':
        this.#endpoint.close(effect.link, closeNumbers[effect.reason], effect.words);
        break;
      case 'fact':
        this.emit('fact', effect.fact);
        break;
    }
  }
}

/** @throws BanterError OPTION_INVALID, DATA_UNUSABLE */
function openStore({ store, dataDir, limits }: ServerOptions, { random }: Environment): Store {
  if (store !== undefined && dataDir !== undefined) {
    throw new BanterError('OPTION_INVALID', 'a server has a store or a dataDir, not both');
  }
  const newSeed = (): Uint8Array => random(32);
  if (dataDir !== undefined) return ServerFiles.open(dataDir, newSeed);
  return store ?? new MemoryStore(newSeed(), limits);
}
