/** One end of many connections: tells datagrams apart, opens, accepts, feeds and ends connections. */

import { Acceptor, type AcceptorDrop, type AcceptorResult } from './acceptor.ts';
import { type Address, addressKey } from './address.ts';
import { ByteWriter, toHex } from './bytes.ts';
import {
  Connection,
  type ConnectionEvent,
  type ConnectionTiming,
  type PacketDrop,
} from './connection.ts';
import type { Crypto, Identity, Random } from './crypto.ts';
import { decodeResponse, decodeRetry, type Introduction } from './handshake.ts';
import { type Agreement, type HandshakeFailure, Initiator } from './initiator.ts';
import {
  connectionIdBytes,
  connectionIdKey,
  datagramBytesMax,
  datagramForm,
  dataPacketBytesMin,
  resetTokenBytes,
} from './packet.ts';
import { Timers } from './timers.ts';

/** A half-open connection that proves nothing within this time is forgotten. Milliseconds. */
const halfOpenMs = 5000;

/** Resets a second at most: a reset answers a stranger. */
const resetsPerSecond = 200;

/** Why datagrams were dropped. */
export type DropReason =
  | PacketDrop
  | AcceptorDrop
  | 'unknownForm'
  | 'unknownConnection'
  | 'unexpected'
  | 'wrongAddress'
  | 'connectionsFull'
  | 'tooLarge';

/** What happened; `link` is the endpoint's number for a connection, never used twice. */
export type EndpointEvent =
  | {
      readonly type: 'connected';
      readonly link: number;
      readonly initiated: boolean;
      /** The peer's Ed25519 key, proved. 32 bytes. */
      readonly identity: Uint8Array;
      readonly address: Address;
    }
  | { readonly type: 'handshakeFailed'; readonly link: number; readonly failure: HandshakeFailure }
  | (ConnectionEvent & { readonly link: number });

export interface EndpointOptions {
  readonly crypto: Crypto;
  readonly random: Random;
  readonly identity: Identity;
  /** Timing of the connections that others open. */
  readonly timing: ConnectionTiming;
  /** Connections and half-open connections at most; beyond, handshakes are dropped. */
  readonly connectionsMax: number;
  readonly now: number;
}

interface Peer {
  readonly link: number;
  readonly idKey: number;
  readonly connection: Connection;
  readonly resetKey: string;
  readonly initiated: boolean;
  /** Until the initiator's first authentic packet the connection may be a replay: it counts for nothing. */
  halfOpenUntil: number | undefined;
}

interface Attempt {
  readonly link: number;
  readonly idKey: number;
  readonly nonceKey: string;
  readonly initiator: Initiator;
  readonly timing: ConnectionTiming;
}

