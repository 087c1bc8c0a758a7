/** Hands a server's changes to its store: one write at a time; what gathers meanwhile is the next one. */

import type { StoreChange } from '../chat/records.ts';
import type { Store } from '../store/store.ts';

export interface StoreWriterOptions {
  readonly store: Store;
  /** Everything up to the change of this number is stored, after a while. */
  readonly onStored: (number: number) => void;
  /** The store has failed with this; nothing more is written. */
  readonly onFailed: (error: unknown) => void;
}

/** As many changes are worth a write of their own. */
const batchChanges = 512;

/** Batches form by themselves: the slower the store, the more gathers while it writes. Bounded by who adds. */
export class StoreWriter {
  readonly #options: StoreWriterOptions;
  #waiting: StoreChange[] = [];
  #newest = 0;
  #writing: Promise<void> | undefined;
  #hasFailed = false;

  constructor(options: StoreWriterOptions) {
    this.#options = options;
  }

  /** Whether so much waits that the end of the turn should not be waited for. */
  get isFull(): boolean {
    return this.#waiting.length >= batchChanges && this.#writing === undefined;
  }

  /** Takes the change that follows the one before; {@link flush} writes it. */
  add(number: number, change: StoreChange): void {
    this.#waiting.push(change);
    this.#newest = number;
  }

  /** Begins to write what waits, unless a write is under way. @returns up to which change everything was stored at once */
  flush(): number | undefined {
    if (this.#writing !== undefined || this.#waiting.length === 0 || this.#hasFailed) return;
    const [changes, newest] = [this.#waiting, this.#newest];
    this.#waiting = [];
    try {
      this.#writing = this.#options.store.write(changes)?.then(
        () => this.#finish(newest),
        (error) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
      return;
    }
    return this.#writing === undefined ? newest : undefined;
  }

  /** Resolves once everything that was added is stored, or never will be. */
  async drain(): Promise<void> {
    for (;;) {
      const stored = this.flush();
      if (stored !== undefined) this.#options.onStored(stored);
      else if (this.#writing !== undefined) await this.#writing;
      else return;
    }
  }

  #finish(newest: number): void {
    this.#writing = undefined;
    this.#options.onStored(newest);
  }

  #fail(error: unknown): void {
    this.#writing = undefined;
    this.#hasFailed = true;
    this.#options.onFailed(error);
  }
}
