/** What of a connection's conversations waits to be sent. */

import {
  type Chunk,
  chunksOf,
  divide,
  growthBytes,
  messagesPerChunkMax,
  wholeChunk,
} from './chunk.ts';
import { messageCost, SendCredit } from './flow.ts';
import { fragmentBytes } from './frame.ts';

/** Chunks that were sent and not dropped from a queue's array yet; moving the rest costs less the rarer it is. */
const spentChunksMax = 512;

/** A message on its way out. */
export interface OutgoingMessage {
  readonly conversation: number;
  readonly payload: Uint8Array;
}

/** Where messages wait that are taken one by one as there is room; undefined when there is none for now. */
export type MessageSource = () => OutgoingMessage | undefined;

/**
 * Chunks that wait to be sent: lost ones first, then new ones in order, as far as the peer's credit goes; then what a
 * source has. The bound of what is pushed is the caller's, by `bytes`; of a source no more than one message is taken
 * ahead, so that what waits there costs nothing here.
 */
export class SendQueue {
  readonly credit: SendCredit = new SendCredit();
  #source: MessageSource | undefined;
  /** Taken from the source and not sent for want of room or credit. */
  #ahead: OutgoingMessage | undefined;
  /** By conversation; most connections know no more than two. */
  readonly #nextSequence: number[] = [0, 0];
  #fresh: Chunk[] = [];
  #freshHead = 0;
  #lost: Chunk[] = [];
  #bytes = 0;

  /** Bytes of frames that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues one message. @throws RangeError beyond `messageBytesMax` */
  push(conversation: number, payload: Uint8Array): void {
    const sequence = this.#nextSequence[conversation] ?? 0;
    for (const chunk of chunksOf(conversation, sequence, payload)) {
      this.#fresh.push(chunk);
      this.#bytes += chunk.frameBytes;
    }
    this.#nextSequence[conversation] = sequence + 1;
  }

  /** Whenever nothing else waits, messages are taken from `source` until it has none; it replaces the one before. */
  offer(source: MessageSource): void {
    this.#source = source;
  }

  /** Takes the next chunk whose frame fits `roomBytes`. */
  take(roomBytes: number): Chunk | undefined {
    const lost = this.#firstLost();
    if (lost !== undefined) return this.#takeLost(lost, roomBytes);
    return this.#hasFresh ? this.#takeFresh(roomBytes) : this.#takeAhead(roomBytes);
  }

  /** Whether anything waits that may be sent. */
  get hasChunk(): boolean {
    if (this.#firstLost() !== undefined) return true;
    if (!this.#hasFresh) this.#pull();
    const fresh = this.#fresh[this.#freshHead];
    if (fresh !== undefined) return this.#isCovered(costOf(fresh));
    return this.#ahead !== undefined && this.#isCovered(this.#ahead.payload.length + messageCost);
  }

  /** A packet that carried the chunk was lost. */
  requeue(chunk: Chunk): void {
    if (chunk.settled || chunk.queued) return;
    chunk.queued = true;
    this.#lost.push(chunk);
    this.#bytes += chunk.frameBytes;
  }

  get #hasFresh(): boolean {
    return this.#freshHead < this.#fresh.length;
  }

  #isCovered(cost: number): boolean {
    return cost <= this.credit.left;
  }

  #firstLost(): Chunk | undefined {
    while (this.#lost[0]?.settled) this.#dropLost();
    return this.#lost[0];
  }

  #dropLost(): void {
    this.#bytes -= this.#lost.shift()?.frameBytes ?? 0;
  }

  /** Of several messages as many go as there is room for; the others are lost still. */
  #takeLost(chunk: Chunk, roomBytes: number): Chunk | undefined {
    if (chunk.frameBytes <= roomBytes) {
      this.#dropLost();
      chunk.queued = false;
      return chunk;
    }
    const parts = divide(chunk, roomBytes);
    if (parts === undefined) return undefined;
    const [part, rest] = parts;
    this.#lost[0] = rest;
    this.#bytes -= chunk.frameBytes - rest.frameBytes;
    part.queued = false;
    return part;
  }

  #takeFresh(roomBytes: number): Chunk | undefined {
    const chunk = this.#fresh[this.#freshHead];
    if (chunk === undefined || chunk.frameBytes > roomBytes) return undefined;
    const cost = costOf(chunk);
    if (!this.#isCovered(cost)) return undefined;
    this.credit.spend(cost);
    this.#advanceFresh();
    this.#bytes -= chunk.frameBytes;
    chunk.queued = false;
    return chunk;
  }

  /** Puts messages of the source together as long as they are of one conversation and there is room. */
  #takeAhead(roomBytes: number): Chunk | undefined {
    const first = this.#pull();
    if (first === undefined) return this.#takeFresh(roomBytes);
    const { conversation } = first;
    const sequence = this.#nextSequence[conversation] ?? 0;
    const payloads: Uint8Array[] = [];
    let room = roomBytes;
    while (payloads.length < messagesPerChunkMax) {
      const next = this.#pull();
      if (next?.conversation !== conversation) break;
      const { payload } = next;
      const cost = payload.length + messageCost;
      room -= growthBytes(conversation, sequence, payloads.length, payload.length);
      if (room < 0 || !this.#isCovered(cost)) break;
      this.credit.spend(cost);
      payloads.push(payload);
      this.#ahead = undefined;
      // A long message that the source has next is of this conversation, too, and takes the number after these.
      this.#nextSequence[conversation] = sequence + payloads.length;
    }
    if (payloads.length === 0) return undefined;
    const chunk = wholeChunk(conversation, sequence, payloads);
    chunk.queued = false;
    return chunk;
  }

  /** The message that waits, or the next one of the source; a long one is cut and pushed instead. */
  #pull(): OutgoingMessage | undefined {
    if (this.#ahead !== undefined) return this.#ahead;
    const message = this.#source?.();
    if (message === undefined) this.#source = undefined;
    else if (message.payload.length > fragmentBytes)
      this.push(message.conversation, message.payload);
    else this.#ahead = message;
    return this.#ahead;
  }

  #advanceFresh(): void {
    this.#freshHead++;
    if (this.#freshHead < spentChunksMax && this.#hasFresh) return;
    this.#fresh = this.#fresh.slice(this.#freshHead);
    this.#freshHead = 0;
  }
}

/** A message costs its bytes and a constant; the constant is its first chunk's. */
function costOf({ fragment, payloads }: Chunk): number {
  const bytes = payloads[0]?.length ?? 0;
  return (fragment?.index ?? 0) === 0 ? bytes + messageCost : bytes;
}
