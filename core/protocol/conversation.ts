/** Conversations of a connection: messages cut into frames on one side, put in order and together on the other. */

import { MalformedError } from './bytes.ts';
import {
  type Frame,
  fragmentBytes,
  fragmentFrameBytes,
  framePayloadBytesMax,
  messageFrameBytes,
} from './frame.ts';

/** The largest message of a conversation. Bytes. */
export const messageBytesMax = 65_536;

/** One frame's worth of a message on its way out. */
export interface Chunk {
  readonly conversation: number;
  readonly sequence: number;
  /** Undefined where the message fits one frame. */
  readonly fragment: { readonly index: number; readonly totalBytes: number } | undefined;
  readonly payload: Uint8Array;
  /** Size of the frame on the wire. Bytes. */
  readonly frameBytes: number;
  /** Acknowledged, or given up with its conversation: it need not travel any more. */
  settled: boolean;
  /** It waits for (another) transmission. */
  queued: boolean;
}

/** Chunks that wait to be sent: lost ones first, then new ones in order. The bound is the caller's, by `bytes`. */
export class SendQueue {
  readonly #nextSequence = new Map<number, number>();
  #fresh: Chunk[] = [];
  #freshHead = 0;
  #lost: Chunk[] = [];
  #bytes = 0;

  /** Bytes of frames that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues one message. @throws RangeError beyond {@link messageBytesMax} */
  push(conversation: number, payload: Uint8Array): void {
    if (payload.length > messageBytesMax) throw new RangeError('message too long');
    const sequence = this.#nextSequence.get(conversation) ?? 0;
    this.#nextSequence.set(conversation, sequence + 1);
    for (const chunk of chunksOf(conversation, sequence, payload)) {
      this.#fresh.push(chunk);
      this.#bytes += chunk.frameBytes;
    }
  }

