/** What a hub asks of its store, and who waits for which answer. */

import type { Effects } from './effects.ts';
import type { HistoryQuery, ReadQuery, SearchQuery, StoredMessage } from './records.ts';

/** A question about the messages of a group. */
export type StoreQuery =
  | ({ readonly type: 'read' } & ReadQuery)
  | ({ readonly type: 'history' } & HistoryQuery)
  | ({ readonly type: 'search' } & SearchQuery);

/** What was found; undefined if the store could not look. */
export type Found = readonly StoredMessage[] | undefined;

/** Takes the answer to a query. */
export type FoundListener = (found: Found, now: number) => void;

/** Queries under way; bounded by those who ask. */
export class Queries {
  readonly #effects: Effects;
  readonly #listeners = new Map<number, FoundListener>();
  #newest = 0;

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  /** Asks the store; what was stored before the call is there to be found. */
  ask(query: StoreQuery, onFound: FoundListener): void {
    const number = ++this.#newest;
    this.#listeners.set(number, onFound);
    this.#effects.pushPrompt({ type: 'query', number, query });
  }

  /** The answer to a query; a number that nobody waits for is ignored. */
  answered(number: number, found: Found, now: number): void {
    const listener = this.#listeners.get(number);
    this.#listeners.delete(number);
    listener?.(found, now);
  }
}
