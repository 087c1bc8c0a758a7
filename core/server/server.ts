/** The server: a hub on a socket, and a store for what is to outlive it. */

import { EventEmitter } from 'node:events';
import { closeNumbers } from '../chat/closing.ts';
import type { OutgoingMessage } from '../chat/delivery.ts';
import type { HubEffect } from '../chat/effects.ts';
import { Hub } from '../chat/hub.ts';
import { parseLimits, parsePolicy } from '../chat/limits.ts';
import type { StoredState } from '../chat/records.ts';
import { controlConversation } from '../chat/wire.ts';
import { BanterError } from '../errors.ts';
import { defaultPort, fingerprintOf } from '../net/address.ts';
import { Driver, noTraffic } from '../net/driver.ts';
import { doneWithin } from '../net/patience.ts';
import { SodiumCrypto } from '../net/sodium.ts';
import { systemEnvironment } from '../net/system.ts';
import type { Environment } from '../net/transport.ts';
import { checkOptions } from '../options.ts';
import type { Address } from '../protocol/address.ts';
import type { Endpoint } from '../protocol/endpoint.ts';
import type { EndpointEvent } from '../protocol/endpoint-event.ts';
import type { Store } from '../store/store.ts';
import { announce } from './announcement.ts';
import { Housekeeper } from './housekeeper.ts';
import { invitationHash } from './invitation-hash.ts';
import {
  type CloseOptions,
  closeShape,
  openStore,
  parseRetention,
  type ServerEvents,
  type ServerOptions,
  serverShape,
} from './options.ts';
import { Probation } from './probation.ts';
import { makeEndpoint } from './server-endpoint.ts';
import { problemsOf, type ServerProblem, type ServerStats, Tally } from './server-stats.ts';
import { StoreReader } from './store-reader.ts';
import { StoreWatch } from './store-watch.ts';
import { StoreWriter } from './store-writer.ts';
import { wallClockOf } from './wall-clock.ts';

/** Answers and news that may wait on one connection; beyond, it is closed. Bytes. */
const answersBytesMax = 4 * 1024 * 1024;

