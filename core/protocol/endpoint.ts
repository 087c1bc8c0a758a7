/** One end of many connections: tells datagrams apart, opens, accepts, feeds and ends connections. */

import { type Address, isRelayed, sameAddress } from './address.ts';
import { Admission } from './admission.ts';
import { ByteWriter, toHex } from './bytes.ts';
import { Connection } from './connection.ts';
import type { Transmit } from './connection-event.ts';
import type { DropReason, EndpointEvent } from './endpoint-event.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { ReassemblyBudget } from './flow.ts';
import type { Introduction } from './handshake.ts';
import { type ConnectTarget, type Established, Handshakes } from './handshakes.ts';
import { LinkTable } from './link-table.ts';
import type { ConnectionTiming } from './liveness.ts';
import {
  connectionIdBytes,
  connectionIdKey,
  datagramBytesMax,
  datagramForm,
  dataPacketBytesMin,
  resetTokenBytes,
} from './packet.ts';
import { Resets } from './resets.ts';
import type { MessageSource } from './send-queue.ts';
import { Timers } from './timers.ts';

/** Datagrams are written into buffers of this size, each thirteen times as long as the longest of them. Bytes. */
const scratchBytes = 16_384;

/** A half-open connection that proves nothing within this time is forgotten. Milliseconds. */
const halfOpenMs = 5000;

/** Drops of packets that the peer has not sent, or not only now. */
const unauthentic: ReadonlySet<DropReason> = new Set([
  'forged',
  'replayed',
  'ended',
  'wrongAddress',
]);

interface Peer {
  readonly link: number;
  readonly idKey: number;
  /** The token with which the peer resets the connection. */
  readonly textKey: string;
  readonly connection: Connection;
  readonly initiated: boolean;
  /** What the peer has proved, until it was told. 32 bytes. */
  identity: Uint8Array | undefined;
  /** Where the handshake came from or went to; an accepted connection counts there until it ends, wherever it moves. */
  readonly origin: Address;
  /** Until the initiator's first authentic packet its INIT may have been a replay: it counts for nothing. */
  halfOpen: boolean;
}

