/** Private messages: from client to client over encrypted connections of their own, whether the server is there or not. */

import type { Mirror } from '../chat/mirror.ts';
import type { Delivered, DirectoryEntry } from '../chat/types.ts';
import { controlConversation, type PeerMessage, peerCodec } from '../chat/wire.ts';
import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';
import { type Address, isAuxiliary, isRelayed } from '../protocol/address.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';
import type { Endpoint } from '../protocol/endpoint.ts';
import type { EndpointEvent } from '../protocol/endpoint-event.ts';
import type { ConnectionTiming } from '../protocol/liveness.ts';
import { Outbox } from './outbox.ts';
import type { PeerKeys } from './peer-keys.ts';
import type { PrivateText, Reception } from './reception.ts';
import type { Routes } from './routes.ts';
import { type ReceivedPrivate, UnknownSenders } from './unknown-senders.ts';

/** Connections to a peer that may end in a row without a confirmation. */
const fruitlessMax = 3;

/** A message that is not confirmed within this many silences is given up, whatever connections come and go. */
const patienceSilences = 4;

/**
 * Of the silence, what all ways to a peer get together: whoever calls knows before the server, whose patience with the
 * peer begins with the first datagram that it relays.
 */
const patienceShare = 0.9;

/** A direct way that has died is looked for again so much later. Milliseconds. */
const widenAgainMs = 10_000;

export interface DirectOptions {
  readonly endpoint: Endpoint;
  readonly environment: Environment;
  /** Called after the endpoint was given something to do. */
  readonly wake: () => void;
  readonly mirror: Mirror;
  readonly routes: Routes;
  readonly keys: PeerKeys;
  readonly reception: Reception;
  /** Of connections to peers; `silenceMs` is also how long to try to reach one. */
  readonly timing: ConnectionTiming;
  /** A message waits until the mirror knows its sender. */
  readonly onStranger: (name: string) => void;
}

/** A peer by its identity, with at most one connection to send on. */
interface Peer {
  readonly identity: string;
  link: number | undefined;
  isOpen: boolean;
  /** Whether its packets take the relay. */
  isRelayed: boolean;
  /** Ways that have led nowhere since the last one that did. */
  failedWays: number;
  /** Set while a direct way that has died is to be looked for again. */
  cancelWidening: (() => void) | undefined;
  /** Connections in a row that ended without a word from the peer. */
  fruitless: number;
  readonly outbox: Outbox;
}

export class Direct {
  readonly #options: DirectOptions;
  readonly #peers = new Map<string, Peer>();
  /** Who is at the other end of each connection. */
  readonly #identities = new Map<number, string>();
  readonly #unknown = new UnknownSenders();

  constructor(options: DirectOptions) {
    this.#options = options;
  }

