/** One connection: a pair of endpoints, its keys and packet numbers; reliable conversations over unreliable datagrams. */

import { ReceivedPackets } from './ack.ts';
import type { Address } from './address.ts';
import { ByteReader, type ByteWriter, MalformedError } from './bytes.ts';
import { type Chunk, type ReceivedMessage, ReceiveQueue, SendQueue } from './conversation.ts';
import type { Crypto, TrafficKeys } from './crypto.ts';
import {
  type Frame,
  readFrame,
  writeAck,
  writeClose,
  writeFragment,
  writeMessage,
  writePing,
} from './frame.ts';
import { type ConnectionTiming, Liveness } from './liveness.ts';
import {
  datagramBytesMax,
  dataHeaderBytes,
  dataPacketBytesMin,
  expandPacketNumber,
  readTruncatedPacketNumber,
  tagBytes,
  writeDataHeader,
} from './packet.ts';
import { probesPerTimeout, Recovery } from './recovery.ts';

/** Why a connection is closed, as its CLOSE frame says (docs/PROTOCOL.md §6); numbers from 16 up are the application's. */
export const closeCode = { done: 0, protocolViolation: 1 } as const;

/** Frames a packet may hold; a packet with more breaks the protocol. Padding does not count. */
const framesPerPacketMax = 256;

/** No peer skips so many numbers; whoever does would soon be beyond those that a number holds exactly. */
const packetNumberJumpMax = 2 ** 24;

/** A CLOSE travels unacknowledged; what is lost of it, the other side's silence timer or a reset makes good. */
const closeCopies = 2;

export type ConnectionEvent =
  | {
      readonly type: 'messageReceived';
      readonly conversation: number;
      readonly payload: Uint8Array;
    }
  /** Something awaits an answer and nothing at all has come for `silenceMs`; told once per silence. */
  | { readonly type: 'silenceExceeded' }
  /** The first sign of life after `silenceExceeded`. */
  | { readonly type: 'silenceBroken' }
  /** The first acknowledgement after `ping()`. */
  | { readonly type: 'answered' }
  | {
      readonly type: 'closed';
      readonly by: 'local' | 'peer' | 'idle' | 'reset';
      readonly code: number;
      readonly reason: string;
    };

/** Why a datagram was dropped; endpoints count each. */
export type PacketDrop = 'forged' | 'replayed' | 'malformed' | 'overfull' | 'ended';

export interface ConnectionOptions {
  readonly crypto: Crypto;
  /** Room for one datagram, shared by the connections of an endpoint. */
  readonly scratch: ByteWriter;
  readonly keys: TrafficKeys;
  readonly version: number;
  readonly remoteConnectionId: Uint8Array;
  readonly remoteAddress: Address;
  /** The Ed25519 key the peer has proved to hold. 32 bytes. */
  readonly remoteIdentity: Uint8Array;
  /** An upper bound of the round-trip time, seen in the handshake. */
  readonly rttMs: number;
  readonly timing: ConnectionTiming;
  /** Conversations the peer may open; one more is a violation. Default: as many as the protocol knows. */
  readonly conversationsMax?: number | undefined;
  readonly now: number;
}