export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #acceptor: Acceptor;
  readonly #resetSecret: Uint8Array;
  readonly #scratch = new ByteWriter(datagramBytesMax);
  readonly #peers = new Map<number, Peer>();
  readonly #peersById = new Map<number, Peer>();
  readonly #peersByReset = new Map<string, Peer>();
  readonly #attempts = new Map<number, Attempt>();
  readonly #timers = new Timers<Peer | Attempt>();
  readonly #dirty = new Set<Peer>();
  readonly #replies: { readonly to: Address; readonly datagram: Uint8Array }[] = [];
  readonly #events: EndpointEvent[] = [];
  readonly #drops = new Map<DropReason, number>();
  #nextLink = 1;
  #resetWindow = { startedAt: 0, count: 0 };

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#acceptor = new Acceptor(options);
    // Derived, so that a restarted process of the same identity can still reset the connections of its predecessor.
    this.#resetSecret = options.crypto.mac(
      options.identity.seed,
      new TextEncoder().encode('banter reset'),
    );
  }

  /** How many datagrams were dropped, by reason. */
  get drops(): ReadonlyMap<DropReason, number> {
    return this.#drops;
  }

  /** Open and half-open connections. */
  get connectionCount(): number {
    return this.#peers.size;
  }

  /** Begins a handshake; `connected` or `handshakeFailed` with the returned link follows. */
  connect(
    target: {
      readonly address: Address;
      /** The only key to accept; undefined to accept any on first contact. */
      readonly identity: Uint8Array | undefined;
      readonly timing: ConnectionTiming;
      readonly timeoutMs: number;
    },
    now: number,
  ): number {
    const introduction = this.#introduce();
    const { crypto, random, identity } = this.#options;
    const initiator = new Initiator({
      crypto,
      random,
      identity,
      address: target.address,
      expectedIdentity: target.identity,
      introduction,
      timeoutMs: target.timeoutMs,
      now,
    });
    const attempt: Attempt = {
      link: this.#nextLink++,
      idKey: connectionIdKey(introduction.connectionId),
      nonceKey: toHex(initiator.nonce),
      initiator,
      timing: target.timing,
    };
    this.#attempts.set(attempt.idKey, attempt);
    this.#transmitAttempt(attempt);
    return attempt.link;
  }

  /** Gives up a handshake without an event. */
  abort(link: number): void {
    for (const attempt of this.#attempts.values()) {
      if (attempt.link === link) this.#deleteAttempt(attempt);
    }
  }

  /** Queues a message; false if the link has ended. */
  send(link: number, conversation: number, payload: Uint8Array): boolean {
    return this.#touch(link, (connection) => connection.send(conversation, payload));
  }

  close(link: number, code: number, reason: string): void {
    this.#touch(link, (connection) => connection.close(code, reason));
  }

  abandon(link: number, conversation: number): void {
    this.#touch(link, (connection) => connection.abandon(conversation));
  }

  ping(link: number): void {
    this.#touch(link, (connection) => connection.ping());
  }

  setTiming(link: number, timing: Partial<ConnectionTiming>): void {
    this.#touch(link, (connection) => connection.setTiming(timing));
  }

  /** Bytes that wait on a link; 0 if it has ended. */
  queuedBytes(link: number): number {
    return this.#peers.get(link)?.connection.queuedBytes ?? 0;
  }

  /** Takes a datagram; the bytes stay the caller's. */
  receive(datagram: Uint8Array, from: Address, now: number): void {
    const form = datagram[0] ?? 0;
    if (datagram.length > datagramBytesMax) this.#drop('tooLarge');
    else if ((form & datagramForm.data) !== 0) this.#receiveData(datagram, from, now);
    else if (form === datagramForm.hello) {
      this.#answer(this.#acceptor.receiveHello(datagram, from, now), from, now);
    } else if (form === datagramForm.init) this.#receiveInit(datagram, from, now);
    else if (form === datagramForm.retry) this.#receiveRetry(datagram, from, now);
    else if (form === datagramForm.response) this.#receiveResponse(datagram, from, now);
    else if (form === datagramForm.reset) this.#receiveReset(datagram);
    else this.#drop('unknownForm');
  }

  /** The next datagram to send. */
  pollTransmit(now: number): { readonly to: Address; readonly datagram: Uint8Array } | undefined {
    const reply = this.#replies.shift();
    if (reply !== undefined) return reply;
    for (const peer of this.#dirty) {
      const datagram = peer.connection.pollTransmit(now);
      if (datagram !== undefined) return { to: peer.connection.remoteAddress, datagram };
      this.#settle(peer);
    }
    return undefined;
  }

  /** When {@link handleTimeout} is due. */
  pollTimeout(): number | undefined {
    return this.#timers.next;
  }

  handleTimeout(now: number): void {
    for (;;) {
      const due = this.#timers.takeDue(now);
      if (due === undefined) return;
      if ('initiator' in due) this.#handleAttemptTimeout(due, now);
      else this.#handlePeerTimeout(due, now);
    }
  }

  pollEvent(): EndpointEvent | undefined {
    return this.#events.shift();
  }

  #receiveData(datagram: Uint8Array, from: Address, now: number): void {
    if (datagram.length < dataPacketBytesMin) return this.#drop('malformed');
    const peer = this.#peersById.get(connectionIdKey(datagram, 1));
    if (peer === undefined) {
      this.#drop('unknownConnection');
      return this.#sendReset(datagram, from, now);
    }
    if (addressKey(from) !== addressKey(peer.connection.remoteAddress)) {
      return this.#drop('wrongAddress');
    }
    const reason = peer.connection.receive(datagram, now);
    if (reason !== undefined) this.#drop(reason);
    if (reason === 'forged' || reason === 'replayed') return;
    if (peer.halfOpenUntil !== undefined) {
      peer.halfOpenUntil = undefined;
      this.#announce(peer);
    }
    this.#collectEvents(peer);
    this.#dirty.add(peer);
  }

  #receiveInit(datagram: Uint8Array, from: Address, now: number): void {
    if (this.#peers.size >= this.#options.connectionsMax) return this.#drop('connectionsFull');
    let ours: Introduction | undefined;
    const introduce = (): Introduction => {
      ours = this.#introduce();
      return ours;
    };
    const result = this.#acceptor.receiveInit(datagram, from, introduce, now);
    this.#answer(result, from, now);
    if (result.type !== 'accepted' || ours === undefined) return;
    const idKey = connectionIdKey(ours.connectionId);
    const peer = this.#addPeer(this.#nextLink++, idKey, from, result.agreement, undefined, now);
    this.#timers.set(peer, now + halfOpenMs);
  }

  #receiveRetry(datagram: Uint8Array, from: Address, now: number): void {
    const retry = decodeRetry(datagram);
    if (retry === undefined) return this.#drop('malformed');
    const nonceKey = toHex(retry.nonce);
    for (const attempt of this.#attempts.values()) {
      if (attempt.nonceKey !== nonceKey) continue;
      if (addressKey(attempt.initiator.address) !== addressKey(from)) break;
      attempt.initiator.receiveRetry(retry, now);
      return this.#transmitAttempt(attempt);
    }
    this.#drop('unexpected');
  }

  #receiveResponse(datagram: Uint8Array, from: Address, now: number): void {
    const response = decodeResponse(datagram);
    if (response === undefined) return this.#drop('malformed');
    const attempt = this.#attempts.get(connectionIdKey(response.connectionId));
    if (attempt === undefined || addressKey(attempt.initiator.address) !== addressKey(from)) {
      return this.#drop('unexpected');
    }
    const agreement = attempt.initiator.receiveResponse(response, now);
    if (agreement === undefined) return this.#drop('forged');
    this.#deleteAttempt(attempt);
    const peer = this.#addPeer(attempt.link, attempt.idKey, from, agreement, attempt.timing, now);
    // The responder takes us seriously from our first packet on.
    peer.connection.ping();
    this.#announce(peer);
    this.#dirty.add(peer);
  }

  #receiveReset(datagram: Uint8Array): void {
    const peer =
      datagram.length === 1 + resetTokenBytes
        ? this.#peersByReset.get(toHex(datagram.subarray(1)))
        : undefined;
    if (peer === undefined) return this.#drop('unexpected');
    peer.connection.reset();
    this.#collectEvents(peer);
    this.#dirty.add(peer);
  }

  /** Tells whoever holds a connection that we do not know (RFC 9000 §10.3); smaller than what provoked it. */
  #sendReset(datagram: Uint8Array, to: Address, now: number): void {
    if (now - this.#resetWindow.startedAt >= 1000) this.#resetWindow = { startedAt: now, count: 0 };
    if (++this.#resetWindow.count > resetsPerSecond) return;
    const reset = new Uint8Array(1 + resetTokenBytes);
    reset[0] = datagramForm.reset;
    reset.set(this.#resetToken(datagram.subarray(1, 1 + connectionIdBytes)), 1);
    this.#replies.push({ to, datagram: reset });
  }

  #answer(result: AcceptorResult, to: Address, _now: number): void {
    if (result.type === 'dropped') this.#drop(result.reason);
    else this.#replies.push({ to, datagram: result.datagram });
  }

  #introduce(): Introduction {
    for (;;) {
      const connectionId = this.#options.random(connectionIdBytes);
      const idKey = connectionIdKey(connectionId);
      if (!this.#peersById.has(idKey) && !this.#attempts.has(idKey)) {
        return { connectionId, resetToken: this.#resetToken(connectionId) };
      }
    }
  }

  #resetToken(connectionId: Uint8Array): Uint8Array {
    return this.#options.crypto.mac(this.#resetSecret, connectionId);
  }

  #addPeer(
    link: number,
    idKey: number,
    address: Address,
    agreement: Agreement,
    timing: ConnectionTiming | undefined,
    now: number,
  ): Peer {
    const peer: Peer = {
      link,
      idKey,
      resetKey: toHex(agreement.remote.resetToken),
      initiated: timing !== undefined,
      halfOpenUntil: timing === undefined ? now + halfOpenMs : undefined,
      connection: new Connection({
        crypto: this.#options.crypto,
        scratch: this.#scratch,
        keys: agreement.keys,
        version: agreement.version,
        remoteConnectionId: agreement.remote.connectionId,
        remoteAddress: address,
        remoteIdentity: agreement.remoteIdentity,
        rttMs: agreement.rttMs,
        timing: timing ?? this.#options.timing,
        now,
      }),
    };
    this.#peers.set(link, peer);
    this.#peersById.set(idKey, peer);
    this.#peersByReset.set(peer.resetKey, peer);
    return peer;
  }

  #announce(peer: Peer): void {
    this.#events.push({
      type: 'connected',
      link: peer.link,
      initiated: peer.initiated,
      identity: peer.connection.remoteIdentity,
      address: peer.connection.remoteAddress,
    });
  }

  #touch(link: number, action: (connection: Connection) => void): boolean {
    const peer = this.#peers.get(link);
    if (peer === undefined || peer.connection.isClosed) return false;
    action(peer.connection);
    this.#collectEvents(peer);
    this.#dirty.add(peer);
    return true;
  }

  #collectEvents(peer: Peer): void {
    for (;;) {
      const event = peer.connection.pollEvent();
      if (event === undefined) return;
      this.#events.push({ ...event, link: peer.link });
    }
  }

  /** A connection has nothing to send for now. */
  #settle(peer: Peer): void {
    this.#dirty.delete(peer);
    if (peer.connection.isClosed) return this.#deletePeer(peer);
    if (peer.halfOpenUntil !== undefined) return;
    const deadline = peer.connection.pollTimeout();
    if (deadline !== undefined) this.#timers.set(peer, deadline);
  }

  #handlePeerTimeout(peer: Peer, now: number): void {
    if (peer.halfOpenUntil !== undefined) {
      this.#deletePeer(peer);
      return;
    }
    const deadline = peer.connection.pollTimeout();
    if (deadline === undefined) return;
    if (deadline > now) return this.#timers.set(peer, deadline);
    peer.connection.handleTimeout(now);
    this.#collectEvents(peer);
    this.#dirty.add(peer);
  }

  #handleAttemptTimeout(attempt: Attempt, now: number): void {
    const failure = attempt.initiator.handleTimeout(now);
    if (failure === undefined) return this.#transmitAttempt(attempt);
    this.#deleteAttempt(attempt);
    this.#events.push({ type: 'handshakeFailed', link: attempt.link, failure });
  }

  #transmitAttempt(attempt: Attempt): void {
    for (;;) {
      const datagram = attempt.initiator.pollTransmit();
      if (datagram === undefined) break;
      this.#replies.push({ to: attempt.initiator.address, datagram });
    }
    this.#timers.set(attempt, attempt.initiator.pollTimeout());
  }

  #deleteAttempt(attempt: Attempt): void {
    this.#attempts.delete(attempt.idKey);
    this.#timers.delete(attempt);
  }

  #deletePeer(peer: Peer): void {
    this.#peers.delete(peer.link);
    this.#peersById.delete(peer.idKey);
    this.#peersByReset.delete(peer.resetKey);
    this.#timers.delete(peer);
    this.#dirty.delete(peer);
  }

  #drop(reason: DropReason): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
  }
}
