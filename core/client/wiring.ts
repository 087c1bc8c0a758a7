/** What a client runs on: one socket, with the server's connection and the peers' on it. */

import type { Mirror } from '../chat/mirror.ts';
import type { DirectoryEntry, PrivateMessage } from '../chat/types.ts';
import type { ClientMessage } from '../chat/wire.ts';
import type { ServerAddress } from '../net/address.ts';
import { Driver } from '../net/driver.ts';
import { SodiumCrypto } from '../net/sodium.ts';
import type { Environment } from '../net/transport.ts';
import { fromHex } from '../protocol/bytes.ts';
import type { Crypto, Identity } from '../protocol/crypto.ts';
import { Endpoint } from '../protocol/endpoint.ts';
import type { EndpointEvent } from '../protocol/endpoint-event.ts';
import type { ClientFiles } from '../store/client-files.ts';
import { Administration } from './administration.ts';
import { Archive } from './archive.ts';
import { Direct } from './direct.ts';
import { Letterbox } from './letterbox.ts';
import { LookUps } from './look-ups.ts';
import { type LeftMessage, Mail } from './mail.ts';
import type { Memberships } from './memberships.ts';
import type { ConnectOptions } from './options.ts';
import { PeerKeys } from './peer-keys.ts';
import { Reception } from './reception.ts';
import { Routes } from './routes.ts';
import { Session } from './session.ts';
import type { Push, SessionListener } from './session-options.ts';

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
  /** Whether the server keeps private messages for who is absent, by its policy. */
  readonly hasMailbox: () => boolean;
  readonly onOutcome: (message: LeftMessage) => void;
}

export class Wiring {
  readonly session: Session;
  readonly direct: Direct;
  readonly mail: Mail;
  readonly letterbox: Letterbox;
  readonly routes: Routes;
  readonly lookUps: LookUps;
  readonly administration: Administration;
  readonly archive: Archive;
  readonly endpoint: Endpoint;
  readonly #driver: Driver;
  readonly #ask: Session['ask'] = (body, type, signal) => this.session.ask(body, type, signal);

  private constructor(options: WiringOptions, endpoint: Endpoint, driver: Driver, host: string) {
    const { environment, server, mirror, files, silenceMs } = options;
    const {
      name,
      bot = false,
      auxiliary = false,
      takeOver = false,
      relayOnly = false,
      invitation,
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
    const keys = new PeerKeys(files.pins);
    const reception = receptionOf(options, keys);
    this.direct = new Direct({
      ...shared,
      routes: this.routes,
      keys,
      reception,
      timing: peerTiming(silenceMs),
      onStranger: (name) => this.lookUps.seek(name),
    });
    this.lookUps = new LookUps({ ...shared, ask: this.#ask, onDirectory: options.onDirectory });
    const { direct, lookUps } = this;
    const tell = (message: ClientMessage): void => this.session.tell(message);
    const mailed = { ...shared, ...cryptoOf(files), keys, reception, direct, lookUps, tell };
    const isKept = (): boolean => this.session.isReady && options.hasMailbox();
    this.letterbox = new Letterbox(mailed);
    this.mail = new Mail({ ...mailed, ask: this.#ask, isKept, onOutcome: options.onOutcome });
    this.archive = new Archive({ environment, memberships: options.memberships, ask: this.#ask });
    this.administration = new Administration({ environment, ask: this.#ask });
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
        invitation: invitation === undefined ? undefined : fromHex(invitation),
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

  /** Somebody listens to what comes. */
  openMail(): void {
    this.letterbox.open();
    this.mail.open();
  }

  /** Takes what the server sends by itself about mail. @returns false if it is about something else */
  receiveMail(push: Push): boolean {
    if (push.type === 'envelope') this.letterbox.receive(push);
    else if (push.type === 'settled') this.mail.receive(push);
    else return false;
    return true;
  }

  /** The server is there. */
  handleWelcome(): void {
    this.lookUps.handleWelcome();
    this.direct.handleServer();
  }

  /** The mirror has learnt this: peers may have moved, and senders are known by now. */
  handleDirectory(changed: readonly DirectoryEntry[]): void {
    this.direct.handleDirectory(changed);
    this.letterbox.retry();
  }

  /** The server's connection has ended. */
  handleLoss(): void {
    this.letterbox.handleLoss();
    this.direct.handleServer();
  }

  get localPort(): number {
    return this.#driver.localAddress.port;
  }

  /** Sends what is due and frees the socket. Idempotent. */
  close(): Promise<void> {
    this.mail.close();
    this.letterbox.handleLoss();
    return this.#driver.close();
  }

  #receive(event: EndpointEvent): void {
    if (!this.session.receive(event)) this.direct.receive(event);
  }
}

function cryptoOf({ seed }: ClientFiles): { readonly crypto: Crypto; readonly identity: Identity } {
  const crypto = new SodiumCrypto();
  return { crypto, identity: crypto.identity(seed) };
}

function receptionOf(options: WiringOptions, keys: PeerKeys): Reception {
  const { mirror, files, onPrivateMessage: onMessage } = options;
  const { mailRecord: record, journal } = files;
  return new Reception({ mirror, keys, record, journaled: journal.messages, onMessage });
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
