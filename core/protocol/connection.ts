/** One connection: a pair of endpoints, its keys and packet numbers; reliable conversations over unreliable datagrams. */

import { type AckUrgency, ackDelayMsOf, ReceivedPackets } from './ack.ts';
import { type Address, isRelayed } from './address.ts';
import { type ByteWriter, MalformedError } from './bytes.ts';
import { writeChunk } from './chunk.ts';
import type { ConnectionEvent, PacketDrop, Transmit } from './connection-event.ts';
import type { Crypto, Random, TrafficKeys } from './crypto.ts';
import type { ReassemblyBudget } from './flow.ts';
import {
  challengeBytes,
  type Frame,
  isAckEliciting,
  isProbing,
  readFrames,
  writeAck,
  writeClose,
  writeDatagram,
  writeMaxData,
  writePing,
} from './frame.ts';
import { PacketKeys } from './keys.ts';
import { type ConnectionTiming, Liveness } from './liveness.ts';
import {
  type ConnectionIdWords,
  connectionIdWords,
  datagramBytesMax,
  dataHeaderBytes,
  dataPacketBytesMin,
  expandPacketNumber,
  readPhaseBit,
  readTruncatedPacketNumber,
  relayedDatagramBytesMax,
  tagBytes,
  writeDataHeader,
} from './packet.ts';
import { Paths, writeProbe } from './paths.ts';
import { type ReceivedMessage, ReceiveQueue } from './receive-queue.ts';
import type { MessageSource } from './send-queue.ts';
import { elicitsAck, type Load, Sender } from './sender.ts';

/** Why a connection is closed, as its CLOSE frame says (docs/PROTOCOL.md §6); numbers from 16 up are the application's. */
export const closeCode = { done: 0, protocolViolation: 1 } as const;

/** No peer skips so many numbers, so that such a packet is not the peer's: it is not even decrypted. */
const packetNumberJumpMax = 2 ** 24;

/** A CLOSE travels unacknowledged; what is lost of it, the other side's silence timer or a reset makes good. */
const closeCopies = 2;

/** A path without an answer to so many probe timeouts in a row is dead. */
const deadPathProbes = 3;

/** A packet with a PATH_CHALLENGE or a PATH_RESPONSE. Bytes. */
const pathProbeBytes = dataHeaderBytes + 1 + challengeBytes + tagBytes;

export interface ConnectionOptions {
  readonly crypto: Crypto;
  readonly random: Random;
  /** Room for datagrams, shared by the connections of an endpoint. */
  readonly scratch: ByteWriter;
  readonly keys: TrafficKeys;
  readonly version: number;
  readonly remoteConnectionId: Uint8Array;
  readonly remoteAddress: Address;
  /** Whether the peer may come to send from another address. */
  readonly peerMoves: boolean;
  /** An upper bound of the round-trip time, seen in the handshake. */
  readonly rttMs: number;
  readonly timing: ConnectionTiming;
  /** Conversations the peer may open; one more is a violation. Default: as many as the protocol knows. */
  readonly conversationsMax?: number | undefined;
  /** Memory for unfinished messages, shared with other connections. */
  readonly budget?: ReassemblyBudget | undefined;
  readonly now: number;
}

/** An authentic packet. */
interface Arrival {
  readonly number: number;
  readonly from: Address;
  readonly bytes: number;
}

export class Connection {
  readonly #scratch: ByteWriter;
  readonly #version: number;
  readonly #remoteConnectionId: ConnectionIdWords;
  readonly #keys: PacketKeys;
  readonly #paths: Paths;
  readonly #received: ReceivedPackets;
  readonly #sender: Sender;
  readonly #incoming: ReceiveQueue;
  readonly #events: ConnectionEvent[] = [];
  readonly #liveness: Liveness;
  #answerAwaited = false;
  #closing: { readonly code: number; readonly reason: string; copies: number } | undefined;
  #closed = false;

  constructor(options: ConnectionOptions) {
    const { crypto, keys, timing, random, peerMoves, now } = options;
    this.#scratch = options.scratch;
    this.#version = options.version;
    this.#remoteConnectionId = connectionIdWords(options.remoteConnectionId);
    this.#keys = new PacketKeys(crypto, keys, now);
    this.#paths = new Paths({ address: options.remoteAddress, random, peerMoves });
    this.#received = new ReceivedPackets(ackDelayMsOf((random(1)[0] ?? 0) / 0xff));
    this.#sender = new Sender(options.rttMs, now);
    this.#incoming = new ReceiveQueue(options);
    this.#liveness = new Liveness(timing, now);
    this.#sender.recovery.silenceMs = timing.silenceMs;
  }

  /** Where packets go at present. */
  get remoteAddress(): Address {
    return this.#paths.address;
  }

  /** Whether the connection has ended; `closed` was or will be polled. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Bytes that wait for their first or another transmission: what a sender holds below its own bound. */
  get queuedBytes(): number {
    return this.#sender.queue.bytes;
  }

  /** Smoothed round-trip time. Milliseconds. */
  get rttMs(): number {
    return this.#sender.recovery.smoothedRttMs;
  }

