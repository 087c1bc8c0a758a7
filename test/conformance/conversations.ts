/** The conversations of a connection in one direction each (docs/PROTOCOL.md §5): pieces, order and flow control. */

import { type Frame, writeFrame } from './frames.ts';
import { joined, Malformed } from './notation.ts';

const pieceBytes = 1024;
const messageBytesMax = 65_536;
const messageCost = 64;
const creditStep = 1_048_576;
const conversationsMax = 4096;

/** A message frame or fragment on its way to the other side. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** What it takes of the credit. */
  readonly cost: number;
}

/** Cuts messages into frames and holds them until there is credit. */
export class Outgoing {
  readonly #waiting: Piece[] = [];
  readonly #sequences = new Map<number, number>();
  #spent = 0;
  #credit = creditStep;

  /** @param message 65,536 bytes at most */
  send(conversation: number, message: Uint8Array): void {
    if (message.length > messageBytesMax) throw new RangeError(`${message.length} bytes`);
    const sequence = this.#sequences.get(conversation) ?? 0;
    this.#sequences.set(conversation, sequence + 1);
    const totalBytes = message.length;
    if (totalBytes <= pieceBytes) {
      const bytes = writeFrame({ type: 'message', conversation, sequence, payload: message });
      this.#waiting.push({ bytes, cost: totalBytes + messageCost });
      return;
    }
    for (let index = 0; index * pieceBytes < totalBytes; index++) {
      const payload = message.subarray(index * pieceBytes, (index + 1) * pieceBytes);
      const fields = { conversation, sequence, index, totalBytes, payload };
      const bytes = writeFrame({ type: 'fragment', ...fields });
      this.#waiting.push({ bytes, cost: payload.length + (index === 0 ? messageCost : 0) });
    }
  }

  /** @param messages two or more, which fit one packet */
  sendTogether(conversation: number, messages: readonly Uint8Array[]): void {
    const sequence = this.#sequences.get(conversation) ?? 0;
    this.#sequences.set(conversation, sequence + messages.length);
    const bytes = writeFrame({ type: 'messages', conversation, sequence, payloads: messages });
    const cost = messages.reduce((sum, { length }) => sum + length + messageCost, 0);
    this.#waiting.push({ bytes, cost });
  }

  /** The other side takes what costs `credit` in all. */
  grant(credit: number): void {
    this.#credit = Math.max(this.#credit, credit);
  }

  /** The next piece, if there is one and credit for it. */
  poll(): Uint8Array | undefined {
    const [next] = this.#waiting;
    if (next === undefined || this.#spent + next.cost > this.#credit) return undefined;
    this.#waiting.shift();
    this.#spent += next.cost;
    return next.bytes;
  }
}

/** A message of which pieces have come. */
interface Unfinished {
  readonly totalBytes: number;
  /** How many pieces make it whole. */
  readonly count: number;
  readonly pieces: Map<number, Uint8Array>;
}

/** What has come whole and is next in its conversation. */
export interface Whole {
  readonly conversation: number;
  readonly message: Uint8Array;
}

type Arrived = Extract<Frame, { readonly type: 'message' | 'fragment' }>;

/** Puts messages together and in order. */
export class Incoming {
  readonly #next = new Map<number, number>();
  readonly #unfinished = new Map<string, Unfinished>();
  #handedOn = 0;
  #taken = 0;
  #granted = creditStep;

  /** @returns what can be handed on now. @throws Malformed */
  receive(frame: Arrived): readonly Whole[] {
    const { conversation, sequence, payload } = frame;
    const index = frame.type === 'message' ? 0 : frame.index;
    const totalBytes = frame.type === 'message' ? payload.length : frame.totalBytes;
    const rest = totalBytes - index * pieceBytes;
    const isOnGrid = rest > 0 && payload.length === Math.min(rest, pieceBytes);
    if (frame.type === 'fragment' && !isOnGrid) throw new Malformed('a fragment of another size');
    if (totalBytes > messageBytesMax) throw new Malformed(`a message of ${totalBytes} bytes`);
    this.#open(conversation);
    if (sequence < (this.#next.get(conversation) ?? 0)) return [];
    const key = `${conversation} ${sequence}`;
    const missing = frame.type === 'message' ? 1 : Math.ceil(totalBytes / pieceBytes);
    const known = this.#unfinished.get(key) ?? { totalBytes, count: missing, pieces: new Map() };
    if (known.totalBytes !== totalBytes) throw new Malformed('two sizes of one message');
    if (known.pieces.has(index)) return [];
    this.#taken += payload.length + (known.pieces.size === 0 ? messageCost : 0);
    if (this.#taken > this.#granted) throw new Malformed('more than was granted');
    known.pieces.set(index, payload);
    this.#unfinished.set(key, known);
    return this.#wholes(conversation);
  }

  /** A new credit to tell, when half of the last one is used up. */
  pollCredit(): number | undefined {
    if (this.#granted - this.#handedOn > creditStep / 2) return undefined;
    this.#granted = this.#handedOn + creditStep;
    return this.#granted;
  }

  #open(conversation: number): void {
    if (this.#next.has(conversation)) return;
    if (this.#next.size === conversationsMax) throw new Malformed('too many conversations');
    this.#next.set(conversation, 0);
  }

  #wholes(conversation: number): readonly Whole[] {
    const wholes: Whole[] = [];
    for (;;) {
      const sequence = this.#next.get(conversation) ?? 0;
      const key = `${conversation} ${sequence}`;
      const found = this.#unfinished.get(key);
      if (found === undefined) return wholes;
      const { totalBytes, count, pieces } = found;
      if (pieces.size < count) return wholes;
      const inOrder = Array.from(pieces).sort(([one], [other]) => one - other);
      wholes.push({ conversation, message: joined(...inOrder.map(([, piece]) => piece)) });
      this.#unfinished.delete(key);
      this.#next.set(conversation, sequence + 1);
      this.#handedOn += totalBytes + messageCost;
    }
  }
}
