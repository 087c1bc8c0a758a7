/** Asks a server's store for messages, and tells what it found: several questions at a time, in whatever order they end. */

import type { Found, StoreQuery } from '../chat/queries.ts';
import { BanterError } from '../errors.ts';
import type { Store } from '../store/store.ts';

export interface StoreReaderOptions {
  readonly store: Store;
  /** What a query has found; undefined if the store could not look. */
  readonly onFound: (number: number, found: Found) => void;
  /** Why it could not. */
  readonly onFailed: (error: BanterError) => void;
}

/** Bounded by who asks. */
export class StoreReader {
  readonly #options: StoreReaderOptions;

  constructor(options: StoreReaderOptions) {
    this.#options = options;
  }

  /** Begins to look; the answer comes later. */
  ask(number: number, query: StoreQuery): void {
    void this.#find(number, query);
  }

  async #find(number: number, query: StoreQuery): Promise<void> {
    const { store, onFound, onFailed } = this.#options;
    let found: Found;
    try {
      found = await search(store, query);
    } catch (error) {
      if (!(error instanceof BanterError)) throw error;
      onFailed(error);
    }
    onFound(number, found);
  }
}

function search(store: Store, query: StoreQuery): Promise<Found> {
  switch (query.type) {
    case 'read':
      return store.read(query);
    case 'history':
      return store.history(query);
    case 'search':
      return store.search(query);
    case 'audit':
      return store.audit(query);
  }
}