  /** Takes the next chunk if its frame fits `roomBytes`. */
  take(roomBytes: number): Chunk | undefined {
    const chunk = this.#peek();
    if (chunk === undefined || chunk.frameBytes > roomBytes) return undefined;
    if (this.#lost.length > 0) this.#lost.shift();
    else this.#advanceFresh();
    chunk.queued = false;
    this.#bytes -= chunk.frameBytes;
    return chunk;
  }

  /** Whether anything waits. */
  get hasChunk(): boolean {
    return this.#peek() !== undefined;
  }

  /** A packet that carried the chunk was lost. */
  requeue(chunk: Chunk): void {
    if (chunk.settled || chunk.queued) return;
    chunk.queued = true;
    this.#lost.push(chunk);
    this.#bytes += chunk.frameBytes;
  }

  /** Gives up what waits of a conversation; chunks in flight are the caller's to settle. */
  abandon(conversation: number): void {
    const isOther = (chunk: Chunk): boolean => chunk.conversation !== conversation;
    this.#fresh = this.#fresh.slice(this.#freshHead).filter(isOther);
    this.#freshHead = 0;
    this.#lost = this.#lost.filter(isOther);
    this.#bytes = 0;
    for (const chunk of [...this.#fresh, ...this.#lost]) this.#bytes += chunk.frameBytes;
  }

  #peek(): Chunk | undefined {
    while (this.#lost[0]?.settled) {
      const settled = this.#lost.shift();
      this.#bytes -= settled?.frameBytes ?? 0;
    }
    return this.#lost[0] ?? this.#fresh[this.#freshHead];
  }

  #advanceFresh(): void {
    this.#freshHead++;
    if (this.#freshHead < 512 && this.#freshHead < this.#fresh.length) return;
    this.#fresh = this.#fresh.slice(this.#freshHead);
    this.#freshHead = 0;
  }
}

function chunksOf(conversation: number, sequence: number, payload: Uint8Array): readonly Chunk[] {
  const fixed = { conversation, sequence, settled: false, queued: true };
  if (payload.length <= framePayloadBytesMax) {
    const frameBytes = messageFrameBytes(conversation, sequence, payload.length);
    return [{ ...fixed, fragment: undefined, payload, frameBytes }];
  }
  const totalBytes = payload.length;
  return Array.from({ length: Math.ceil(totalBytes / fragmentBytes) }, (_, index) => {
    const part = payload.subarray(index * fragmentBytes, (index + 1) * fragmentBytes);
    return {
      ...fixed,
      fragment: { index, totalBytes },
      payload: part,
      frameBytes: fragmentFrameBytes(conversation, sequence, index, totalBytes, part.length),
    };
  });
}

/** A message whose turn has come. */
export interface ReceivedMessage {
  readonly conversation: number;
  readonly payload: Uint8Array;
}

/** What may wait for its turn at most; beyond, a frame is refused and its packet stays unacknowledged. */
const waitingBytesMax = 1_048_576;

/** Room beyond that for long messages that are next in their conversations: what waits for them can then always go on. */
const nextBytesMax = 4_194_304;

/** What a waiting message takes beside its payload, roughly: without it empty ones would be free. Bytes. */
const waitingOverheadBytes = 64;

const sequencesAheadMax = 16_384;
const conversationsDefaultMax = 4096;

interface Assembly {
  readonly whole: Uint8Array;
  readonly missing: Set<number>;
}

interface Incoming {
  nextSequence: number;
  readonly waiting: Map<number, Uint8Array | Assembly>;
}

/** Puts received frames together and in order; each message of a conversation comes out exactly once. */
export class ReceiveQueue {
  readonly #conversationsMax: number;
  readonly #conversations = new Map<number, Incoming>();
  #waitingBytes = 0;

  /** @param conversationsMax how many the peer may open, 4,096 unless told otherwise */
  constructor(conversationsMax: number = conversationsDefaultMax) {
    this.#conversationsMax = conversationsMax;
  }

  /**
   * Takes a message or fragment frame.
   * @returns messages whose turn has come, in order; undefined if there is no room, so that the packet must not be acknowledged
   * @throws MalformedError if the peer contradicts itself or opens too many conversations
   */
  receive(
    frame: Extract<Frame, { type: 'message' | 'fragment' }>,
  ): readonly ReceivedMessage[] | undefined {
    const incoming = this.#conversation(frame.conversation);
    const ahead = frame.sequence - incoming.nextSequence;
    if (ahead < 0) return [];
    if (frame.type === 'message') {
      if (ahead === 0 && !incoming.waiting.has(frame.sequence)) {
        incoming.nextSequence++;
        const message = { conversation: frame.conversation, payload: frame.payload };
        return [message, ...this.#release(frame.conversation, incoming)];
      }
      if (incoming.waiting.has(frame.sequence)) return [];
      if (!this.#reserve(ahead, frame.payload.length)) return undefined;
      // A copy, since a view would keep its whole packet.
      incoming.waiting.set(frame.sequence, frame.payload.slice());
      return [];
    }
    if (!this.#assemble(incoming, frame, ahead)) return undefined;
    return this.#release(frame.conversation, incoming);
  }

  #conversation(conversation: number): Incoming {
    const known = this.#conversations.get(conversation);
    if (known !== undefined) return known;
    if (this.#conversations.size >= this.#conversationsMax) {
      throw new MalformedError('too many conversations');
    }
    const incoming: Incoming = { nextSequence: 0, waiting: new Map() };
    this.#conversations.set(conversation, incoming);
    return incoming;
  }

  /**
   * What is next in its conversation has room of its own, or a full queue could never drain. That room is taken only
   * by messages whose fragments are all welcome: it comes free again.
   */
  #reserve(ahead: number, bytes: number): boolean {
    const waitingBytes = this.#waitingBytes + bytes + waitingOverheadBytes;
    const bytesMax = ahead > 0 ? waitingBytesMax : waitingBytesMax + nextBytesMax;
    if (waitingBytes > bytesMax || ahead > sequencesAheadMax) return false;
    this.#waitingBytes = waitingBytes;
    return true;
  }

  #assemble(
    incoming: Incoming,
    frame: Extract<Frame, { type: 'fragment' }>,
    ahead: number,
  ): boolean {
    const known = incoming.waiting.get(frame.sequence);
    if (known instanceof Uint8Array) return true;
    if (known === undefined && !this.#admit(incoming, frame, ahead)) return false;
    const assembly = incoming.waiting.get(frame.sequence);
    if (assembly === undefined || assembly instanceof Uint8Array) return true;
    if (assembly.whole.length !== frame.totalBytes) throw new MalformedError('two sizes');
    if (!assembly.missing.delete(frame.index)) return true;
    assembly.whole.set(frame.payload, frame.index * fragmentBytes);
    if (assembly.missing.size === 0) incoming.waiting.set(frame.sequence, assembly.whole);
    return true;
  }

  #admit(incoming: Incoming, frame: Extract<Frame, { type: 'fragment' }>, ahead: number): boolean {
    if (frame.totalBytes > messageBytesMax) throw new MalformedError('message too long');
    if (!this.#reserve(ahead, frame.totalBytes)) return false;
    const count = Math.ceil(frame.totalBytes / fragmentBytes);
    incoming.waiting.set(frame.sequence, {
      whole: new Uint8Array(frame.totalBytes),
      missing: new Set(Array.from({ length: count }, (_, index) => index)),
    });
    return true;
  }

  #release(conversation: number, incoming: Incoming): readonly ReceivedMessage[] {
    const messages: ReceivedMessage[] = [];
    for (;;) {
      const payload = incoming.waiting.get(incoming.nextSequence);
      if (!(payload instanceof Uint8Array)) return messages;
      incoming.waiting.delete(incoming.nextSequence);
      incoming.nextSequence++;
      this.#waitingBytes -= payload.length + waitingOverheadBytes;
      messages.push({ conversation, payload });
    }
  }
}
