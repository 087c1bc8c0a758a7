/** The store of a server that begins anew at every start: it keeps nothing. */

import type { AuditEntry } from '../chat/audit.ts';
import { nothingStored, type StoredState } from '../chat/records.ts';
import type { Store } from './store.ts';

export class EphemeralStore implements Store {
  readonly seed: Uint8Array;
  readonly isDurable = false;

  constructor(seed: Uint8Array) {
    this.seed = seed;
  }

  load(): Promise<StoredState> {
    return Promise.resolve(nothingStored);
  }

  write(): undefined {
    return undefined;
  }

  audit(): Promise<readonly AuditEntry[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
