/** Hands a server's changes to its store: one write at a time; what gathers meanwhile is the next one. */

import type { StoreChange } from '../chat/records.ts';
import type { Store } from '../store/store.ts';

export interface StoreWriterOptions {
  readonly store: Store;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** So many changes were written in one go, which took so long. Milliseconds. */
  readonly onWritten: (changes: number, tookMs: number) => void;
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
  #beganAt = 0;
  #hasFailed = false;

  constructor(options: StoreWriterOptions) {
    this.#options = options;
  }

  /** Whether so much waits that the end of the turn should not be waited for. */
  get isFull(): boolean {
    return this.#waiting.length >= batchChanges && this.#writing === undefined;
  }

  /** How long the write under way has taken so far. Milliseconds; 0 if none is. */
  get writingMs(): number {
    return this.#writing === undefined ? 0 : this.#options.now() - this.#beganAt;
  }

  /** Whether the store has failed, so that nothing is written any more. */
  get hasFailed(): boolean {
    return this.#hasFailed;
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
    this.#beganAt = this.#options.now();
    try {
      this.#writing = this.#options.store.write(changes)?.then(
        () => this.#finish(newest, changes.length),
        (error) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#writing !== undefined) return;
    this.#note(changes.length);
    return newest;
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

  #finish(newest: number, changes: number): void {
    this.#writing = undefined;
    this.#note(changes);
    this.#options.onStored(newest);
  }

  #note(changes: number): void {
    this.#options.onWritten(changes, this.#options.now() - this.#beganAt);
  }

  #fail(error: unknown): void {
    this.#writing = undefined;
    this.#hasFailed = true;
    this.#options.onFailed(error);
  }
}
