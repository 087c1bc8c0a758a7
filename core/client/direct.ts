/** Private messages: from client to client over encrypted connections of their own, whether the server is there or not. */

import type { Mirror } from '../chat/mirror.ts';
import type { Delivered, DirectoryEntry, PrivateMessage } from '../chat/types.ts';
import { controlConversation, type PeerMessage, peerCodec } from '../chat/wire.ts';
import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';
import { addressKey } from '../protocol/address.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';
import type { Endpoint, EndpointEvent } from '../protocol/endpoint.ts';
import type { ConnectionTiming } from '../protocol/liveness.ts';
import type { PeerPins } from '../store/client-files.ts';
import { Outbox } from './outbox.ts';
import { Seen } from './seen.ts';

type Incoming = Extract<PeerMessage, { readonly type: 'privateMessage' }>;

/** Messages of senders whom the directory does not know yet; beyond, they are dropped and not acknowledged. */
const unknownMax = 256;

/** How long such a message waits for the directory. Milliseconds. */
const unknownMs = 5000;

/** Connections to a peer that may end in a row without a confirmation. */
const fruitlessMax = 3;

/** A message that is not confirmed within this many silences is given up, whatever connections come and go. */
const patienceSilences = 4;

export interface DirectOptions {
  readonly endpoint: Endpoint;
  readonly environment: Environment;
  /** Called after the endpoint was given something to do. */
  readonly wake: () => void;
  readonly mirror: Mirror;
  readonly pins: PeerPins;
  /** Of connections to peers; `silenceMs` is also how long to try to reach one. */
  readonly timing: ConnectionTiming;
  /** Shows or keeps a message. @returns whether it did, so that it may be acknowledged */
  readonly onMessage: (message: PrivateMessage) => boolean;
}

/** A peer by its identity, with at most one connection to send on. */
interface Peer {
  readonly identity: string;
  /** Where its connection leads, or its handshake tries. */
  address: string;
  link: number | undefined;
  isOpen: boolean;
  /** Connections in a row that ended without a word from the peer. */
  fruitless: number;
  readonly outbox: Outbox;
}

interface UnknownSender {
  readonly link: number;
  readonly identity: string;
  readonly message: Incoming;
  readonly expiresAt: number;
}

export class Direct {
  readonly #options: DirectOptions;
  readonly #peers = new Map<string, Peer>();
  /** Who is at the other end of each connection. */
  readonly #identities = new Map<number, string>();
  readonly #seen = new Seen();
  #unknown: UnknownSender[] = [];

  constructor(options: DirectOptions) {
    this.#options = options;
  }

  /**
   * Sends a message; resolves when the peer's client has it.
   * @throws BanterError USER_UNKNOWN, PEER_KEY_CHANGED, PEER_UNREACHABLE, RATE_LIMITED, ABORTED
   */
  async send(
    to: string,
    message: Omit<Incoming, 'type'>,
    signal: AbortSignal | undefined,
  ): Promise<Delivered> {
    const entry = this.#options.mirror.find(to);
    if (entry === undefined) {
      throw new BanterError('USER_UNKNOWN', `no user is called "${to}"`, { data: { name: to } });
    }
    this.#checkPin(entry);
    if (entry.address.port === 0) throw unreachable(entry.name);
    const peer = this.#peer(entry);
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

  /** Takes an event of a connection that is not the server's. */
  receive(event: EndpointEvent): void {
    switch (event.type) {
      case 'connected':
        this.#handleConnected(event.link, toHex(event.identity), addressKey(event.address));
        break;
      case 'handshakeFailed':
        this.#giveUp(this.#peerOfLink(event.link));
        break;
      case 'messageReceived':
        this.#receiveMessage(event.link, event.payload);
        break;
      case 'silenceExceeded':
        this.#options.endpoint.close(event.link, 0, 'no answer');
        this.#giveUp(this.#peerOfLink(event.link));
        break;
      case 'datagramReceived':
      case 'moved':
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
      if (peer === undefined || entry.address.port === 0) continue;
      if (!entry.online) continue;
      const address = addressKey(entry.address);
      if (address !== peer.address) this.#disconnect(peer);
      peer.address = address;
      if (peer.link === undefined) this.#advance(peer);
    }
    const waiting = this.#unknown;
    this.#unknown = [];
    for (const { link, identity, message } of waiting) this.#accept(link, identity, message);
  }

  /** Ends every connection; what is under way fails. */
  close(error: BanterError): void {
    for (const peer of this.#peers.values()) {
      peer.outbox.failAll(error);
      this.#disconnect(peer);
    }
    for (const link of this.#identities.keys()) this.#options.endpoint.close(link, 0, 'done');
  }

  /** Pins a key at first contact and refuses another one later. */
  #checkPin({ name, key }: DirectoryEntry): void {
    const pinned = this.#options.pins.key(name);
    if (pinned === undefined) {
      this.#options.pins.pin(name, key);
    } else if (pinned !== key) {
      throw new BanterError('PEER_KEY_CHANGED', `the key of ${name} is not the one known so far`, {
        data: { name, pinned, key },
      });
    }
  }

  #peer(entry: DirectoryEntry): Peer {
    const known = this.#peers.get(entry.key);
    if (known !== undefined) {
      if (known.link === undefined) known.address = addressKey(entry.address);
      return known;
    }
    const { environment, timing } = this.#options;
    const peer: Peer = {
      identity: entry.key,
      address: addressKey(entry.address),
      link: undefined,
      isOpen: false,
      fruitless: 0,
      outbox: new Outbox(environment, patienceSilences * timing.silenceMs),
    };
    this.#peers.set(entry.key, peer);
    return peer;
  }

