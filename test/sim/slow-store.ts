/** A store that takes its time, in virtual time: what a server's process has handed it and not heard back of dies with it. */

import type { AuditEntry } from '../../core/chat/audit.ts';
import type {
  Dropped,
  HistoryQuery,
  ReadQuery,
  SearchQuery,
  StoreChange,
  StoredMessage,
  StoredState,
} from '../../core/chat/records.ts';
import { BanterError } from '../../core/errors.ts';
import type { Environment } from '../../core/net/transport.ts';
import type { MemoryStore } from '../../core/store/memory-store.ts';
import type { PruneQuery, Store, StoreStats } from '../../core/store/store.ts';

/** A write takes up to this long. Milliseconds. */
const writeMsMax = 30;

/** A page takes up to this long to be read. Milliseconds. */
const readMsMax = 100;

/** One page in so many cannot be read. */
const readsPerFailure = 8;

export class SlowStore implements Store {
  readonly isDurable = true;
  readonly seed: Uint8Array;
  readonly #disk: MemoryStore;
  readonly #process: Environment;

  /**
   * @param disk what outlives the process
   * @param process whose timers end with it
   */
  constructor(disk: MemoryStore, process: Environment) {
    this.seed = disk.seed;
    this.#disk = disk;
    this.#process = process;
  }

  load(): Promise<StoredState> {
    return this.#disk.load();
  }

  write(changes: readonly StoreChange[]): Promise<void> | undefined {
    const [byte = 0] = this.#process.random(1);
    return new Promise((resolve) => {
      const write = (): void => {
        this.#disk.write(changes);
        resolve();
      };
      this.#process.setTimer(write, (byte / 255) * writeMsMax);
    });
  }

  async read(query: ReadQuery): Promise<readonly StoredMessage[]> {
    const [time = 0, luck = 0] = this.#process.random(2);
    await new Promise<void>((resolve) => {
      this.#process.setTimer(resolve, (time / 255) * readMsMax);
    });
    if (luck % readsPerFailure === 0) {
      throw new BanterError('DATA_UNUSABLE', 'the disk does not answer for once');
    }
    return this.#disk.read(query);
  }

  history(query: HistoryQuery): Promise<readonly StoredMessage[]> {
    return this.#disk.history(query);
  }

  search(query: SearchQuery): Promise<readonly StoredMessage[]> {
    return this.#disk.search(query);
  }

  prune(query: PruneQuery): Promise<readonly Dropped[]> {
    return this.#disk.prune(query);
  }

  stats(): Promise<StoreStats> {
    return this.#disk.stats();
  }

  audit(query: { readonly limit: number }): Promise<readonly AuditEntry[]> {
    return this.#disk.audit(query);
  }

  isInPlace(): Promise<boolean> {
    return this.#disk.isInPlace();
  }

  close(): Promise<void> {
    return this.#disk.close();
  }
}
