/** Conversations of a connection: messages cut into frames on one side, put in order and together on the other. */

import { type ByteWriter, MalformedError } from './bytes.ts';
import { messageCost, ReassemblyBudget, ReceiveCredit, SendCredit, windowCost } from './flow.ts';
import {
  type Frame,
  fragmentBytes,
  fragmentFrameBytes,
  messageFrameBytes,
  writeFragment,
  writeMessage,
} from './frame.ts';

/** The largest message of a conversation. Bytes. */
export const messageBytesMax = 65_536;

/** Chunks that were sent and not dropped from a queue's array yet; moving the rest costs less the rarer it is. */
const spentChunksMax = 512;

/** One frame's worth of a message on its way out. */
export interface Chunk {
  readonly conversation: number;
  readonly sequence: number;
  /** Undefined where the message fits one frame. */
  readonly fragment: { readonly index: number; readonly totalBytes: number } | undefined;
  readonly payload: Uint8Array;
  /** Size of the frame on the wire. Bytes. */
  readonly frameBytes: number;
  /** Acknowledged: it need not travel any more. */
  settled: boolean;
  /** It waits for (another) transmission. */
  queued: boolean;
}

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
  /** Taken from the source, for want of anything else. */
  #pulled: Chunk | undefined;
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
    const sequence = this.#takeSequence(conversation);
    if (payload.length <= fragmentBytes) {
      this.#add(wholeChunk(conversation, sequence, payload));
    } else {
      for (const chunk of fragmentsOf(conversation, sequence, payload)) this.#add(chunk);
    }
  }

  /** Whenever nothing else waits, messages are taken from `source` until it has none; it replaces the one before. */
  offer(source: MessageSource): void {
    this.#source = source;
  }

  /** Takes the next chunk if its frame fits `roomBytes`. */
  take(roomBytes: number): Chunk | undefined {
    const chunk = this.#peek();
    if (chunk === undefined || chunk.frameBytes > roomBytes) return undefined;
    chunk.queued = false;
    if (chunk === this.#lost[0]) {
      this.#lost.shift();
      this.#bytes -= chunk.frameBytes;
      return chunk;
    }
    this.credit.spend(costOf(chunk));
    if (chunk === this.#pulled) {
      this.#pulled = undefined;
    } else {
      this.#advanceFresh();
      this.#bytes -= chunk.frameBytes;
    }
    return chunk;
  }

  /** Whether anything waits that may be sent. */
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

  #peek(): Chunk | undefined {
    while (this.#lost[0]?.settled) {
      const settled = this.#lost.shift();
      this.#bytes -= settled?.frameBytes ?? 0;
    }
    const chunk = this.#lost[0];
    if (chunk !== undefined) return chunk;
    const fresh = this.#pulled ?? this.#fresh[this.#freshHead] ?? this.#pull();
    return fresh !== undefined && costOf(fresh) <= this.credit.left ? fresh : undefined;
  }

  /** Where nothing else waits a message needs no place in line. */
  #pull(): Chunk | undefined {
    const message = this.#source?.();
    if (message === undefined) {
      this.#source = undefined;
      return undefined;
    }
    const { conversation, payload } = message;
    if (payload.length > fragmentBytes) {
      this.push(conversation, payload);
      return this.#fresh[this.#freshHead];
    }
    this.#pulled = wholeChunk(conversation, this.#takeSequence(conversation), payload);
    return this.#pulled;
  }

  #takeSequence(conversation: number): number {
    const sequence = this.#nextSequence.get(conversation) ?? 0;
    this.#nextSequence.set(conversation, sequence + 1);
    return sequence;
  }

  #add(chunk: Chunk): void {
    this.#fresh.push(chunk);
    this.#bytes += chunk.frameBytes;
  }

  #advanceFresh(): void {
    this.#freshHead++;
    if (this.#freshHead < spentChunksMax && this.#freshHead < this.#fresh.length) return;
    this.#fresh = this.#fresh.slice(this.#freshHead);
    this.#freshHead = 0;
  }
}

/** Writes the frame of a chunk. */
export function writeChunk(writer: ByteWriter, chunk: Chunk): void {
  const { conversation, sequence, fragment, payload } = chunk;
  if (fragment === undefined) writeMessage(writer, conversation, sequence, payload);
  else writeFragment(writer, { conversation, sequence, payload, ...fragment });
}

/** A message costs its bytes and a constant; the constant is its first chunk's. */
function costOf({ fragment, payload }: Chunk): number {
  return payload.length + ((fragment?.index ?? 0) === 0 ? messageCost : 0);
}

function wholeChunk(conversation: number, sequence: number, payload: Uint8Array): Chunk {
  return {
    conversation,
    sequence,
    fragment: undefined,
    payload,
    frameBytes: messageFrameBytes(conversation, sequence, payload.length),
    settled: false,
    queued: true,
  };
}

