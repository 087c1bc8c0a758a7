/** A store with something of its own, and for the rest another. */

import type { Store } from '../../core/store/store.ts';

/** A store that differs from another in what is given. */
export function storeAround(store: Store, own: Partial<Store>): Store {
  return {
    seed: store.seed,
    isDurable: store.isDurable,
    load: () => store.load(),
    write: (changes) => store.write(changes),
    read: (query) => store.read(query),
    history: (query) => store.history(query),
    search: (query) => store.search(query),
    prune: (query) => store.prune(query),
    stats: () => store.stats(),
    audit: (query) => store.audit(query),
    isInPlace: () => store.isInPlace(),
    close: () => store.close(),
    ...own,
  };
}
