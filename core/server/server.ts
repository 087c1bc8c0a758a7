/** The server: a hub on a socket, its identity and table of names kept in a folder. */

import { EventEmitter } from 'node:events';
import { closeNumbers } from '../chat/closing.ts';
import type { HubEffect } from '../chat/effects.ts';
import type { ServerFact } from '../chat/facts.ts';
import { Hub } from '../chat/hub.ts';
import type { HubLimits } from '../chat/limits.ts';
import { defaultPolicy, type Policy } from '../chat/types.ts';
import { BanterError } from '../errors.ts';
import { defaultPort, fingerprintOf } from '../net/address.ts';
import { Driver } from '../net/driver.ts';
import { SodiumCrypto } from '../net/sodium.ts';
import { systemEnvironment } from '../net/system.ts';
import type { Environment } from '../net/transport.ts';
import type { Address } from '../protocol/address.ts';
import type { AdmissionLimits } from '../protocol/admission.ts';
import { Endpoint, type EndpointEvent } from '../protocol/endpoint.ts';
import { ServerFiles } from '../store/server-files.ts';

/** How to serve. */
export interface ServerOptions {
  /** UDP port; 0 for any free one. Default 6666. */
  readonly port?: number;
  /** Address to bind. Default: all, IPv6 and IPv4. */
  readonly host?: string;
  /** Folder of the server's identity and of its names ↔ keys (files of mode 0600). Without it both live as long as the process. */
  readonly dataDir?: string;
  /** What clients may do. Default: `defaultPolicy`. */
  readonly policy?: Partial<Policy>;
  /** Bounds of names, groups, messages and rates. Default: `defaultLimits`. */
  readonly limits?: Partial<HubLimits>;
  /** Connections at a time, half-open ones included; beyond, handshakes are dropped. Default 10,000. */
  readonly connectionsMax?: number;
  /** Handshakes and connections that one address, its network and all may begin. Default: as each field says. */
  readonly admission?: Partial<AdmissionLimits>;
  /** Clock and network; a test brings a simulated one. */
  readonly environment?: Environment;
}

export interface ServerEvents {
  /** Something happened. */
  fact: [fact: ServerFact];
  /** The server cannot go on, for instance because its folder cannot be written, and has closed. */
  failed: [error: Error];
}

/** A client that has said nothing for this long is asked whether it is there. Milliseconds. */
const keepaliveMs = 30_000;

/** A connection from which nothing came for this long is closed; its client comes back. Milliseconds. */
const idleTimeoutMs = 45_000;

/** Clients talk on the control conversation only. */
const clientConversationsMax = 1;

/** Whoever has claimed no name by then is disconnected. Milliseconds. */
const registrationMs = 10_000;

/** What may wait on one connection before the hub is asked for more. Bytes. */
const queuedBytesMax = 64 * 1024;

/** Answers and news that may wait on one connection; beyond, it is closed. Bytes. */
const answersBytesMax = 4 * 1024 * 1024;

/** Emits {@link ServerEvents}. */
export class Server extends EventEmitter<ServerEvents> {
  /** Its Ed25519 identity, 32 bytes; an embedding program hands it to its clients. */
  readonly key: Uint8Array;
  readonly #environment: Environment;
  readonly #files: ServerFiles | undefined;
  readonly #endpoint: Endpoint;
  readonly #hub: Hub;
  /** Links for which the hub has something and the connection had no room yet. */
  readonly #readable = new Set<number>();
  /** Of the time each connection has to claim a name. */
  readonly #cancelTimers = new Map<number, () => void>();
  #driver: Driver | undefined;
  #undecodable = 0;
  #unrelayed = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: ServerOptions, environment: Environment) {
    super();
    const newSeed = (): Uint8Array => environment.random(32);
    this.#environment = environment;
    this.#files =
      options.dataDir === undefined ? undefined : ServerFiles.open(options.dataDir, newSeed);
    const crypto = new SodiumCrypto();
    const identity = crypto.identity(this.#files?.seed ?? newSeed());
    const policy = { ...defaultPolicy, ...options.policy };
    const startedAtMs = environment.wallClockMs() - environment.now();
    this.key = identity.publicKey;
    this.#hub = new Hub({
      policy,
      limits: options.limits ?? {},
      random: environment.random,
      wallClock: (now) => Math.floor(startedAtMs + now),
      names: (this.#files?.names ?? []).map(({ name, key }) => ({ name, identity: key })),
    });
    this.#endpoint = new Endpoint({
      crypto,
      random: environment.random,
      identity,
      timing: { silenceMs: policy.silenceMs, keepaliveMs, idleTimeoutMs },
      connectionsMax: options.connectionsMax ?? 10_000,
      admission: options.admission ?? {},
      conversationsMax: clientConversationsMax,
      now: environment.now(),
      epochMs: startedAtMs,
    });
  }

  /** Binds and serves. @throws BanterError PORT_IN_USE, ADDRESS_INVALID, OPTION_INVALID, DATA_UNUSABLE */
  static async start(options: ServerOptions = {}): Promise<Server> {
    const environment = options.environment ?? systemEnvironment;
    const server = new Server(options, environment);
    server.#driver = await Driver.start({
      environment,
      endpoint: server.#endpoint,
      host: options.host,
      port: options.port ?? defaultPort,
      onEvent: (event) => server.#receive(event),
      machine: server.#hub,
      onFlush: () => server.#fillQueues(),
    });
    return server;
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

  /** Tells every client and frees the socket. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    for (const cancel of this.#cancelTimers.values()) cancel();
    this.#endpoint.closeAll(closeNumbers.shutdown, 'the server is shutting down');
    await this.#driver?.close();
    this.#files?.close();
  }

  #receive(event: EndpointEvent): void {
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
        this.#readable.delete(link);
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

  /** Gives each connection with room what the hub has for it; who reads slowly keeps nobody waiting. */
  #fillQueues(): void {
    this.#carryOut();
    for (const link of this.#readable) {
      while (this.#endpoint.queuedBytes(link) < queuedBytesMax) {
        const message = this.#hub.readNext(link);
        if (message === undefined) {
          this.#readable.delete(link);
          break;
        }
        this.#endpoint.send(link, message.conversation, message.payload);
      }
    }
  }

  /** A client that asks and does not read loses its connection, not the server its memory. */
  #drop(link: number): void {
    this.#endpoint.close(link, closeNumbers.overrun, 'answers were not read');
  }

  #carryOut(): void {
    for (;;) {
      const effect = this.#hub.pollEffect();
      if (effect === undefined || this.#closing !== undefined) return;
      try {
        this.#carryOutOne(effect);
      } catch (error) {
        if (!(error instanceof BanterError)) throw error;
        // Nothing that should have been stored first may be told to anybody.
        void this.close();
        this.emit('failed', error);
      }
    }
  }

  #carryOutOne(effect: HubEffect): void {
    switch (effect.type) {
      case 'send':
        this.#endpoint.send(effect.link, effect.conversation, effect.payload);
        if (this.#endpoint.queuedBytes(effect.link) > answersBytesMax) this.#drop(effect.link);
        break;
      case 'readable':
        this.#readable.add(effect.link);
        break;
      case 'bindName':
        this.#files?.bind({ name: effect.name, key: effect.identity });
        break;
      case 'probe':
        this.#endpoint.ping(effect.link);
        break;
      case 'close':
        this.#endpoint.close(effect.link, closeNumbers[effect.reason], effect.reason);
        break;
      case 'fact':
        this.emit('fact', effect.fact);
        break;
    }
  }
}
