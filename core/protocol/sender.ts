/** The sending half of a connection: what the next packet carries, and what becomes of it. */

import { MalformedError } from './bytes.ts';
import { type Chunk, divide } from './chunk.ts';
import {
  datagramFrameBytes,
  datagramPayloadBytesMax,
  type Frame,
  framesPerPacketMax,
} from './frame.ts';
import { Pacer } from './pacer.ts';
import { probesPerTimeout, Recovery } from './recovery.ts';
import { SendQueue } from './send-queue.ts';

/** Unreliable datagrams that wait for the congestion window; beyond, new ones are lost. Bytes. */
const datagramsBytesMax = 65_536;

/**
 * No chunk is taken for a packet that has so many messages. One more chunk, and what else a packet holds, then leaves it
 * below the frames that a receiver takes (docs/PROTOCOL.md §4), however short the messages are.
 */
const messagesPerPacket = framesPerPacketMax / 2;

/** A MAX_DATA frame. Bytes. */
const maxDataBytes = 9;

const pingBytes = 1;

/** From this timeout in a row on, one probe is a mere PING, which nobody refuses for lack of room. */
const barePingTimeout = 3;
const barePing: readonly Chunk[] = [];

/** What a packet carries beside an ACK. */
export interface Load {
  readonly chunks: readonly Chunk[];
  readonly datagram: Uint8Array | undefined;
  readonly ping: boolean;
  readonly grants: boolean;
  /** Room that is left. Bytes. */
  readonly roomBytes: number;
}

/** What matters of a packet that was lost. */
interface LostPacket {
  readonly packetNumber: number;
  readonly content: readonly Chunk[];
}

export class Sender {
  readonly recovery: Recovery<readonly Chunk[]>;
  readonly queue: SendQueue = new SendQueue();
  readonly #pacer: Pacer;
  readonly #datagrams: Uint8Array[] = [];
  #datagramsBytes = 0;
  /** Whether messages come before datagrams in the next packet: a flood of one kind must not starve the other. */
  #isMessagesTurn = false;
  /** What the next probe packets carry again. */
  #probes: (readonly Chunk[])[] = [];
  #pingDue = false;
  /** Whether the window or the pacer, not a lack of data, holds the sender back. */
  #isLimited = false;
  #pacedUntil = Number.POSITIVE_INFINITY;
  /** The packet with the newest MAX_DATA, until it is acknowledged. */
  #grantedIn: number | undefined;
  #grantDue = false;

  /** @param rttMs an upper bound of the round-trip time from the handshake */
  constructor(rttMs: number, now: number) {
    this.recovery = new Recovery(rttMs);
    this.#pacer = new Pacer(now);
  }

  /** Whether a PING was asked for and did not go yet. */
  get isPingDue(): boolean {
    return this.#pingDue;
  }

  /** Sends something that may be lost, at most {@link datagramPayloadBytesMax} bytes; what is too much is lost at once. */
  sendDatagram(payload: Uint8Array): void {
    const bytes = this.#datagramsBytes + payload.length;
    if (bytes > datagramsBytesMax || payload.length > datagramPayloadBytesMax) return;
    this.#datagrams.push(payload);
    this.#datagramsBytes = bytes;
  }

  /** Something that asks for an ACK must go, if only a PING. */
  ping(): void {
    this.#pingDue = true;
  }