export class Connection {
  readonly remoteAddress: Address;
  readonly remoteIdentity: Uint8Array;
  readonly #options: ConnectionOptions;
  readonly #received = new ReceivedPackets();
  readonly #recovery: Recovery<readonly Chunk[]>;
  readonly #outgoing = new SendQueue();
  readonly #incoming: ReceiveQueue;
  readonly #events: ConnectionEvent[] = [];
  readonly #liveness: Liveness;
  #probes = 0;
  #pingDue = false;
  #answerAwaited = false;
  #windowLimited = false;
  #closing: { readonly code: number; readonly reason: string; copies: number } | undefined;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#incoming = new ReceiveQueue(options.conversationsMax);
    this.#liveness = new Liveness(options.timing, options.now);
    this.remoteAddress = options.remoteAddress;
    this.remoteIdentity = options.remoteIdentity;
    this.#recovery = new Recovery(options.rttMs);
    this.#recovery.silenceMs = options.timing.silenceMs;
  }

  /** Whether the connection has ended; `closed` was or will be polled. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Bytes that wait for their first or another transmission: what a sender holds below its own bound. */
  get queuedBytes(): number {
    return this.#outgoing.bytes;
  }

  /** Smoothed round-trip time. Milliseconds. */
  get rttMs(): number {
    return this.#recovery.smoothedRttMs;
  }

  /** Adopts other patience, as a server's welcome may ask for. */
  setTiming(timing: Partial<ConnectionTiming>): void {
    this.#liveness.timing = { ...this.#liveness.timing, ...timing };
    this.#recovery.silenceMs = this.#liveness.timing.silenceMs;
  }

  /** Queues a message; conversations keep their order, each message arrives once. Ignored once closed. */
  send(conversation: number, payload: Uint8Array): void {
    if (this.#isEnding) return;
    this.#outgoing.push(conversation, payload);
  }

  /** Stops sending what is left of a conversation; its number must not be used again. */
  abandon(conversation: number): void {
    this.#outgoing.abandon(conversation);
    for (const packet of this.#recovery.unacknowledged()) {
      for (const chunk of packet.content) {
        if (chunk.conversation === conversation) chunk.settled = true;
      }
    }
  }

  /** Asks the peer for a sign of life; `answered` follows if there is one. */
  ping(): void {
    this.#pingDue = true;
    this.#answerAwaited = true;
  }

  /** Ends the connection with a word to the peer. */
  close(code: number, reason: string): void {
    if (this.#isEnding) return;
    this.#closing = { code, reason, copies: closeCopies };
    this.#end({ type: 'closed', by: 'local', code, reason });
  }

  /** Ends the connection without a word: the peer has proved that it knows nothing of it. */
  reset(): void {
    if (this.#isEnding) return;
    this.#end({ type: 'closed', by: 'reset', code: closeCode.done, reason: 'the peer restarted' });
  }

  /** Takes a data packet that bears this connection's id. @returns why it was dropped, or undefined */
  receive(datagram: Uint8Array, now: number): PacketDrop | undefined {
    if (this.#isEnding) return 'ended';
    if (datagram.length < dataPacketBytesMin) return 'malformed';
    const packetNumber = expandPacketNumber(
      readTruncatedPacketNumber(datagram),
      this.#received.newest,
    );
    if (packetNumber < 0 || this.#received.isDuplicate(packetNumber)) return 'replayed';
    if (packetNumber > this.#received.newest + packetNumberJumpMax) return 'malformed';
    const { crypto, keys } = this.#options;
    const plaintext = crypto.open(keys.receive, packetNumber, datagram, dataHeaderBytes);
    if (plaintext === undefined) return 'forged';
    return this.#receiveFrames(packetNumber, plaintext, now);
  }

  /** The next datagram to send, sealed and in bytes of its own. */
  pollTransmit(now: number): Uint8Array | undefined {
    if (this.#closing !== undefined && this.#closing.copies > 0) {
      const { code, reason } = this.#closing;
      this.#closing.copies--;
      return this.#seal(now, [], false, (writer) => writeClose(writer, code, reason));
    }
    if (this.#closed) return undefined;
    const chunks = this.#takeChunks();
    const ping = chunks.length === 0 && (this.#pingDue || this.#probes > 0);
    const ackDue = (this.#received.deadline ?? Number.POSITIVE_INFINITY) <= now;
    if (chunks.length === 0 && !ping && !ackDue) return undefined;
    const eliciting = chunks.length > 0 || ping;
    if (eliciting) {
      this.#pingDue = false;
      this.#probes = Math.max(0, this.#probes - 1);
    }
    return this.#seal(now, chunks, eliciting, (writer) => {
      this.#writeAck(writer, now);
      if (ping) writePing(writer);
      for (const chunk of chunks) writeChunk(writer, chunk);
    });
  }

  /** When {@link handleTimeout} is due. */
  pollTimeout(): number | undefined {
    if (this.#closed) return undefined;
    return Math.min(
      this.#received.deadline ?? Number.POSITIVE_INFINITY,
      this.#recovery.pollTimeout() ?? Number.POSITIVE_INFINITY,
      this.#liveness.deadline,
    );
  }

  handleTimeout(now: number): void {
    if (this.#closed) return;
    if (this.#liveness.isIdle(now)) {
      this.#end({ type: 'closed', by: 'idle', code: closeCode.done, reason: 'no sign of life' });
      return;
    }
    if (this.#liveness.handleTimeout(now)) this.#events.push({ type: 'silenceExceeded' });
    if (this.#liveness.isQuiet(now)) this.#pingDue = true;
    const verdict = this.#recovery.handleTimeout(now);
    if (verdict === 'probe') this.#prepareProbes();
    else if (verdict !== undefined) this.#handleLost(verdict);
  }

  pollEvent(): ConnectionEvent | undefined {
    return this.#events.shift();
  }

  get #isEnding(): boolean {
    return this.#closed || this.#closing !== undefined;
  }

  #end(event: ConnectionEvent): void {
    this.#closed = true;
    this.#events.push(event);
  }

  #receiveFrames(packetNumber: number, plaintext: Uint8Array, now: number): PacketDrop | undefined {
    let eliciting = false;
    try {
      const frames = readFrames(plaintext);
      for (const frame of frames) {
        if (frame.type === 'message' || frame.type === 'fragment') {
          const messages = this.#incoming.receive(frame);
          if (messages === undefined) return 'overfull';
          this.#deliver(messages);
        }
        if (frame.type !== 'ack' && frame.type !== 'pad' && frame.type !== 'close')
          eliciting = true;
      }
      this.#received.receive(packetNumber, eliciting, now);
      if (this.#liveness.received(now)) this.#events.push({ type: 'silenceBroken' });
      for (const frame of frames) this.#receiveControl(frame, now);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.close(closeCode.protocolViolation, error.message);
      return 'malformed';
    }
    return undefined;
  }

  #receiveControl(frame: Frame, now: number): void {
    if (frame.type === 'ack') {
      const outcome = this.#recovery.receiveAck(
        frame.ranges,
        frame.delayMs,
        this.#windowLimited,
        now,
      );
      if (outcome === undefined) throw new MalformedError('ACK of a packet never sent');
      for (const packet of outcome.acknowledged) {
        for (const chunk of packet.content) chunk.settled = true;
      }
      this.#requeue(outcome.lost);
      this.#noteAnswer(outcome.acknowledged.length > 0);
      if (!this.#recovery.hasUnacknowledged) this.#liveness.settled();
    } else if (frame.type === 'close' && !this.#isEnding) {
      this.#end({ type: 'closed', by: 'peer', code: frame.code, reason: frame.reason });
    }
  }

  #deliver(messages: readonly ReceivedMessage[]): void {
    for (const message of messages) this.#events.push({ type: 'messageReceived', ...message });
  }

  #noteAnswer(isAnswer: boolean): void {
    if (!isAnswer || !this.#answerAwaited || this.#pingDue) return;
    this.#answerAwaited = false;
    this.#events.push({ type: 'answered' });
  }

  /** Lost packets await no answer; what of them still matters awaits one once it is sent again. */
  #handleLost(packets: readonly { readonly content: readonly Chunk[] }[]): void {
    this.#requeue(packets);
    if (!this.#recovery.hasUnacknowledged) this.#liveness.settled();
  }

  #requeue(packets: readonly { readonly content: readonly Chunk[] }[]): void {
    for (const packet of packets) for (const chunk of packet.content) this.#outgoing.requeue(chunk);
  }

  /** The oldest unacknowledged frames go out again, past the congestion window (RFC 9002 §6.2.4). */
  #prepareProbes(): void {
    this.#probes = probesPerTimeout;
    let packets = 0;
    for (const packet of this.#recovery.unacknowledged()) {
      this.#requeue([packet]);
      if (++packets === probesPerTimeout) return;
    }
  }

  #takeChunks(): readonly Chunk[] {
    const mayOpen = this.#recovery.congestion.hasRoom || this.#probes > 0;
    this.#windowLimited = !mayOpen && this.#outgoing.hasChunk;
    if (!mayOpen) return [];
    const chunks: Chunk[] = [];
    let roomBytes = datagramBytesMax - dataHeaderBytes - tagBytes - this.#received.ackBytes;
    for (;;) {
      const chunk = this.#outgoing.take(roomBytes);
      if (chunk === undefined) return chunks;
      chunks.push(chunk);
      roomBytes -= chunk.frameBytes;
    }
  }

  /** An owed ACK rides on any packet. */
  #writeAck(writer: ByteWriter, now: number): void {
    if (this.#received.deadline === undefined) return;
    const ack = this.#received.acknowledge(now);
    if (ack !== undefined) writeAck(writer, ack.delayMs, ack.ranges);
  }

  #seal(
    now: number,
    chunks: readonly Chunk[],
    eliciting: boolean,
    writeFrames: (writer: ByteWriter) => void,
  ): Uint8Array {
    const { crypto, keys, scratch, version, remoteConnectionId } = this.#options;
    const packetNumber = this.#recovery.nextPacketNumber;
    scratch.truncate(0);
    writeDataHeader(scratch, version, remoteConnectionId, packetNumber);
    writeFrames(scratch);
    const packet = new Uint8Array(scratch.length + tagBytes);
    packet.set(scratch.bytes);
    crypto.seal(keys.send, packetNumber, packet, dataHeaderBytes);
    this.#recovery.send(packet.length, chunks, eliciting, now);
    this.#liveness.sent(now, eliciting);
    return packet;
  }
}

function readFrames(plaintext: Uint8Array): readonly Frame[] {
  const reader = new ByteReader(plaintext);
  const frames: Frame[] = [];
  while (reader.remaining > 0) {
    const frame = readFrame(reader);
    if (frame.type === 'pad') continue;
    if (frames.length === framesPerPacketMax) throw new MalformedError('too many frames');
    frames.push(frame);
  }
  if (frames.length === 0) throw new MalformedError('a packet without frames');
  return frames;
}

function writeChunk(writer: ByteWriter, chunk: Chunk): void {
  const { conversation, sequence, fragment, payload } = chunk;
  if (fragment === undefined) writeMessage(writer, conversation, sequence, payload);
  else writeFragment(writer, { conversation, sequence, payload, ...fragment });
}
