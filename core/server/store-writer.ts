/** Hands a server's changes to its store: one write at a time; what gathers meanwhile is the next one. */

import type { StoreChange } from '../chat/records.ts';
import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';
import type { Store } from '../store/store.ts';

export interface StoreWriterOptions {
  readonly store: Store;
  readonly environment: Pick<Environment, 'now' | 'setTimer'>;
  /** A write begins so long after its first change, for others to join it. Milliseconds; 0 for at once. */
  readonly windowMs: number;
  /** So many changes were written in one go, which took so long. Milliseconds. */
  readonly onWritten: (changes: number, tookMs: number) => void;
  /** Everything up to the change of this number is stored, after a while. */
  readonly onStored: (number: number) => void;
  /** It is time to {@link StoreWriter.flush}. */
  readonly onDue: () => void;
  /** The store has no room, or has room again: what it did not take is kept, and tried again until it does. */
  readonly onFull: (full: BanterError | undefined) => void;
  /** The store has failed with this; nothing more is written. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * As many changes are worth a write of their own, and more are not written at a time: handing them over, and going on
 * with what has waited for them, holds up the event loop. A slow disk takes as many times more as a write takes longer
 * than this, or the number of writes would set the rate. Milliseconds.
 */
const batchChangesMin = 32;
const batchChangesMax = 512;
const batchMs = 4;

/** A store that had no room is tried again after this long. Milliseconds. */
const retryMs = 1000;

/** Batches form by themselves: the slower the store, the more gathers while it writes. Bounded by who adds. */
export class StoreWriter {
  readonly #options: StoreWriterOptions;
  #waiting: StoreChange[] = [];
  #newest = 0;
  #writing: Promise<void> | undefined;
  #beganAt = 0;
  /** While a timer runs nothing is written before it is due. */
  #cancelTimer: (() => void) | undefined;
  #isFullUp = false;
  #hasFailed = false;
  #batchChanges = batchChangesMin;

  constructor(options: StoreWriterOptions) {
    this.#options = options;
  }

  /** Whether so much waits that the end of the turn should not be waited for. */
  get isFull(): boolean {
    return (
      this.#waiting.length >= this.#batchChanges && this.#writing === undefined && !this.#isFullUp
    );
  }

  /** How long the write under way has taken so far. Milliseconds; 0 if none is. */
  get writingMs(): number {
    return this.#writing === undefined ? 0 : this.#options.environment.now() - this.#beganAt;
  }

  /** Whether the store has no room for what waits. */
  get isStoreFull(): boolean {
    return this.#isFullUp;
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

  /** Begins to write what waits, unless a write is under way or not due. @returns up to which change everything was stored at once */
  flush(): number | undefined {
    const isWaiting = this.#waiting.length > 0 && this.#cancelTimer === undefined;
    if (!isWaiting || this.#writing !== undefined || this.#hasFailed) return undefined;
    const { windowMs } = this.#options;
    if (windowMs === 0 || this.isFull || this.#isFullUp) return this.#write();
    this.#pause(windowMs);
    return undefined;
  }

  /** Resolves once everything that was added is stored, or never will be. */
  async drain(): Promise<void> {
    this.#cancelTimer?.();
    for (;;) {
      const isDone = this.#waiting.length === 0 || this.#hasFailed;
      const stored = this.#writing !== undefined || isDone ? undefined : this.#write();
      if (stored !== undefined) this.#options.onStored(stored);
      else if (this.#writing !== undefined) await this.#writing;
      else break;
      if (this.#isFullUp) break;
    }
    this.#cancelTimer?.();
  }

  #write(): number | undefined {
    const changes = this.#waiting.splice(0, this.#batchChanges);
    const newest = this.#newest - this.#waiting.length;
    this.#beganAt = this.#options.environment.now();
    try {
      this.#writing = this.#options.store.write(changes)?.then(
        () => this.#finish(newest, changes.length),
        (error) => this.#fail(error, changes),
      );
    } catch (error) {
      this.#fail(error, changes);
      return undefined;
    }
    if (this.#writing !== undefined) return undefined;
    this.#note(changes.length);
    return newest;
  }

  #finish(newest: number, changes: number): void {
    this.#writing = undefined;
    this.#note(changes);
    this.#options.onStored(newest);
  }

  #note(changes: number): void {
    const { onWritten, onFull, environment } = this.#options;
    const hadNoRoom = this.#isFullUp;
    this.#isFullUp = false;
    if (hadNoRoom) onFull(undefined);
    const tookMs = environment.now() - this.#beganAt;
    const timesLonger = Math.max(1, Math.ceil(tookMs / batchMs));
    this.#batchChanges = Math.min(batchChangesMin * timesLonger, batchChangesMax);
    onWritten(changes, tookMs);
  }

  #fail(error: unknown, changes: readonly StoreChange[]): void {
    this.#writing = undefined;
    if (!(error instanceof BanterError && error.code === 'STORE_FULL')) {
      this.#hasFailed = true;
      this.#options.onFailed(error);
      return;
    }
    this.#waiting.unshift(...changes);
    const isNews = !this.#isFullUp;
    this.#isFullUp = true;
    this.#pause(retryMs);
    if (isNews) this.#options.onFull(error);
  }

  #pause(ms: number): void {
    const cancel = this.#options.environment.setTimer(() => {
      this.#cancelTimer = undefined;
      const stored = this.#hasFailed ? undefined : this.#writeDue();
      if (stored !== undefined) this.#options.onStored(stored);
      this.#options.onDue();
    }, ms);
    this.#cancelTimer = () => {
      cancel();
      this.#cancelTimer = undefined;
    };
  }

  #writeDue(): number | undefined {
    if (this.#writing !== undefined || this.#waiting.length === 0) return undefined;
    return this.#write();
  }
}