  /**
   * Takes an ACK.
   * @returns the newest packet that it acknowledges for the first time, if any
   * @throws MalformedError if it acknowledges what was never sent
   */
  receiveAck(frame: Extract<Frame, { type: 'ack' }>, now: number): number | undefined {
    const { ranges, delayMs } = frame;
    const outcome = this.recovery.receiveAck(ranges, delayMs, this.#isLimited, now);
    if (outcome === undefined) throw new MalformedError('ACK of a packet never sent');
    for (const { packetNumber, content } of outcome.acknowledged) {
      for (const chunk of content) chunk.settled = true;
      if (packetNumber === this.#grantedIn) this.#grantedIn = undefined;
    }
    this.#requeue(outcome.lost);
    const newest = outcome.acknowledged.at(-1)?.packetNumber;
    if (newest !== undefined) this.#probes = [];
    return newest;
  }

  /** When {@link handleTimeout} is due, or a packet may go that had to wait. */
  get deadline(): number {
    return Math.min(this.recovery.pollTimeout() ?? Number.POSITIVE_INFINITY, this.#pacedUntil);
  }

  /** @returns `probe` when nothing was acknowledged for a while, `lost` when packets have become lost */
  handleTimeout(now: number): 'probe' | 'lost' | undefined {
    const verdict = this.recovery.handleTimeout(now);
    if (verdict === undefined) return undefined;
    if (verdict === 'probe') {
      this.#prepareProbes();
      return 'probe';
    }
    this.#requeue(verdict);
    return 'lost';
  }

  /**
   * The next packet's load.
   * @param roomBytes for its frames beside an ACK
   * @param mustGrant whether the peer is to get new credit
   */
  takeLoad(roomBytes: number, mustGrant: boolean, now: number): Load {
    const grants = mustGrant || this.#grantDue;
    const again = this.#probes.shift();
    const chunks: Chunk[] = [];
    const isLast = this.recovery.congestion.isNearlyFull;
    let room = roomBytes - pingBytes - (grants ? maxDataBytes : 0);
    let datagram: Uint8Array | undefined;
    if (again !== barePing && (again !== undefined || this.#mayOpen(now))) {
      const isMessagesTurn = this.#isMessagesTurn && this.queue.hasChunk;
      if (!isMessagesTurn) datagram = this.#takeDatagram(room);
      if (datagram !== undefined) room -= datagramFrameBytes(datagram.length);
      this.#isMessagesTurn = datagram !== undefined;
      room -= this.#takeChunks(chunks, room, again ?? []);
    }
    // Who waits for an answer, or may send no more before there is one, asks for it at once.
    const isFilling = isLast && (chunks.length > 0 || datagram !== undefined);
    const ping = this.#pingDue || again !== undefined || isFilling;
    return { chunks, datagram, ping, grants, roomBytes: room };
  }

  /** Books the packet that takes the next number. */
  sent(load: Load | undefined, bytes: number, now: number): boolean {
    const isEliciting = load !== undefined && elicitsAck(load);
    if (isEliciting) {
      this.#pingDue = false;
      if (load.grants) {
        this.#grantDue = false;
        this.#grantedIn = this.recovery.nextPacketNumber;
      }
      this.#pacer.sent(bytes);
    }
    this.recovery.send(bytes, load?.chunks ?? [], isEliciting, now);
    return isEliciting;
  }

  #requeue(packets: readonly LostPacket[]): void {
    for (const { packetNumber, content } of packets) {
      for (const chunk of content) this.queue.requeue(chunk);
      if (packetNumber === this.#grantedIn) this.#grantDue = true;
    }
  }

  /** The oldest frames without an acknowledgement go out again, past the congestion window (RFC 9002 §6.2.4). */
  #prepareProbes(): void {
    const probes: (readonly Chunk[])[] = [];
    for (const { packetNumber, content } of this.recovery.unacknowledged()) {
      if (packetNumber === this.#grantedIn) this.#grantDue = true;
      const isCarried = (chunk: Chunk): boolean => probes[0]?.includes(chunk) ?? false;
      const chunks = content.filter((chunk) => !chunk.settled && !isCarried(chunk));
      if (chunks.length > 0) probes.push(chunks);
      if (probes.length === probesPerTimeout) break;
    }
    // Where there is but one packet to send again it goes twice: one of two arrives more often than one of one.
    while (probes.length < probesPerTimeout) probes.push(probes[0] ?? []);
    // Otherwise a receiver without room could refuse the oldest frames for ever while it waits for another one.
    if (this.recovery.probeCount >= barePingTimeout) probes[probesPerTimeout - 1] = barePing;
    this.#probes = probes;
  }

  /** Whether the window and the pacer let another packet of data go. */
  #mayOpen(now: number): boolean {
    this.#pacedUntil = Number.POSITIVE_INFINITY;
    this.#isLimited = false;
    if (!this.queue.hasChunk && this.#datagrams.length === 0) return false;
    const { congestion, smoothedRttMs } = this.recovery;
    if (congestion.hasRoom) {
      const readyAt = this.#pacer.readyAt(congestion.windowBytes, smoothedRttMs, now);
      if (readyAt <= now) return true;
      this.#pacedUntil = readyAt;
    }
    this.#isLimited = true;
    return false;
  }

  #takeDatagram(roomBytes: number): Uint8Array | undefined {
    const payload = this.#datagrams[0];
    if (payload === undefined || datagramFrameBytes(payload.length) > roomBytes) return undefined;
    this.#datagrams.shift();
    this.#datagramsBytes -= payload.length;
    return payload;
  }

  /** @returns the bytes taken */
  #takeChunks(chunks: Chunk[], roomBytes: number, again: readonly Chunk[]): number {
    let room = roomBytes;
    let messages = 0;
    for (const chunk of again) {
      if (chunk.settled) continue;
      const part = chunk.frameBytes <= room ? chunk : divide(chunk, room)?.[0];
      if (part === undefined) continue;
      chunks.push(part);
      room -= part.frameBytes;
      messages += part.payloads.length;
    }
    while (messages < messagesPerPacket) {
      const chunk = this.queue.take(room);
      if (chunk === undefined) break;
      chunks.push(chunk);
      room -= chunk.frameBytes;
      messages += chunk.payloads.length;
    }
    return roomBytes - room;
  }
}

/** Whether the packet of a load must be acknowledged. */
export function elicitsAck({ chunks, datagram, ping, grants }: Load): boolean {
  return chunks.length > 0 || datagram !== undefined || ping || grants;
}
