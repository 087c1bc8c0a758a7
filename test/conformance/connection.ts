/** A connection (docs/PROTOCOL.md §4 to §6): packets, acknowledgement, loss, key phases, paths and the end. */

import { randomBytes } from '@noble/hashes/utils.js';
import { Incoming, Outgoing, type Whole } from './conversations.ts';
import {
  type Acknowledged,
  elicitsAck,
  type Frame,
  readFrames,
  singly,
  writeFrame,
} from './frames.ts';
import { type Address, type Established, isRelayed, isSame } from './handshake.ts';
import { hex, joined, Malformed } from './notation.ts';
import { Protection, Received } from './packets.ts';

/** What a connection does to the outside. */
export interface Outside {
  transmit(datagram: Uint8Array, to: Address): void;
  messageReceived(whole: Whole): void;
  /** The payload of a DATAGRAM frame. */
  datagramReceived(payload: Uint8Array): void;
  closed(code: number | 'reset' | 'silence', reason: string): void;
}

/** What differs between connections; times are in milliseconds. */
export interface ConnectionOptions {
  /** Whether the other side may change its address. */
  readonly followsPeer: boolean;
  /** Without anything authentic for so long it is over. */
  readonly idleMs: number;
  /** A PING goes out when nothing was sent or received for so long. */
  readonly keepaliveMs: number;
  /** Packets after which a new key phase begins; 2^20 of the page's, or fewer. */
  readonly phasePacketsMax: number;
}

const ackDelayMs = 25;
const retryMs = 250;
const retryMsMax = 2000;
const challengesMax = 16;
const violation = 1;
const halfOpenMs = 5000;
/** Instead of NewReno and pacing: never more under way than a new connection may send at once. */
const windowBytes = 12_000;
const framesBytesMax = 1171;
const framesBytesMaxRelayed = 1071;

/** A frame that waits to be sent. */
interface Waiting {
  readonly bytes: Uint8Array;
  /** It is not sent again when its packet is lost. */
  readonly isOnce: boolean;
}

/** A packet that elicits an ACK and has none yet. */
interface UnderWay {
  readonly sentAt: number;
  readonly bytes: number;
  readonly frames: readonly Waiting[];
}

/** All `now` are milliseconds of one clock that does not go back. */
export class Connection {
  readonly established: Established;
  readonly #outside: Outside;
  readonly #options: ConnectionOptions;
  readonly #outgoing = new Outgoing();
  readonly #incoming = new Incoming();
  readonly #underWay = new Map<number, UnderWay>();
  readonly #challenges = new Map<string, Address>();
  /** Frames that need no credit, and those that were lost. */
  #urgent: Waiting[] = [];
  readonly #received = new Received();
  readonly #kindsSeen = new Set<Frame['type']>();
  readonly #protection: Protection;
  #largestReceivedAt = 0;
  #largestAcked = -1;
  #nextNumber = 0;
  #owedAcks = 0;
  #ackDueAt = Number.POSITIVE_INFINITY;
  #probes = 0;
  #heardAt: number;
  /** Since when nothing of what is under way was acknowledged. */
  #unansweredSince = Number.POSITIVE_INFINITY;
  #quietSince: number;
  #address: Address;
  #newestFrom: Address;
  #isClosed = false;

