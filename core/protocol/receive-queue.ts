/** Frames of a connection's conversations, put together and in order. */

import { MalformedError } from './bytes.ts';
import { messageBytesMax } from './chunk.ts';
import { messageCost, ReassemblyBudget, ReceiveCredit, windowCost } from './flow.ts';
import { type Frame, fragmentBytes } from './frame.ts';

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
  /** What came out of its turn or in parts; none of it, mostly. */
  waiting: Map<number, Uint8Array | Assembly> | undefined;
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
  /** Of conversation 0, the only one of most connections of a server. */
  #first: Incoming | undefined;
  #others: Map<number, Incoming> | undefined;
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
    } else if (incoming.waiting?.has(frame.sequence) !== true) {
      const cost = frame.payload.length + messageCost;
      if (ahead === 0) {
        this.credit.receive(cost);
        this.credit.handOn(cost);
        incoming.nextSequence++;
        const message = { conversation: frame.conversation, payload: frame.payload };
        if (incoming.waiting === undefined) return [message];
        return [message, ...this.#release(frame.conversation, incoming)];
      }
      if (!this.#reserve(ahead, cost)) return undefined;
      this.credit.receive(cost);
      // A copy, since a view would keep its whole packet.
      keepWaiting(incoming, frame.sequence, frame.payload.slice());
    }
    return this.#release(frame.conversation, incoming);
  }

  /** Forgets what waits: the connection has ended. */
  clear(): void {
    this.#first = undefined;
    this.#others = undefined;
    this.#budget.giveBack(this.#waitingBytes);
    this.#waitingBytes = 0;
  }

  #conversation(conversation: number): Incoming {
    const known = conversation === 0 ? this.#first : this.#others?.get(conversation);
    if (known !== undefined) return known;
    const count = (this.#first === undefined ? 0 : 1) + (this.#others?.size ?? 0);
    if (count >= this.#conversationsMax) throw new MalformedError('too many conversations');
    const incoming: Incoming = { nextSequence: 0, waiting: undefined };
    if (conversation === 0) {
      this.#first = incoming;
    } else {
      this.#others ??= new Map();
      this.#others.set(conversation, incoming);
    }
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
    const known = incoming.waiting?.get(frame.sequence);
    if (known instanceof Uint8Array) return true;
    if (known === undefined && !this.#admit(incoming, frame, ahead)) return false;
    const assembly = incoming.waiting?.get(frame.sequence);
    if (assembly === undefined || assembly instanceof Uint8Array) return true;
    if (assembly.whole.length !== frame.totalBytes) throw new MalformedError('two sizes');
    if (!assembly.missing.delete(frame.index)) return true;
    this.credit.receive(frame.payload.length + (frame.index === 0 ? messageCost : 0));
    assembly.whole.set(frame.payload, frame.index * fragmentBytes);
    if (assembly.missing.size === 0) keepWaiting(incoming, frame.sequence, assembly.whole);
    return true;
  }

  #admit(incoming: Incoming, frame: Extract<Frame, { type: 'fragment' }>, ahead: number): boolean {
    if (frame.totalBytes > messageBytesMax) throw new MalformedError('message too long');
    if (!this.#reserve(ahead, frame.totalBytes + messageCost)) return false;
    const count = Math.ceil(frame.totalBytes / fragmentBytes);
    keepWaiting(incoming, frame.sequence, {
      whole: new Uint8Array(frame.totalBytes),
      missing: new Set(Array.from({ length: count }, (_, index) => index)),
    });
    return true;
  }

  #release(conversation: number, incoming: Incoming): readonly ReceivedMessage[] {
    const messages: ReceivedMessage[] = [];
    for (;;) {
      const payload = incoming.waiting?.get(incoming.nextSequence);
      if (!(payload instanceof Uint8Array)) return messages;
      incoming.waiting?.delete(incoming.nextSequence);
      if (incoming.waiting?.size === 0) incoming.waiting = undefined;
      incoming.nextSequence++;
      const cost = payload.length + messageCost;
      this.credit.handOn(cost);
      this.#budget.giveBack(cost);
      this.#waitingBytes -= cost;
      messages.push({ conversation, payload });
    }
  }
}

function keepWaiting(incoming: Incoming, sequence: number, part: Uint8Array | Assembly): void {
  incoming.waiting ??= new Map();
  incoming.waiting.set(sequence, part);
}
