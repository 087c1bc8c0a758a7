/** What a client runs on: one socket, with the server's connection and the peers' on it. */

import type { Mirror } from '../chat/mirror.ts';
import type { DirectoryEntry, PrivateMessage } from '../chat/types.ts';
import type { ServerAddress } from '../net/address.ts';
import { Driver } from '../net/driver.ts';
import { SodiumCrypto } from '../net/sodium.ts';
import type { Environment } from '../net/transport.ts';
import { Endpoint } from '../protocol/endpoint.ts';
import type { EndpointEvent } from '../protocol/endpoint-event.ts';
import type { ClientFiles } from '../store/client-files.ts';
import { Archive } from './archive.ts';
import { Direct } from './direct.ts';
import { LookUps } from './look-ups.ts';
import type { Memberships } from './memberships.ts';
import type { ConnectOptions } from './options.ts';
import { Routes } from './routes.ts';
import { Session, type SessionListener } from './session.ts';

/** How long to wait for a server that was never reached. Milliseconds. */
const connectTimeoutMs = 5000;

/** A peer is asked less patiently than the server. Milliseconds. */
const peerSilenceMsMax = 5000;

const keepaliveMs = 15_000;
const serverIdleTimeoutMs = 45_000;
const peerIdleTimeoutMs = 60_000;

/** Peers talk on one conversation. */
const peerConversationsMax = 1;

/** Peers that may hold a connection to this client at a time. */
const connectionsMax = 1024;

/** How many of them one address may hold, which on the relay is one identity: nobody keeps the others out. */
const addressConnections = 64;

export interface WiringOptions {
  readonly options: ConnectOptions;
  readonly environment: Environment;
  readonly server: ServerAddress;
  /** The only key to accept from the server; undefined on first contact. */
  readonly serverKey: Uint8Array | undefined;
  /** How long the server may be silent. Milliseconds. */
  readonly silenceMs: number;
  readonly files: ClientFiles;
  readonly mirror: Mirror;
  readonly memberships: Memberships;
  readonly listener: SessionListener;
  readonly onDirectory: (changed: readonly DirectoryEntry[]) => void;
  /** @returns whether the message may be acknowledged */
  readonly onPrivateMessage: (message: PrivateMessage) => boolean;
}

export class Wiring {
  readonly session: Session;
  readonly direct: Direct;
  readonly routes: Routes;
  readonly lookUps: LookUps;
  readonly archive: Archive;
  readonly endpoint: Endpoint;
  readonly #driver: Driver;

  private constructor(options: WiringOptions, endpoint: Endpoint, driver: Driver, host: string) {
    const { environment, server, mirror, files, silenceMs } = options;
    const {
      name,
      bot = false,
      auxiliary = false,
      takeOver = false,
      relayOnly = false,
      reconnect = true,
    } = options.options;
    const shared = { endpoint, environment, mirror, wake: () => driver.wake() };
    this.endpoint = endpoint;
    this.#driver = driver;
    this.routes = new Routes({
      endpoint,
      now: () => environment.now(),
      serverLink: () => this.session.readyLink,
      relayOnly,
      localAddresses: () =>
        environment.localHosts().map((host) => ({ host, port: this.localPort })),
    });
    this.direct = new Direct({
      ...shared,
      routes: this.routes,
      pins: files.pins,
      timing: peerTiming(silenceMs),
      onMessage: options.onPrivateMessage,
      onStranger: (name) => this.lookUps.seek(name),
    });
    this.lookUps = new LookUps({
      ...shared,
      ask: (body, type, signal) => this.session.ask(body, type, signal),
      onDirectory: options.onDirectory,
    });
    this.archive = new Archive({
      environment,
      memberships: options.memberships,
      ask: (body, type, signal) => this.session.ask(body, type, signal),
    });
    this.session = new Session(
      {
        ...shared,
        listener: options.listener,
        onRelayed: (payload) => this.routes.receiveRelayed(payload),
        server: { host, port: server.port },
        serverName: server.text,
        name,
        bot,
        auxiliary,
        takeOver,
        relayOnly,
        reconnect,
        timing: { silenceMs, keepaliveMs, idleTimeoutMs: serverIdleTimeoutMs },
        followsPolicy: options.options.silenceMs === undefined,
        connectTimeoutMs: options.options.silenceMs ?? connectTimeoutMs,
        memberships: options.memberships,
      },
      options.serverKey,
    );
  }

  /** Finds the server's address and binds a socket; nothing is sent yet. @throws BanterError ADDRESS_INVALID, PORT_IN_USE */
  static async open(options: WiringOptions): Promise<Wiring> {
    const { environment, server, files } = options;
    const crypto = new SodiumCrypto();
    const endpoint = new Endpoint({
      crypto,
      random: environment.random,
      identity: crypto.identity(files.seed),
      timing: peerTiming(options.silenceMs),
      connectionsMax,
      admission: { addressConnections },
      conversationsMax: peerConversationsMax,
      relayedOnly: options.options.relayOnly ?? false,
      isAuxiliary: options.options.auxiliary ?? false,
      now: environment.now(),
      epochMs: environment.wallClockMs() - environment.now(),
    });
    const host = await environment.resolve(server.host);
    const driver = await Driver.start({
      environment,
      endpoint,
      host: undefined,
      port: options.options.localPort ?? 0,
      // Nothing happens before the first connection, and so not before the wiring stands.
      onEvent: (event) => wiring.#receive(event),
      sendRelayed: (datagram, to) => wiring.routes.sendRelayed(datagram, to),
    });
    const wiring = new Wiring(options, endpoint, driver, host);
    return wiring;
  }

  get localPort(): number {
    return this.#driver.localAddress.port;
  }

  /** Sends what is due and frees the socket. Idempotent. */
  close(): Promise<void> {
    return this.#driver.close();
  }

  #receive(event: EndpointEvent): void {
    if (!this.session.receive(event)) this.direct.receive(event);
  }
}

function peerTiming(silenceMs: number): {
  readonly silenceMs: number;
  readonly keepaliveMs: undefined;
  readonly idleTimeoutMs: number;
} {
  return {
    silenceMs: Math.min(silenceMs, peerSilenceMsMax),
    keepaliveMs: undefined,
    idleTimeoutMs: peerIdleTimeoutMs,
  };
}
