/** Messages kept for `chat.next()`, so that an answer that arrives before somebody waits for it is not missed. */

import { BanterError, type ChatMessage } from '../core/client-api.ts';
import { aborted } from './abort.ts';
import { checkTexts } from './chat-arguments.ts';

/** Which messages somebody waits for; every field given has to fit. */
export interface MessageFilter {
  readonly from?: string;
  readonly group?: string;
  /** The whole text, or a pattern found in it. */
  readonly text?: string | RegExp;
}

/** A filter, or a function that says yes. */
export type MessageMatch = MessageFilter | ((message: ChatMessage) => boolean);

/** How long to wait. */
export interface WaitOptions {
  /** Milliseconds until the wait rejects with TIMED_OUT; 1 to 2^31-1. Default: for ever. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

interface Waiter {
  readonly accepts: (message: ChatMessage) => boolean;
  readonly resolve: (message: ChatMessage) => void;
  readonly reject: (error: unknown) => void;
}

const waitersMax = 1000;
const timeoutMsMax = 2 ** 31 - 1;

/**
 * A queue of at most `capacity` messages; past that the oldest is dropped and counted.
 * A message goes to the longest-waiting call that accepts it, else it is kept. At most 1000 calls wait at a time.
 */
export class Inbox {
  readonly #capacity: number;
  #kept: ChatMessage[] = [];
  #dropped = 0;
  #pushed = 0;
  #closed: BanterError | undefined;
  readonly #waiters = new Set<Waiter>();

  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  /** How many messages were dropped at the bound since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** How many messages have come so far; for {@link forgetBefore}. */
  get mark(): number {
    return this.#pushed;
  }

  /** Drops what came before the mark was taken, uncounted: somebody has seen it otherwise. */
  forgetBefore(mark: number): void {
    const newer = this.#pushed - mark;
    if (this.#kept.length > newer) this.#kept = newer === 0 ? [] : this.#kept.slice(-newer);
  }

  /** Hands the message to who waits for it, or keeps it. */
  push(message: ChatMessage): void {
    this.#pushed++;
    for (const waiter of this.#waiters) {
      if (this.#offer(waiter, message)) return;
    }
    this.#kept.push(message);
    if (this.#kept.length > this.#capacity) {
      // A tenth at a time keeps the cost of dropping constant per message.
      const excess = Math.ceil(this.#capacity / 10);
      this.#kept.splice(0, excess);
      this.#dropped += excess;
    }
  }

  /**
   * Takes the oldest message that fits, waiting for one if there is none.
   * @throws BanterError TIMED_OUT, ABORTED, CLOSED, RATE_LIMITED (1000 calls wait already), OPTION_INVALID; and whatever the function threw
   */
  async next(match?: MessageMatch, options: WaitOptions = {}): Promise<ChatMessage> {
    const accepts = matcher(match);
    const index = this.#kept.findIndex(accepts);
    const [kept] = index < 0 ? [] : this.#kept.splice(index, 1);
    if (kept !== undefined) return kept;
    if (options.signal?.aborted) throw aborted();
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#waiters.size >= waitersMax) {
      throw new BanterError('RATE_LIMITED', `${waitersMax} calls wait for a message already`);
    }
    return this.#wait(accepts, options);
  }

  /** Rejects everybody who waits, and whoever comes later once nothing kept fits. */
  close(): void {
    this.#closed = new BanterError('CLOSED', 'no message will come: the client has been closed');
    for (const waiter of this.#waiters) waiter.reject(this.#closed);
    this.#waiters.clear();
  }

  #offer(waiter: Waiter, message: ChatMessage): boolean {
    try {
      if (!waiter.accepts(message)) return false;
      this.#waiters.delete(waiter);
      waiter.resolve(message);
      return true;
    } catch (error) {
      this.#waiters.delete(waiter);
      waiter.reject(error);
      return false;
    }
  }

  async #wait(
    accepts: Waiter['accepts'],
    { timeoutMs, signal }: WaitOptions,
  ): Promise<ChatMessage> {
    checkTimeout(timeoutMs);
    const { promise, resolve, reject } = Promise.withResolvers<ChatMessage>();
    const waiter: Waiter = { accepts, resolve, reject };
    const giveUp = (): void => reject(aborted());
    const expire = (): void =>
      reject(new BanterError('TIMED_OUT', `no such message came within ${timeoutMs} ms`));
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
    signal?.addEventListener('abort', giveUp, { once: true });
    this.#waiters.add(waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      this.#waiters.delete(waiter);
    }
  }
}

function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined || (timeoutMs >= 1 && timeoutMs <= timeoutMsMax)) return;
  throw new BanterError(
    'OPTION_INVALID',
    `timeoutMs is ${timeoutMs}; it has to be from 1 to ${timeoutMsMax}`,
  );
}

const filterFields: ReadonlySet<string> = new Set(['from', 'group', 'text']);

function matcher(match: MessageMatch | undefined): (message: ChatMessage) => boolean {
  if (match === undefined) return () => true;
  if (typeof match === 'function') return match;
  const unknown = Object.keys(match).find((field) => !filterFields.has(field));
  if (unknown !== undefined) {
    throw new BanterError(
      'OPTION_INVALID',
      `unknown field "${unknown}"; known are from, group, text`,
    );
  }
  const { from, group, text } = match;
  checkTexts('chat.next({ from, group, text })', {}, { from, group });
  if (text !== undefined && typeof text !== 'string' && !(text instanceof RegExp)) {
    throw new BanterError('OPTION_INVALID', 'chat.next: text must be a text or a pattern');
  }
  return (message) => {
    if (from !== undefined && message.from !== from) return false;
    if (group !== undefined && (message.type !== 'group' || message.group !== group)) return false;
    if (text === undefined) return true;
    // A pattern with the g or y flag would remember where it stopped.
    return typeof text === 'string' ? message.text === text : message.text.search(text) >= 0;
  };
}