  /**
   * Sends a message; resolves when the peer's client has it.
   * @throws BanterError USER_UNKNOWN, PEER_KEY_CHANGED, PEER_UNREACHABLE, RATE_LIMITED, ABORTED
   */
  async send(
    to: string,
    message: PrivateText,
    signal: AbortSignal | undefined,
  ): Promise<Delivered> {
    const entry = this.#options.mirror.find(to);
    if (entry === undefined) {
      throw new BanterError('USER_UNKNOWN', `no user is called "${to}"`, { data: { name: to } });
    }
    this.#options.keys.check(entry);
    if (this.#options.routes.ways(entry).length === 0) throw unreachable(entry.name);
    const peer = this.#peer(entry.key);
    const confirmed = peer.outbox.add(
      {
        mid: toHex(message.mid),
        to: entry.name,
        payload: encode({ type: 'privateMessage', ...message }),
      },
      signal,
    );
    this.#advance(peer);
    await confirmed;
    return { type: 'delivered', mid: toHex(message.mid), to: entry.name };
  }

  /** Whether there is a connection to an identity. */
  isConnected(identity: string): boolean {
    return this.#peers.get(identity)?.isOpen === true;
  }

  /** Takes an event of a connection that is not the server's. */
  receive(event: EndpointEvent): void {
    switch (event.type) {
      case 'connected':
        this.#handleConnected(event.link, toHex(event.identity), event.address);
        break;
      case 'handshakeFailed':
        this.#handleFailure(event.link);
        break;
      case 'messageReceived':
        this.#receiveMessage(event.link, event.payload);
        break;
      case 'silenceExceeded':
        this.#options.endpoint.close(event.link, 0, 'no answer');
        this.#giveUp(this.#peerOfLink(event.link));
        break;
      case 'moved':
        this.#handleMove(event.link, isRelayed(event.address));
        break;
      case 'datagramReceived':
      case 'silenceBroken':
      case 'answered':
        break;
      case 'closed':
        this.#handleClosed(event.link);
        break;
    }
  }

  /** Peers that have moved are sought where they are now; messages of senders that are now known are taken. */
  handleDirectory(entries: readonly DirectoryEntry[]): void {
    for (const entry of entries) {
      const peer = this.#peers.get(entry.key);
      if (peer !== undefined && entry.online) this.#widen(peer);
    }
    this.#unknown.offer((received) => this.#accept(received), this.#options.environment.now());
  }

  /** The relay has gone or come back with the server: what depends on it takes another way, or gets it beside its own. */
  handleServer(): void {
    for (const peer of this.#peers.values()) {
      if (peer.isOpen) {
        this.#widen(peer);
      } else if (peer.link !== undefined && peer.isRelayed) {
        this.#disconnect(peer);
        peer.failedWays = 0;
        this.#advance(peer);
      }
    }
  }

  /** Ends every connection; what is under way fails. */
  close(error: BanterError): void {
    for (const peer of this.#peers.values()) {
      peer.outbox.failAll(error);
      this.#disconnect(peer);
    }
    for (const link of this.#identities.keys()) this.#options.endpoint.close(link, 0, 'done');
  }

  #peer(identity: string): Peer {
    const known = this.#peers.get(identity);
    if (known !== undefined) return known;
    const { environment, timing } = this.#options;
    const peer: Peer = {
      identity,
      link: undefined,
      isOpen: false,
      isRelayed: false,
      failedWays: 0,
      cancelWidening: undefined,
      fruitless: 0,
      outbox: new Outbox(environment, patienceSilences * timing.silenceMs),
    };
    this.#peers.set(identity, peer);
    return peer;
  }

  /** Sends what waits if there is a connection, else sees to it that there will be one. */
  #advance(peer: Peer): void {
    const { endpoint, environment, timing, wake, routes } = this.#options;
    if (peer.link !== undefined && peer.isOpen) {
      for (const payload of peer.outbox.take()) {
        endpoint.send(peer.link, controlConversation, payload);
      }
    } else if (peer.link === undefined && peer.outbox.size > 0) {
      const entry = this.#entryOf(peer);
      const [address, ...others] =
        entry === undefined ? [] : routes.ways(entry).slice(peer.failedWays);
      if (address === undefined) {
        this.#giveUp(peer);
        return;
      }
      const target = {
        address,
        identity: fromHex(peer.identity),
        timing,
        timeoutMs: (patienceShare * timing.silenceMs) / (1 + peer.failedWays + others.length),
        conversationsMax: 1,
      };
      peer.link = endpoint.connect(target, environment.now());
      peer.isOpen = false;
      peer.isRelayed = isRelayed(address);
    }
    wake();
  }

