/** The store of a server that begins anew at every start: what was said can be asked for as long as it runs. */

import type { AuditEntry } from '../chat/audit.ts';
import type { HubLimits } from '../chat/limits.ts';
import {
  type HistoryQuery,
  nothingStored,
  type ReadQuery,
  type SearchQuery,
  type StoreChange,
  type StoredMessage,
  type StoredState,
} from '../chat/records.ts';
import { MemoryStore } from './memory-store.ts';
import type { Store } from './store.ts';

/** Changes of what can be asked for; of the others the server has all that matters while it lives. */
const askedFor: ReadonlySet<StoreChange['type']> = new Set([
  'groupCreated',
  'messageAppended',
  'audited',
]);

/** Keeps nothing for a next start. */
export class EphemeralStore implements Store {
  readonly seed: Uint8Array;
  readonly isDurable = false;
  readonly #memory: MemoryStore;

  /**
   * @param seed 32 bytes: the identity of the server
   * @throws BanterError OPTION_INVALID
   */
  constructor(seed: Uint8Array, limits: Partial<HubLimits> = {}) {
    this.seed = seed;
    this.#memory = new MemoryStore(seed, limits);
  }

  load(): Promise<StoredState> {
    return Promise.resolve(nothingStored);
  }

  write(changes: readonly StoreChange[]): undefined {
    this.#memory.write(changes.filter(({ type }) => askedFor.has(type)));
  }

  read(query: ReadQuery): Promise<readonly StoredMessage[]> {
    return this.#memory.read(query);
  }

  history(query: HistoryQuery): Promise<readonly StoredMessage[]> {
    return this.#memory.history(query);
  }

  search(query: SearchQuery): Promise<readonly StoredMessage[]> {
    return this.#memory.search(query);
  }

  audit(query: { readonly limit: number }): Promise<readonly AuditEntry[]> {
    return this.#memory.audit(query);
  }

  close(): Promise<void> {
    return this.#memory.close();
  }
}