function fragmentsOf(
  conversation: number,
  sequence: number,
  payload: Uint8Array,
): readonly Chunk[] {
  const totalBytes = payload.length;
  return Array.from({ length: Math.ceil(totalBytes / fragmentBytes) }, (_, index) => {
    const part = payload.subarray(index * fragmentBytes, (index + 1) * fragmentBytes);
    return {
      conversation,
      sequence,
      fragment: { index, totalBytes },
      payload: part,
      frameBytes: fragmentFrameBytes(conversation, sequence, index, totalBytes, part.length),
      settled: false,
      queued: true,
    };
  });
}

/** A message whose turn has come. */
export interface ReceivedMessage {
  readonly conversation: number;
  readonly payload: Uint8Array;
}

const conversationsDefaultMax = 4096;

interface Assembly {
  readonly whole: Uint8Array;
  readonly missing: Set<number>;
}

interface Incoming {
  nextSequence: number;
  readonly waiting: Map<number, Uint8Array | Assembly>;
}

export interface ReceiveQueueOptions {
  /** How many conversations the peer may open; 4,096 unless told otherwise. */
  readonly conversationsMax?: number | undefined;
  /** Shared with other connections; one of its own unless told otherwise. */
  readonly budget?: ReassemblyBudget | undefined;
}

/** Puts received frames together and in order; each message of a conversation comes out exactly once. */
export class ReceiveQueue {
  readonly credit: ReceiveCredit = new ReceiveCredit();
  readonly #conversationsMax: number;
  readonly #budget: ReassemblyBudget;
  readonly #conversations = new Map<number, Incoming>();
  #waitingBytes = 0;

  constructor({ conversationsMax, budget }: ReceiveQueueOptions = {}) {
    this.#conversationsMax = conversationsMax ?? conversationsDefaultMax;
    this.#budget = budget ?? new ReassemblyBudget();
  }

  /**
   * Takes a message or fragment frame.
   * @returns messages whose turn has come, in order; undefined if there is no room, so that the packet must not be acknowledged
   * @throws MalformedError if the peer contradicts itself, opens too many conversations or sends more than was granted
   */
  receive(
    frame: Extract<Frame, { type: 'message' | 'fragment' }>,
  ): readonly ReceivedMessage[] | undefined {
    const incoming = this.#conversation(frame.conversation);
    const ahead = frame.sequence - incoming.nextSequence;
    if (ahead < 0) return [];
    if (frame.type === 'fragment') {
      if (!this.#assemble(incoming, frame, ahead)) return undefined;
    } else if (!incoming.waiting.has(frame.sequence)) {
      const cost = frame.payload.length + messageCost;
      if (ahead === 0) {
        this.credit.receive(cost);
        this.credit.handOn(cost);
        incoming.nextSequence++;
        const message = { conversation: frame.conversation, payload: frame.payload };
        if (incoming.waiting.size === 0) return [message];
        return [message, ...this.#release(frame.conversation, incoming)];
      }
      if (!this.#reserve(ahead, cost)) return undefined;
      this.credit.receive(cost);
      // A copy, since a view would keep its whole packet.
      incoming.waiting.set(frame.sequence, frame.payload.slice());
    }
    return this.#release(frame.conversation, incoming);
  }

  /** Forgets what waits: the connection has ended. */
  clear(): void {
    this.#conversations.clear();
    this.#budget.giveBack(this.#waitingBytes);
    this.#waitingBytes = 0;
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
   * What is next in its conversation is always admitted, or a full budget could never drain. Messages whose first
   * fragment has come take all their room at once: of whoever cuts as it may, no more than one is not wholly granted.
   */
  #reserve(ahead: number, bytes: number): boolean {
    if (this.#waitingBytes + bytes > windowCost + messageBytesMax) {
      throw new MalformedError('more than was granted');
    }
    if (ahead > 0 && !this.#budget.hasRoom(bytes)) return false;
    this.#waitingBytes += bytes;
    this.#budget.take(bytes);
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
    this.credit.receive(frame.payload.length + (frame.index === 0 ? messageCost : 0));
    assembly.whole.set(frame.payload, frame.index * fragmentBytes);
    if (assembly.missing.size === 0) incoming.waiting.set(frame.sequence, assembly.whole);
    return true;
  }

  #admit(incoming: Incoming, frame: Extract<Frame, { type: 'fragment' }>, ahead: number): boolean {
    if (frame.totalBytes > messageBytesMax) throw new MalformedError('message too long');
    if (!this.#reserve(ahead, frame.totalBytes + messageCost)) return false;
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
      const cost = payload.length + messageCost;
      this.credit.handOn(cost);
      this.#budget.giveBack(cost);
      this.#waitingBytes -= cost;
      messages.push({ conversation, payload });
    }
  }
}