  /** Sends what waits if there is a connection, else sees to it that there will be one. */
  #advance(peer: Peer): void {
    const { endpoint, environment, timing, wake, mirror } = this.#options;
    if (peer.link !== undefined && peer.isOpen) {
      for (const payload of peer.outbox.take()) {
        endpoint.send(peer.link, controlConversation, payload);
      }
    } else if (peer.link === undefined && peer.outbox.size > 0) {
      const entries = [...mirror.entries.values()].filter(({ key }) => key === peer.identity);
      const entry = entries.find(({ online }) => online) ?? entries[0];
      if (entry === undefined) {
        this.#giveUp(peer);
        return;
      }
      // A server that has restarted does not know where everybody is; the next delta tells.
      if (entry.address.port === 0) return;
      const target = {
        address: entry.address,
        identity: fromHex(peer.identity),
        timing,
        timeoutMs: timing.silenceMs,
        conversationsMax: 1,
      };
      peer.link = endpoint.connect(target, environment.now());
      peer.isOpen = false;
    }
    wake();
  }

  #handleConnected(link: number, identity: string, address: string): void {
    this.#identities.set(link, identity);
    const peer = this.#peers.get(identity);
    if (peer === undefined || (peer.isOpen && peer.link !== link)) return;
    // The peer was faster: its connection serves as well as ours would.
    if (peer.link !== undefined && peer.link !== link) this.#options.endpoint.abort(peer.link);
    peer.link = link;
    peer.address = address;
    peer.isOpen = true;
    this.#advance(peer);
  }

  #handleClosed(link: number): void {
    const peer = this.#peerOfLink(link);
    this.#identities.delete(link);
    if (peer === undefined) return;
    peer.link = undefined;
    peer.isOpen = false;
    peer.outbox.rewind();
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
    peer.fruitless = 0;
    this.#disconnect(peer);
    peer.outbox.failAll();
  }

  #disconnect(peer: Peer): void {
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
    if (message.type === 'privateReceived') {
      this.#confirm(this.#peers.get(identity), toHex(message.mid));
    } else {
      this.#accept(link, identity, message);
    }
  }

  #confirm(peer: Peer | undefined, mid: string): void {
    if (peer === undefined) return;
    peer.fruitless = 0;
    peer.outbox.confirm(mid);
  }

  #accept(link: number, identity: string, message: Incoming): void {
    const entry = this.#options.mirror.find(message.from);
    if (entry?.key !== identity) {
      this.#keepUnknown({ link, identity, message });
      return;
    }
    const pinned = this.#options.pins.key(entry.name);
    if (pinned !== undefined && pinned !== identity) return;
    if (pinned === undefined && !this.#canPin(entry.name, identity)) return;
    if (!this.#seen.has(identity, message.mid)) {
      // What cannot be kept is not acknowledged; its sender hears that it did not arrive.
      if (!this.#deliver(entry, message)) return;
      this.#seen.add(identity, message.mid);
    }
    const receipt = encode({ type: 'privateReceived', mid: message.mid });
    this.#options.endpoint.send(link, controlConversation, receipt);
    this.#options.wake();
  }

  /** Whether the key of first contact can be kept; else its message is not acknowledged either. */
  #canPin(name: string, identity: string): boolean {
    try {
      this.#options.pins.pin(name, identity);
      return true;
    } catch (error) {
      if (error instanceof BanterError) return false;
      throw error;
    }
  }

  #deliver(from: DirectoryEntry, message: Incoming): boolean {
    return this.#options.onMessage({
      type: 'private',
      mid: toHex(message.mid),
      from: from.name,
      text: message.text,
      sentAtMs: message.sentAtMs,
      bot: message.bot || from.bot,
      hops: message.hops,
      heldBack: false,
    });
  }

  /** The directory may be a moment behind: whoever has just registered may already write. */
  #keepUnknown(sender: Omit<UnknownSender, 'expiresAt'>): void {
    const now = this.#options.environment.now();
    this.#unknown = this.#unknown.filter(({ expiresAt }) => expiresAt > now);
    if (this.#unknown.length < unknownMax) {
      this.#unknown.push({ ...sender, expiresAt: now + unknownMs });
    }
  }
}

function encode(message: PeerMessage): Uint8Array {
  return peerCodec.encode(message);
}

function unreachable(name: string): BanterError {
  return new BanterError('PEER_UNREACHABLE', `${name} does not answer`, { data: { name } });
}