  /** Adopts other patience, as a server's welcome may ask for. */
  setTiming(timing: Partial<ConnectionTiming>): void {
    this.#liveness.timing = { ...this.#liveness.timing, ...timing };
    this.#sender.recovery.silenceMs = this.#liveness.timing.silenceMs;
  }

  /** Queues a message; conversations keep their order, each message arrives once. Ignored once closed. */
  send(conversation: number, payload: Uint8Array): void {
    if (this.#isEnding) return;
    this.#sender.queue.push(conversation, payload);
  }

  /** Lets messages be taken from `source` as there is room; see `SendQueue.offer`. Ignored once closed. */
  offer(source: MessageSource): void {
    if (!this.#isEnding) this.#sender.queue.offer(source);
  }

  /** Sends something that may be lost; see `Sender.sendDatagram`. */
  sendDatagram(payload: Uint8Array): void {
    if (!this.#isEnding) this.#sender.sendDatagram(payload);
  }

  /** Tries whether the peer can be reached at an address, which is used if the present path is relayed. */
  probe(address: Address, now: number): void {
    if (!this.#isEnding) this.#paths.probe(address, now);
  }

  /** Asks the peer for a sign of life; `answered` follows if there is one. */
  ping(): void {
    this.#sender.ping();
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
  receive(datagram: Uint8Array, from: Address, now: number): PacketDrop | undefined {
    if (this.#isEnding) return 'ended';
    if (datagram.length < dataPacketBytesMin) return 'malformed';
    if (!this.#paths.accepts(from)) return 'wrongAddress';
    const number = expandPacketNumber(readTruncatedPacketNumber(datagram), this.#received.newest);
    if (number < 0 || this.#received.isDuplicate(number)) return 'replayed';
    if (number > this.#received.newest + packetNumberJumpMax) return 'forged';
    const packet = { datagram, number, phaseBit: readPhaseBit(datagram) };
    const next = this.#sender.recovery.nextPacketNumber;
    const plaintext = this.#keys.open(packet, dataHeaderBytes, next, now);
    if (plaintext === undefined) return 'forged';
    return this.#receivePacket({ number, from, bytes: datagram.length }, plaintext, now);
  }

  /** The next datagram to send. */
  pollTransmit(now: number): Transmit | undefined {
    if (this.#closing !== undefined && this.#closing.copies > 0) {
      const { code, reason } = this.#closing;
      this.#closing.copies--;
      writeClose(this.#begin(now), code, reason);
      return this.#seal(undefined, now);
    }
    if (this.#closed) return undefined;
    return this.#pollPathProbe(now) ?? this.#pollPacket(now);
  }

  /** When {@link handleTimeout} is due. */
  pollTimeout(): number | undefined {
    if (this.#closed) return undefined;
    return Math.min(
      this.#received.deadline ?? Number.POSITIVE_INFINITY,
      this.#sender.deadline,
      this.#paths.deadline,
      this.#liveness.deadline,
    );
  }

  /** Must be followed by {@link pollTransmit}. */
  handleTimeout(now: number): void {
    if (this.#closed) return;
    if (this.#liveness.isIdle(now)) {
      this.#end({ type: 'closed', by: 'idle', code: closeCode.done, reason: 'no sign of life' });
      return;
    }
    if (this.#liveness.handleTimeout(now)) this.#events.push({ type: 'silenceExceeded' });
    if (this.#liveness.isQuiet(now)) this.#sender.ping();
    const verdict = this.#sender.handleTimeout(now);
    if (verdict === 'lost') this.#settle();
    if (verdict === 'probe' && this.#sender.recovery.probeCount >= deadPathProbes) {
      this.#paths.fail(now);
      this.#followMove(now);
    }
  }

  pollEvent(): ConnectionEvent | undefined {
    return this.#events.shift();
  }

  get #isEnding(): boolean {
    return this.#closed || this.#closing !== undefined;
  }

  #end(event: ConnectionEvent): void {
    this.#closed = true;
    this.#incoming.clear();
    this.#events.push(event);
  }

  #receivePacket(packet: Arrival, plaintext: Uint8Array, now: number): PacketDrop | undefined {
    try {
      const frames = readFrames(plaintext);
      let isOverfull = false;
      for (const frame of frames) {
        if (frame.type !== 'message' && frame.type !== 'fragment') continue;
        const messages = this.#incoming.receive(frame);
        // What is next behind a frame without room is taken, or a packet could come again for ever.
        if (messages === undefined) isOverfull = true;
        else this.#deliver(messages);
      }
      if (isOverfull) return 'overfull';
      const leads = packet.number > this.#received.newest && !frames.every(isProbing);
      this.#received.receive(packet.number, urgencyOf(frames), now);
      if (this.#liveness.received(now)) this.#events.push({ type: 'silenceBroken' });
      this.#paths.received(packet.from, packet.bytes, leads, now);
      for (const frame of frames) {
        this.#receiveControl(frame, packet.from, now);
        if (this.#isEnding) return undefined;
      }
      this.#followMove(now);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.close(closeCode.protocolViolation, error.message);
      return 'malformed';
    }
    return undefined;
  }

  #receiveControl(frame: Frame, from: Address, now: number): void {
    switch (frame.type) {
      case 'ack':
        this.#receiveAck(frame, now);
        break;
      case 'maxData':
        this.#sender.queue.credit.raise(frame.credit);
        break;
      case 'datagram':
        this.#events.push({ type: 'datagramReceived', payload: frame.payload });
        break;
      case 'pathChallenge':
        this.#paths.receiveChallenge(frame.data, from);
        break;
      case 'pathResponse':
        this.#paths.receiveResponse(frame.data, now);
        break;
      case 'close':
        this.#end({ type: 'closed', by: 'peer', code: frame.code, reason: frame.reason });
        break;
      default:
        break;
    }
  }

  #receiveAck(frame: Extract<Frame, { type: 'ack' }>, now: number): void {
    const newest = this.#sender.receiveAck(frame, now);
    if (newest !== undefined) {
      this.#keys.acknowledged(newest);
      this.#liveness.acknowledged(now);
      this.#noteAnswer();
    }
    this.#settle();
  }

  /** Lost packets await no answer; what of them still matters awaits one once it is sent again. */
  #settle(): void {
    if (!this.#sender.recovery.hasUnacknowledged) this.#liveness.settled();
  }

  #followMove(now: number): void {
    const move = this.#paths.takeMove();
    if (move === undefined) return;
    if (move.isNewHost) this.#sender.recovery.changePath(now, move.rttMs);
    this.#events.push({ type: 'moved', address: move.address });
  }

  #deliver(messages: readonly ReceivedMessage[]): void {
    for (const message of messages) this.#events.push({ type: 'messageReceived', ...message });
  }

  #noteAnswer(): void {
    if (!this.#answerAwaited || this.#sender.isPingDue) return;
    this.#answerAwaited = false;
    this.#events.push({ type: 'answered' });
  }

  /** A challenge or an answer to one; neither is acknowledged, nor missed by congestion control. */
  #pollPathProbe(now: number): Transmit | undefined {
    for (;;) {
      const probe = this.#paths.poll(now);
      this.#followMove(now);
      if (probe === undefined) return undefined;
      if (!this.#paths.permits(probe.to, pathProbeBytes)) continue;
      writeProbe(this.#begin(now), probe);
      return this.#seal(undefined, now, probe.to);
    }
  }

  #pollPacket(now: number): Transmit | undefined {
    const ackBytesMin = this.#received.ackBytesMin;
    const bytesMax = isRelayed(this.#paths.address) ? relayedDatagramBytesMax : datagramBytesMax;
    const roomBytes = bytesMax - dataHeaderBytes - tagBytes - ackBytesMin;
    const { credit } = this.#incoming;
    const load = this.#sender.takeLoad(roomBytes, credit.isDue, now);
    const ackDue = (this.#received.deadline ?? Number.POSITIVE_INFINITY) <= now;
    if (!elicitsAck(load) && !ackDue) return undefined;
    const writer = this.#begin(now);
    this.#writeAck(writer, load.roomBytes + ackBytesMin, now);
    if (load.grants) writeMaxData(writer, credit.grant());
    if (load.ping) writePing(writer);
    if (load.datagram !== undefined) writeDatagram(writer, load.datagram);
    for (const chunk of load.chunks) writeChunk(writer, chunk);
    return this.#seal(load, now);
  }

  /** An owed ACK rides on any packet. */
  #writeAck(writer: ByteWriter, roomBytes: number, now: number): void {
    if (this.#received.deadline === undefined) return;
    const ack = this.#received.acknowledge(now, roomBytes);
    if (ack !== undefined) writeAck(writer, ack.delayMs, ack.ranges);
  }

  /** Begins a packet, whose frames are for the caller to write. */
  #begin(now: number): ByteWriter {
    const writer = this.#scratch;
    const packetNumber = this.#sender.recovery.nextPacketNumber;
    this.#keys.renew(packetNumber, now);
    const { phaseBit } = this.#keys;
    writeDataHeader(writer, this.#version, phaseBit, this.#remoteConnectionId, packetNumber);
    return writer;
  }

  /** Encrypts and books what was written since {@link #begin}. */
  #seal(load: Load | undefined, now: number, to: Address = this.#paths.address): Transmit {
    const packetNumber = this.#sender.recovery.nextPacketNumber;
    const datagram = this.#scratch.cut(tagBytes, datagramBytesMax);
    this.#keys.seal(packetNumber, datagram, dataHeaderBytes);
    const awaitsAnswer = this.#sender.sent(load, datagram.length, now);
    this.#liveness.sent(now, awaitsAnswer);
    return { to, datagram };
  }
}

/** A PING asks for an ACK at once. */
function urgencyOf(frames: readonly Frame[]): AckUrgency {
  if (frames.some(({ type }) => type === 'ping')) return 'now';
  return frames.some(isAckEliciting) ? 'soon' : 'none';
}