  constructor(options: ConnectionOptions, established: Established, outside: Outside, now: number) {
    this.established = established;
    this.#options = options;
    this.#outside = outside;
    this.#heardAt = now;
    this.#quietSince = now;
    this.#protection = new Protection(established, options.phasePacketsMax, now);
    this.#address = established.address;
    this.#newestFrom = established.address;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Where packets go. */
  get address(): Address {
    return this.#address;
  }

  /** The key phases of both directions. */
  get phases(): { readonly sending: number; readonly receiving: number } {
    return this.#protection.phases;
  }

  /** The kinds of frames that have come. */
  get kindsSeen(): ReadonlySet<Frame['type']> {
    return this.#kindsSeen;
  }

  /** Queues a message of a conversation; `tick` sends what is queued. */
  send(conversation: number, message: Uint8Array): void {
    this.#outgoing.send(conversation, message);
  }

  /** Queues short messages of a conversation as one frame. */
  sendTogether(conversation: number, messages: readonly Uint8Array[]): void {
    this.#outgoing.sendTogether(conversation, messages);
  }

  /** Queues a DATAGRAM of at most 1152 bytes. */
  sendDatagram(payload: Uint8Array): void {
    this.#urgent.push({ bytes: writeFrame({ type: 'datagram', payload }), isOnce: true });
  }

  ping(): void {
    this.#urgent.push({ bytes: writeFrame({ type: 'ping' }), isOnce: true });
  }

  /** Asks the other side for an answer from an address, so that packets may go there. */
  challenge(address: Address, now: number): void {
    const [oldest] = this.#challenges.keys();
    if (this.#challenges.size === challengesMax && oldest !== undefined) {
      this.#challenges.delete(oldest);
    }
    const data = randomBytes(8);
    this.#challenges.set(hex(data), address);
    this.#transmit(writeFrame({ type: 'pathChallenge', data }), [], now, address);
  }

  /** Ends it for both sides. */
  close(code: number, reason: string, now: number): void {
    if (this.#isClosed) return;
    const frame = writeFrame({ type: 'close', code, reason });
    for (let copies = 2; copies > 0; copies--) this.#transmit(frame, [], now);
    this.#end(code, reason);
  }

  /** A RESET with the right token has come. */
  reset(): void {
    this.#end('reset', 'the other side knows nothing of it');
  }

  /** Takes a datagram, or drops it. */
  receive(datagram: Uint8Array, from: Address, now: number): void {
    if (this.#isClosed || !(this.#options.followsPeer || isSame(from, this.#address))) return;
    const opened = this.#protection.open(datagram, this.#received, this.#nextNumber, now);
    if (opened === undefined) return;
    const { number, plaintext } = opened;
    const isNewest = number > this.#received.largest;
    this.#heardAt = now;
    this.#quietSince = now;
    try {
      const frames = readFrames(plaintext);
      this.#note(number, frames.some(elicitsAck), now);
      if (isNewest && frames.some(({ type }) => !type.startsWith('path'))) {
        this.#newestFrom = from;
        if (!isSame(from, this.#address)) this.challenge(from, now);
      }
      for (const frame of frames) if (!this.#isClosed) this.#take(frame, from, now);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.close(violation, error.message, now);
    }
    this.tick(now);
  }

  /** Sends what can be sent; to be called often. */
  tick(now: number): void {
    if (this.#isClosed) return;
    const idleMs = this.#received.largest < 0 ? halfOpenMs : this.#options.idleMs;
    const since = Math.min(this.#heardAt, this.#unansweredSince);
    if (now - since > idleMs) this.#end('silence', 'nothing came');
    if (now - this.#quietSince > this.#options.keepaliveMs) this.ping();
    this.#sendAgain(now);
    while (!this.#isClosed && this.#sendPacket(now));
  }

  /** @returns whether there may be more to send */
  #sendPacket(now: number): boolean {
    const ack = this.#owedAcks > 0 ? this.#writeAck(now) : new Uint8Array();
    const room = isRelayed(this.#address) ? framesBytesMaxRelayed : framesBytesMax;
    const frames = this.#collect(room - ack.length);
    if (frames.length === 0 && now < this.#ackDueAt && this.#urgent.length === 0) return false;
    if (frames.length === 0 && ack.length === 0) return false;
    this.#owedAcks = 0;
    this.#ackDueAt = Number.POSITIVE_INFINITY;
    this.#transmit(ack, frames, now);
    return true;
  }

  #collect(room: number): readonly Waiting[] {
    const frames: Waiting[] = [];
    let underWay = 0;
    for (const { bytes } of this.#underWay.values()) underWay += bytes;
    for (let left = room; underWay < windowBytes; ) {
      const next = this.#urgent[0] ?? this.#pollMessage();
      if (next === undefined || next.bytes.length > left) return frames;
      this.#urgent.shift();
      frames.push(next);
      left -= next.bytes.length;
    }
    return frames;
  }

  /** The next piece of a message becomes the only urgent frame. */
  #pollMessage(): Waiting | undefined {
    const bytes = this.#outgoing.poll();
    if (bytes === undefined) return undefined;
    const waiting = { bytes, isOnce: false };
    this.#urgent.push(waiting);
    return waiting;
  }

  /** @param quiet frames that elicit no ACK and are not sent again */
  #transmit(quiet: Uint8Array, frames: readonly Waiting[], now: number, to = this.#address): void {
    const number = this.#nextNumber++;
    const plaintext = joined(quiet, ...frames.map(({ bytes }) => bytes));
    const packet = this.#protection.seal(number, plaintext, this.#largestAcked, now);
    const { length } = packet;
    if (frames.length > 0) this.#underWay.set(number, { sentAt: now, bytes: length, frames });
    if (frames.length > 0) this.#unansweredSince = Math.min(this.#unansweredSince, now);
    this.#quietSince = now;
    this.#outside.transmit(packet, to);
  }

  /** What was lost goes again (a simple stand-in for RFC 9002, which the page allows). */
  #sendAgain(now: number): void {
    const patience = Math.min(retryMs * 2 ** this.#probes, retryMsMax);
    const lost: Waiting[] = [];
    let isSilent = false;
    for (const [number, packet] of this.#underWay) {
      const isOvertaken = number <= this.#largestAcked - 3;
      if (!isOvertaken && now - packet.sentAt < patience) continue;
      isSilent ||= !isOvertaken;
      this.#underWay.delete(number);
      lost.push(...packet.frames.filter(({ isOnce }) => !isOnce));
    }
    if (isSilent) this.#probes = Math.min(this.#probes + 1, 8);
    this.#urgent = [...lost, ...this.#urgent];
  }

  #writeAck(now: number): Uint8Array {
    const delay = Math.round(((now - this.#largestReceivedAt) * 1000) / 8);
    return writeFrame({ type: 'ack', of: { delay, ranges: this.#received.ranges } });
  }

  /** Notes that a packet has come, and when its ACK is due. */
  #note(number: number, isEliciting: boolean, now: number): void {
    const { largest } = this.#received;
    this.#received.add(number);
    if (number > largest) this.#largestReceivedAt = now;
    if (!isEliciting) return;
    this.#owedAcks++;
    const isDue = this.#owedAcks > 1 || number !== largest + 1;
    this.#ackDueAt = isDue ? now : Math.min(this.#ackDueAt, now + ackDelayMs);
  }

  #take(frame: Frame, from: Address, now: number): void {
    this.#kindsSeen.add(frame.type);
    switch (frame.type) {
      case 'ack':
        this.#acknowledge(frame.of, now);
        break;
      case 'messages':
        for (const single of singly(frame)) this.#take(single, from, now);
        break;
      case 'message':
      case 'fragment':
        for (const whole of this.#incoming.receive(frame)) this.#outside.messageReceived(whole);
        this.#tellCredit();
        break;
      case 'maxData':
        this.#outgoing.grant(frame.credit);
        break;
      case 'datagram':
        this.#outside.datagramReceived(frame.payload);
        break;
      case 'pathChallenge':
        this.#transmit(writeFrame({ type: 'pathResponse', data: frame.data }), [], now, from);
        break;
      case 'pathResponse':
        this.#follow(frame.data);
        break;
      case 'close':
        this.#end(frame.code, frame.reason);
        break;
      case 'pad':
      case 'ping':
      case 'extension':
        break;
    }
  }

  #acknowledge({ ranges }: Acknowledged, now: number): void {
    const largest = ranges[0]?.last ?? 0;
    if (largest >= this.#nextNumber) throw new Malformed('an ACK of what was never sent');
    this.#largestAcked = Math.max(this.#largestAcked, largest);
    for (const number of this.#underWay.keys()) {
      if (!ranges.some(({ first, last }) => first <= number && number <= last)) continue;
      this.#underWay.delete(number);
      this.#probes = 0;
      this.#unansweredSince = this.#underWay.size === 0 ? Number.POSITIVE_INFINITY : now;
    }
  }

  #tellCredit(): void {
    const credit = this.#incoming.pollCredit();
    if (credit === undefined) return;
    this.#urgent.push({ bytes: writeFrame({ type: 'maxData', credit }), isOnce: false });
  }

  /** An address has answered: packets go there if the peer sends from there, or if it spares the relay. */
  #follow(data: Uint8Array): void {
    const address = this.#challenges.get(hex(data));
    this.#challenges.delete(hex(data));
    if (address === undefined) return;
    const sparesRelay = isRelayed(this.#address) && !isRelayed(address);
    if (sparesRelay || isSame(address, this.#newestFrom)) this.#address = address;
  }

  #end(code: Parameters<Outside['closed']>[0], reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#outside.closed(code, reason);
  }
}
