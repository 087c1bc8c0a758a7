/** A folder that keeps a server's identity and its names, and of groups nothing: what is lost with one server and not the next. */

import type { NameBinding } from '../../core/chat/directory.ts';
import { MemoryStore } from '../../core/store/memory-store.ts';
import type { Store } from '../../core/store/store.ts';
import { storeAround } from './store-around.ts';

export class NamesStore {
  readonly #seed: Uint8Array;
  readonly #names: NameBinding[] = [];

  /** @param seed 32 bytes */
  constructor(seed: Uint8Array = new Uint8Array(32).fill(1)) {
    this.#seed = seed;
  }

  /** The store of the next server. */
  open(): Store {
    const store = new MemoryStore(this.#seed);
    store.write(this.#names.map((binding) => ({ type: 'nameBound', ...binding })));
    return storeAround(store, {
      write: (changes) => {
        for (const change of changes) {
          if (change.type !== 'nameBound') continue;
          this.#names.push({ name: change.name, identity: change.identity });
        }
        return store.write(changes);
      },
    });
  }

  /** Whose a name is, nobody knows any more. */
  forget(): void {
    this.#names.length = 0;
  }
}
