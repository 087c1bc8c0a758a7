/** What a hub asks of its store, and who waits for which answer. */

import type { AuditEntry } from './audit.ts';
import type { Effects } from './effects.ts';
import type { HistoryQuery, ReadQuery, SearchQuery, StoredMessage } from './records.ts';

/** A question about the messages of a group, or for the newest entries of the audit trail. */
export type StoreQuery =
  | ({ readonly type: 'read' } & ReadQuery)
  | ({ readonly type: 'history' } & HistoryQuery)
  | ({ readonly type: 'search' } & SearchQuery)
  | { readonly type: 'audit'; readonly limit: number };

/** What the store finds for a query. */
export type FoundBy<Query extends StoreQuery> = Query extends { readonly type: 'audit' }
  ? readonly AuditEntry[]
  : readonly StoredMessage[];

/** Messages that were found; undefined if the store could not look. */
export type FoundMessages = readonly StoredMessage[] | undefined;

/** What was found; undefined if the store could not look. */
export type Found = FoundBy<StoreQuery> | undefined;

/** Queries under way; bounded by those who ask. */
export class Queries {
  readonly #effects: Effects;
  readonly #listeners = new Map<number, (found: Found, now: number) => void>();
  #newest = 0;

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  /** Asks the store; what was stored before the call is there to be found. */
  ask<Query extends StoreQuery>(
    query: Query,
    onFound: (found: FoundBy<Query> | undefined, now: number) => void,
  ): void {
    const number = ++this.#newest;
    // The number pairs what is found with what was asked; the compiler cannot follow.
    this.#listeners.set(number, onFound as (found: Found, now: number) => void);
    this.#effects.pushPrompt({ type: 'query', number, query });
  }

  /** The answer to a query; a number that nobody waits for is ignored. */
  answered(number: number, found: Found, now: number): void {
    const listener = this.#listeners.get(number);
    this.#listeners.delete(number);
    listener?.(found, now);
  }
}