export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #admission: Admission;
  readonly #handshakes: Handshakes;
  readonly #resets: Resets;
  readonly #budget = new ReassemblyBudget();
  readonly #scratch = new ByteWriter(scratchBytes);
  readonly #peers = new LinkTable<Peer>();
  readonly #timers = new Timers<Peer>();
  readonly #dirty = new Set<Peer>();
  readonly #events: EndpointEvent[] = [];
  readonly #drops = new Map<DropReason, number>();
  #lastLink = 0;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#admission = new Admission(options.admission ?? {}, options.connectionsMax);
    this.#handshakes = new Handshakes({
      ...options,
      admission: this.#admission,
      epochMs: options.epochMs ?? 0,
      introduce: () => this.#introduce(),
      nextLink: () => ++this.#lastLink,
    });
    this.#resets = new Resets(options);
  }

  /** How many datagrams were dropped, by reason. */
  get drops(): ReadonlyMap<DropReason, number> {
    return this.#drops;
  }

  /** Open and half-open connections. */
  get connectionCount(): number {
    return this.#peers.size;
  }

  /** The smoothed round-trip time of every connection, in no order. Milliseconds. */
  rtts(): readonly number[] {
    return Array.from(this.#peers.entries(), ({ connection }) => connection.rttMs);
  }

  /** Begins a handshake; `connected` or `handshakeFailed` with the returned link follows. */
  connect(target: ConnectTarget, now: number): number {
    return this.#handshakes.connect(target, now);
  }

  /** Gives up a handshake without an event. */
  abort(link: number): void {
    this.#handshakes.abort(link);
  }

  /** Queues a message; false if the link has ended. */
  send(link: number, conversation: number, payload: Uint8Array): boolean {
    return this.#act(link, (connection) => connection.send(conversation, payload));
  }

  /** Queues a message on every link. */
  sendAll(conversation: number, payload: Uint8Array): void {
    for (const link of this.#peers.links()) this.send(link, conversation, payload);
  }

  /** Lets messages be taken from `source` as the link has room, until it has none; false if the link has ended. */
  offer(link: number, source: MessageSource): boolean {
    return this.#act(link, (connection) => connection.offer(source));
  }

  /** Ends a connection with a word to the peer. */
  close(link: number, code: number, reason: string): void {
    this.#act(link, (connection) => connection.close(code, reason));
  }

  /** Ends all connections. */
  closeAll(code: number, reason: string): void {
    for (const link of this.#peers.links()) this.close(link, code, reason);
  }

  /** Sends at most `datagramPayloadBytesMax` bytes that may be lost; false if the link has ended. */
  sendDatagram(link: number, payload: Uint8Array): boolean {
    return this.#act(link, (connection) => connection.sendDatagram(payload));
  }

  /** Tries whether the peer can be reached at an address; `moved` follows if that is better than the present one. */
  probe(link: number, address: Address, now: number): void {
    this.#act(link, (connection) => connection.probe(address, now));
  }

  /** Asks the peer for a sign of life; `answered` follows if there is one. */
  ping(link: number): void {
    this.#act(link, (connection) => connection.ping());
  }

  setTiming(link: number, timing: Partial<ConnectionTiming>): void {
    this.#act(link, (connection) => connection.setTiming(timing));
  }

  /** Bytes that wait on a link; 0 if it has ended. */
  queuedBytes(link: number): number {
    return this.#peers.byLink(link)?.connection.queuedBytes ?? 0;
  }

  /** Takes a datagram; the bytes stay the caller's. */
  receive(datagram: Uint8Array, from: Address, now: number): void {
    const form = datagram[0] ?? 0;
    if (datagram.length > datagramBytesMax) this.#drop('tooLarge');
    else if ((form & datagramForm.data) !== 0) this.#receiveData(datagram, from, now);
    else if (form === datagramForm.reset) this.#receiveReset(datagram, from);
    else this.#receiveHandshake(datagram, from, now);
  }

  /** The next datagram to send. */
  pollTransmit(now: number): Transmit | undefined {
    const reply = this.#resets.poll() ?? this.#handshakes.pollTransmit();
    if (reply !== undefined) return reply;
    for (const peer of this.#dirty) {
      const transmit = peer.connection.pollTransmit(now);
      if (transmit !== undefined) return transmit;
      this.#settle(peer);
    }
    return undefined;
  }

  /** When {@link handleTimeout} is due. */
  pollTimeout(): number | undefined {
    const next = Math.min(
      this.#timers.next ?? Number.POSITIVE_INFINITY,
      this.#handshakes.pollTimeout() ?? Number.POSITIVE_INFINITY,
    );
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  handleTimeout(now: number): void {
    for (const failed of this.#handshakes.handleTimeout(now)) {
      this.#events.push({ type: 'handshakeFailed', ...failed });
    }
    for (;;) {
      const peer = this.#timers.takeDue(now);
      if (peer === undefined) return;
      this.#handlePeerTimeout(peer, now);
    }
  }

  /** Events that were not polled yet. */
  get eventCount(): number {
    return this.#events.length;
  }

  pollEvent(): EndpointEvent | undefined {
    return this.#events.shift();
  }

  #receiveData(datagram: Uint8Array, from: Address, now: number): void {
    if (datagram.length < dataPacketBytesMin) {
      this.#drop('malformed');
      return;
    }
    const peer = this.#peers.byId(connectionIdKey(datagram, 1));
    if (peer === undefined) {
      this.#drop('unknownConnection');
      if (this.#isReachableFrom(from)) this.#resets.answer(datagram, from, now);
      return;
    }
    const dropped = peer.connection.receive(datagram, from, now);
    if (dropped !== undefined) this.#drop(dropped);
    if (dropped !== undefined && unauthentic.has(dropped)) return;
    if (peer.halfOpen) {
      peer.halfOpen = false;
      this.#announce(peer);
    }
    this.#collectEvents(peer);
    this.#dirty.add(peer);
  }

  #receiveHandshake(datagram: Uint8Array, from: Address, now: number): void {
    const isCall = datagram[0] === datagramForm.hello || datagram[0] === datagramForm.init;
    if (isCall && !this.#isReachableFrom(from)) {
      this.#drop('notRelayed');
      return;
    }
    const result = this.#handshakes.receive(datagram, from, now);
    if (typeof result === 'string') this.#drop(result);
    else if (result !== undefined) this.#addPeer(result, now);
  }

  #addPeer(established: Established, now: number): void {
    const { link, idKey, address, agreement, timing, conversationsMax, peerMoves } = established;
    const initiated = timing !== undefined;
    const connection = new Connection({
      crypto: this.#options.crypto,
      random: this.#options.random,
      scratch: this.#scratch,
      budget: this.#budget,
      keys: agreement.keys,
      version: agreement.version,
      remoteConnectionId: agreement.remote.connectionId,
      remoteAddress: address,
      peerMoves: peerMoves ?? this.#options.relayedOnly !== true,
      rttMs: agreement.rttMs,
      timing: timing ?? this.#options.timing,
      conversationsMax: initiated ? conversationsMax : this.#options.conversationsMax,
      now,
    });
    const textKey = toHex(agreement.remote.resetToken);
    const origin = address;
    const peer: Peer = {
      link,
      idKey,
      textKey,
      connection,
      initiated,
      identity: agreement.remoteIdentity,
      origin,
      halfOpen: !initiated,
    };
    this.#peers.add(peer);
    if (!initiated) this.#admission.opened(origin);
    if (peer.halfOpen) {
      this.#timers.set(peer, now + halfOpenMs);
      return;
    }
    // The responder takes us seriously from our first packet on.
    connection.ping();
    this.#announce(peer);
    this.#dirty.add(peer);
  }

  #announce(peer: Peer): void {
    const { link, initiated, connection, identity } = peer;
    if (identity === undefined) return;
    peer.identity = undefined;
    const { remoteAddress: address } = connection;
    this.#events.push({ type: 'connected', link, initiated, identity, address });
  }

  /** Who hides its address answers nobody who comes to it: a reset alone would tell a peer that it guessed right. */
  #isReachableFrom(from: Address): boolean {
    return this.#options.relayedOnly !== true || isRelayed(from);
  }

  /**
   * Only from where the peer is (RFC 9000 §10.3.1): another process of its identity, which we may find in search of a
   * better way, does not know of the connection and has the same tokens.
   */
  #receiveReset(datagram: Uint8Array, from: Address): void {
    const peer =
      datagram.length === 1 + resetTokenBytes
        ? this.#peers.byText(toHex(datagram.subarray(1)))
        : undefined;
    if (peer === undefined || !sameAddress(peer.connection.remoteAddress, from)) {
      this.#drop('unexpected');
      return;
    }
    peer.connection.reset();
    this.#collectEvents(peer);
    this.#dirty.add(peer);
  }

  #introduce(): Introduction {
    for (;;) {
      const connectionId = this.#options.random(connectionIdBytes);
      const idKey = connectionIdKey(connectionId);
      if (this.#peers.byId(idKey) === undefined && !this.#handshakes.hasId(idKey)) {
        return { connectionId, resetToken: this.#resets.token(connectionId) };
      }
    }
  }

  #act(link: number, action: (connection: Connection) => void): boolean {
    const peer = this.#peers.byLink(link);
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
      // Nobody was told of a half-open connection, so nobody is told of its end.
      if (!peer.halfOpen) this.#events.push({ ...event, link: peer.link });
    }
  }

  /** A connection has nothing to send for now. */
  #settle(peer: Peer): void {
    this.#dirty.delete(peer);
    this.#collectEvents(peer);
    if (peer.connection.isClosed) {
      this.#deletePeer(peer);
    } else if (!peer.halfOpen) {
      const deadline = peer.connection.pollTimeout();
      if (deadline !== undefined) this.#timers.set(peer, deadline);
    }
  }

  #handlePeerTimeout(peer: Peer, now: number): void {
    if (peer.halfOpen) {
      this.#deletePeer(peer);
      return;
    }
    const deadline = peer.connection.pollTimeout();
    if (deadline === undefined) return;
    if (deadline > now) {
      this.#timers.set(peer, deadline);
      return;
    }
    peer.connection.handleTimeout(now);
    this.#collectEvents(peer);
    this.#dirty.add(peer);
  }

  #deletePeer(peer: Peer): void {
    this.#peers.delete(peer);
    if (!peer.initiated) this.#admission.closed(peer.origin);
    this.#timers.delete(peer);
    this.#dirty.delete(peer);
  }

  #drop(reason: DropReason): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
  }
}