  /** What the server says of a peer: of several names of one identity, one that is online. */
  #entryOf({ identity }: Peer): DirectoryEntry | undefined {
    const entries = [...this.#options.mirror.entries.values()].filter(
      ({ key }) => key === identity,
    );
    return entries.find(({ online }) => online) ?? entries[0];
  }

  /** Looks for further ways to a peer. */
  #widen(peer: Peer): void {
    const { routes, wake } = this.#options;
    const entry = this.#entryOf(peer);
    if (entry === undefined || peer.link === undefined || !peer.isOpen) return;
    routes.widen(peer.link, entry);
    wake();
  }

  #handleConnected(link: number, identity: string, address: Address): void {
    this.#identities.set(link, identity);
    // Whoever is there for a moment only writes; the name, and its addresses, are those of the present client.
    if (isAuxiliary(address)) return;
    const peer = this.#peer(identity);
    if (peer.isOpen && peer.link !== link) return;
    // The peer was faster: its connection serves as well as ours would.
    if (peer.link !== undefined && peer.link !== link) this.#options.endpoint.abort(peer.link);
    peer.link = link;
    peer.isOpen = true;
    peer.isRelayed = isRelayed(address);
    peer.failedWays = 0;
    this.#options.endpoint.setTiming(link, { awaitsAnswer: () => peer.outbox.size > 0 });
    this.#widen(peer);
    this.#advance(peer);
  }

  /** A way was found, or one has died: it is looked for again after a while. */
  #handleMove(link: number, relayed: boolean): void {
    const peer = this.#peerOfLink(link);
    if (peer === undefined) return;
    peer.isRelayed = relayed;
    peer.cancelWidening?.();
    peer.cancelWidening = relayed
      ? this.#options.environment.setTimer(() => this.#widen(peer), widenAgainMs)
      : undefined;
  }

  /** A way has led nowhere; there may be another. */
  #handleFailure(link: number): void {
    const peer = this.#peerOfLink(link);
    if (peer === undefined) return;
    peer.link = undefined;
    peer.failedWays++;
    this.#advance(peer);
  }

  #handleClosed(link: number): void {
    const peer = this.#peerOfLink(link);
    this.#identities.delete(link);
    this.#options.routes.forget(link);
    if (peer === undefined) return;
    this.#disconnect(peer);
    if (peer.outbox.size === 0) this.#peers.delete(peer.identity);
    // A peer that hangs up each time must not make us call it for ever.
    if (++peer.fruitless > fruitlessMax) this.#giveUp(peer);
    else this.#advance(peer);
  }

  /** The peer that a link is the way to send to. */
  #peerOfLink(link: number): Peer | undefined {
    for (const peer of this.#peers.values()) if (peer.link === link) return peer;
    return undefined;
  }

  #giveUp(peer: Peer | undefined): void {
    if (peer === undefined) return;
    this.#peers.delete(peer.identity);
    this.#disconnect(peer);
    peer.outbox.failAll();
  }

  #disconnect(peer: Peer): void {
    peer.cancelWidening?.();
    if (peer.link === undefined) return;
    this.#options.endpoint.abort(peer.link);
    this.#options.endpoint.close(peer.link, 0, 'moved');
    peer.link = undefined;
    peer.isOpen = false;
    peer.outbox.rewind();
  }

  #receiveMessage(link: number, payload: Uint8Array): void {
    const identity = this.#identities.get(link);
    const message = peerCodec.decode(payload);
    if (identity === undefined || message === undefined) return;
    switch (message.type) {
      case 'privateMessage':
        this.#receivePrivate({ link, identity, message });
        break;
      case 'privateReceived':
        this.#confirm(this.#peers.get(identity), toHex(message.mid));
        break;
      case 'reachableAt':
        this.#options.routes.tryTold(link, message.addresses);
        this.#options.wake();
        break;
    }
  }

  /** A sender that is not known yet may be by the next word of the directory. */
  #receivePrivate(received: ReceivedPrivate): void {
    if (this.#accept(received)) return;
    const { mirror, environment, onStranger } = this.#options;
    this.#unknown.keep(received, environment.now());
    const { from } = received.message;
    if (mirror.find(from) === undefined) onStranger(from);
  }

  #confirm(peer: Peer | undefined, mid: string): void {
    if (peer === undefined) return;
    peer.fruitless = 0;
    peer.outbox.confirm(mid);
  }

  /** @returns false if the directory does not know the sender under this identity, so that the message may wait */
  #accept({ link, identity, message }: ReceivedPrivate): boolean {
    const { reception, endpoint, wake } = this.#options;
    const taken = reception.take({ identity, message, kept: false });
    if (taken === 'had') {
      const receipt = encode({ type: 'privateReceived', mid: message.mid });
      endpoint.send(link, controlConversation, receipt);
      wake();
    }
    return taken !== 'unknown';
  }
}

function encode(message: PeerMessage): Uint8Array {
  return peerCodec.encode(message);
}

function unreachable(name: string): BanterError {
  return new BanterError('PEER_UNREACHABLE', `${name} does not answer`, { data: { name } });
}