/** Emits {@link ServerEvents}. */
export class Server extends EventEmitter<ServerEvents> {
  /** Its Ed25519 identity, 32 bytes; an embedding program hands it to its clients. */
  readonly key: Uint8Array;
  readonly #environment: Environment;
  readonly #store: Store;
  readonly #ownsStore: boolean;
  readonly #drainMs: number;
  readonly #writer: StoreWriter;
  readonly #reader: StoreReader;
  readonly #housekeeper: Housekeeper;
  readonly #watch: StoreWatch;
  readonly #endpoint: Endpoint;
  readonly #hub: Hub;
  readonly #probation: Probation;
  #driver: Driver | undefined;
  readonly #tally = new Tally();
  /** False once it closes: it takes nothing more. */
  #isServing = true;
  /** Nothing that the store did not take may be told to anybody. */
  #hasFailed = false;
  #closing: Promise<boolean> | undefined;

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
    this.#drainMs = options.drainMs ?? 10_000;
    this.#probation = new Probation(environment);
    this.#writer = new StoreWriter({
      store,
      environment,
      windowMs: options.commitWindowMs ?? 0,
      onWritten: (changes, tookMs) => {
        this.#tally.storeWrites++;
        this.#tally.storeChanges += changes;
        this.emit('stored', changes, tookMs);
      },
      onStored: (number) => {
        this.#hub.stored(number, environment.now());
        this.#driver?.wake();
      },
      onDue: () => this.#driver?.wake(),
      onFull: (error) => this.#storeFull(error),
      onFailed: (error) => this.#fail(error),
    });
    this.#reader = new StoreReader({
      store,
      onFound: (number, found) => {
        this.#hub.answered(number, found, environment.now());
        this.#driver?.wake();
      },
      onFailed: (error) => this.#failRead(error),
    });
    this.#housekeeper = new Housekeeper({
      store,
      environment,
      onDropped: (dropped) => this.#hub.dropped(dropped),
      onFailed: (error) => this.#fail(error),
    });
    this.#watch = new StoreWatch({
      store,
      environment,
      onMoved: (isInPlace) => this.#moved(isInPlace),
    });
    const crypto = new SodiumCrypto();
    const identity = crypto.identity(store.seed);
    const policy = parsePolicy(options.policy ?? {});
    const limits = parseLimits(options.limits ?? {});
    const wallClock = wallClockOf(environment);
    this.key = identity.publicKey;
    this.#hub = new Hub({
      policy,
      limits,
      random: environment.random,
      wallClock,
      stored,
      isDurable: store.isDurable,
      operators: options.operators ?? [],
      hash: invitationHash(crypto),
    });
    this.#endpoint = makeEndpoint({
      crypto,
      environment,
      identity,
      silenceMs: policy.silenceMs,
      linksMax: limits.links,
      admission: options.admission ?? {},
      epochMs: wallClock(0),
    });
  }

  /** Binds and serves. @throws BanterError PORT_IN_USE, ADDRESS_INVALID, OPTION_INVALID, DATA_UNUSABLE */
  static async start(options: ServerOptions = {}): Promise<Server> {
    checkOptions(options, serverShape, 'Server.start');
    const retention = parseRetention(options.retention ?? {});
    const environment = options.environment ?? systemEnvironment;
    const store = await openStore(options, environment);
    try {
      const server = new Server(options, environment, store, await store.load());
      await server.#open(options);
      server.#housekeeper.start(retention);
      server.#watch.start();
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
    return this.#tally.dropsWith(this.#endpoint.drops);
  }

  /** What it has counted, and how many there are of everything; put together when it is asked for. */
  get stats(): ServerStats {
    return {
      ...this.#tally.counters,
      ...(this.#driver?.traffic ?? noTraffic),
      ...this.#hub.census(),
      connections: this.#endpoint.connectionCount,
      rttsMs: this.#endpoint.rtts().toSorted((one, other) => one - other),
      unstored: this.#hub.unstored,
      drops: this.drops,
    };
  }

  /** Why it does not serve as it should; nothing while all is well. */
  get problems(): readonly ServerProblem[] {
    return problemsOf(this.#isServing, this.#writer, this.#watch);
  }

  /** All that lasts, as plain data in one order; what hostile input must not change. */
  snapshot(): unknown {
    return this.#hub.snapshot();
  }

  /**
   * Stores what is under way, tells every client and frees the socket; members stay members. Idempotent.
   * @returns false when the store did not answer in time: what it has not taken was told to nobody
   */
  close(options: CloseOptions = {}): Promise<boolean> {
    checkOptions(options, closeShape, 'Server.close');
    this.#closing ??= this.#close(options);
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

  async #close({ returnMs }: CloseOptions): Promise<boolean> {
    this.#isServing = false;
    this.#probation.close();
    const announced = announce(this.#endpoint, this.#driver, this.#environment, returnMs);
    const keepers = Promise.all([this.#housekeeper.close(), this.#watch.close()]);
    const isTidy = await this.#inTime(keepers);
    const isDrained =
      isTidy && (await this.#inTime(this.#writer.drain())) && !this.#writer.isStoreFull;
    this.#carryOut();
    await announced;
    this.#endpoint.closeAll(closeNumbers.shutdown, 'the server is shutting down');
    await this.#driver?.close();
    const isClosed = !this.#ownsStore || (await this.#inTime(this.#store.close()));
    return isDrained && isClosed;
  }

  #inTime(work: Promise<unknown>): Promise<boolean> {
    return doneWithin(work, this.#drainMs, this.#environment);
  }

  #receive(event: EndpointEvent): void {
    // Connections that end with the server say nothing about their clients.
    if (!this.#isServing) return;
    const now = this.#environment.now();
    const { link } = event;
    switch (event.type) {
      case 'connected':
        this.#tally.handshakes++;
        this.#hub.linkUp(link, event.identity, event.address);
        this.#probation.begin(link, () => this.#expel(link));
        break;
      case 'messageReceived':
        this.#tally.requests++;
        if (!this.#hub.receive(link, event.conversation, event.payload, now)) {
          this.#tally.undecodable++;
        }
        break;
      case 'silenceExceeded':
        this.#hub.unresponsive(link, now);
        break;
      case 'silenceBroken':
      case 'answered':
        this.#hub.probed(link, true, now);
        break;
      case 'closed':
        this.#probation.end(link);
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
    if (relayed === undefined) {
      this.#tally.unrelayed++;
      return;
    }
    this.#tally.relayed++;
    this.#endpoint.sendDatagram(relayed.link, relayed.payload);
  }

  /** A place is for somebody with a name. */
  #expel(link: number): void {
    if (this.#hub.isRegistered(link)) return;
    this.#endpoint.close(link, closeNumbers.silent, 'no name was claimed');
    this.#driver?.wake();
  }

  #readNext(link: number): OutgoingMessage | undefined {
    const message = this.#hub.readNext(link);
    // Packets are being put together; what the hub wants to know for the next ones is asked for afterwards.
    if (this.#hub.hasAsked) this.#driver?.wake();
    const isOfGroup = message !== undefined && message.conversation !== controlConversation;
    if (isOfGroup) this.#tally.deliveries++;
    return message;
  }

  /** A client that asks and does not read loses its connection, not the server its memory. */
  #drop(link: number): void {
    this.#endpoint.close(link, closeNumbers.overrun, 'answers were not read');
  }

  /** What changes anything is refused until there is room; what only asks is answered. */
  #storeFull(error: BanterError | undefined): void {
    this.#hub.storeFull(error !== undefined, this.#environment.now());
    this.#driver?.wake();
    if (error === undefined) this.emit('storeRecovered');
    else this.emit('storeFull', error);
    // Perhaps there is something to let go of.
    this.#housekeeper.hurry();
  }

  /** Nobody is told that what nobody will find is durable. */
  #moved(isInPlace: boolean): void {
    this.#hub.isDurable = isInPlace && this.#store.isDurable;
    this.emit(isInPlace ? 'storeFound' : 'storeGone');
  }

  #failRead(error: BanterError): void {
    // What is asked of a store that is being closed is nobody's concern.
    if (!this.#isServing) return;
    this.#tally.failedReads++;
    this.emit('readFailed', error);
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
        this.#tally.countChange(effect.change.type);
        this.#writer.add(effect.number, effect.change);
        break;
      case 'query':
        this.#reader.ask(effect.number, effect.query);
        break;
      case 'prune':
        this.#housekeeper.hurry();
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
