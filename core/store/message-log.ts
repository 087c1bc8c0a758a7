/** The newest messages of a group in memory, as a store gives them back. */

import type { HistoryQuery, ReadQuery, SearchQuery, StoredMessage } from '../chat/records.ts';
import { contains, phrasesOf } from './words.ts';

/** What a message takes beside its text, roughly. Bytes. */
const messageOverheadBytes = 192;

/** Messages that were dropped are not worth moving the others until there are as many. */
const droppedKept = 1024;

/** So much text is searched at a time before others have their turn. UTF-16 code units. */
const searchStride = 64 * 1024;

/** Messages numbered without gaps. At either bound the oldest go. */
export class MessageLog {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  #messages: (StoredMessage | undefined)[] = [];
  /** The place of the oldest that is kept. */
  #start = 0;
  #headSeq = 0;
  #bytes = 0;

  constructor(messagesMax: number, bytesMax: number) {
    this.#messagesMax = messagesMax;
    this.#bytesMax = bytesMax;
  }

  /** The number of the newest message; 0 before the first. */
  get headSeq(): number {
    return this.#headSeq;
  }

  /** Memory taken, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many are kept. */
  get length(): number {
    return this.#messages.length - this.#start;
  }

  get oldest(): StoredMessage | undefined {
    return this.#messages[this.#start];
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** Keeps the message number `headSeq + 1`. */
  append(message: StoredMessage): void {
    this.#headSeq = message.seq;
    this.#messages.push(message);
    this.#bytes += bytesOf(message);
    if (this.length > this.#messagesMax) this.dropOldest();
    while (this.#bytes > this.#bytesMax && this.length > 1) this.dropOldest();
  }

  /** Forgets the oldest message. */
  dropOldest(): void {
    const { oldest } = this;
    if (oldest === undefined) return;
    this.#bytes -= bytesOf(oldest);
    this.#messages[this.#start++] = undefined;
    if (this.#start < droppedKept || this.#start * 2 < this.#messages.length) return;
    this.#messages = this.#messages.slice(this.#start);
    this.#start = 0;
  }

  /** The oldest after `afterSeq`, oldest first. */
  read({ afterSeq, limit }: Omit<ReadQuery, 'group'>): readonly StoredMessage[] {
    const first = this.#headSeq - this.length + 1;
    const at = this.#start + Math.max(0, afterSeq + 1 - first);
    return this.#messages.slice(at, at + limit).filter((message) => message !== undefined);
  }

  /** The newest before `beforeSeq`, newest first. */
  history({ beforeSeq, limit }: Omit<HistoryQuery, 'group'>): readonly StoredMessage[] {
    const end = this.#endBefore(beforeSeq);
    const page = this.#messages.slice(Math.max(this.#start, end - limit), end);
    return page.filter((message) => message !== undefined).reverse();
  }

  /** The newest before `beforeSeq` that contain all the words, newest first. Others have their turn meanwhile. */
  async search(query: Omit<SearchQuery, 'group'>): Promise<readonly StoredMessage[]> {
    const phrases = phrasesOf(query.words);
    if (phrases.length === 0) return [];
    const found: StoredMessage[] = [];
    let searched = 0;
    for (const message of this.history({ ...query, limit: this.length })) {
      if (found.length >= query.limit) break;
      if (contains(message.text, phrases)) found.push(message);
      searched += message.text.length;
      if (searched < searchStride) continue;
      searched = 0;
      await new Promise(setImmediate);
    }
    return found;
  }

  /** The place behind the newest before `beforeSeq`. */
  #endBefore(beforeSeq: number | undefined): number {
    const newer = beforeSeq === undefined ? 0 : Math.max(0, this.#headSeq - beforeSeq + 1);
    return Math.max(this.#start, this.#messages.length - newer);
  }
}

function bytesOf({ text }: StoredMessage): number {
  return Buffer.byteLength(text) + messageOverheadBytes;
}
