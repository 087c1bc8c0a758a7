/** Looks now and then whether what a server's store keeps is where it can be found again. */

import type { Environment } from '../net/transport.ts';
import type { Store } from '../store/store.ts';

export interface StoreWatchOptions {
  readonly store: Store;
  readonly environment: Pick<Environment, 'setTimer'>;
  /** It cannot be found any more, or can be again. */
  readonly onMoved: (isInPlace: boolean) => void;
}

/** Between two looks, which cost next to nothing. Milliseconds. */
const lookMs = 5000;

export class StoreWatch {
  readonly #options: StoreWatchOptions;
  #cancelTimer: () => void = () => undefined;
  #look: Promise<void> = Promise.resolve();
  #isOpen = false;
  #isInPlace = true;

  constructor(options: StoreWatchOptions) {
    this.#options = options;
  }

  /** Whether it could be found when it was looked for last. */
  get isInPlace(): boolean {
    return this.#isInPlace;
  }

  start(): void {
    this.#isOpen = true;
    this.#schedule();
  }

  /** Resolves once nothing is under way. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#cancelTimer();
    await this.#look;
  }

  #schedule(): void {
    this.#cancelTimer = this.#options.environment.setTimer(() => {
      this.#look = this.#lookOnce();
    }, lookMs);
  }

  async #lookOnce(): Promise<void> {
    const { store, onMoved } = this.#options;
    const isInPlace = await store.isInPlace();
    if (!this.#isOpen) return;
    const hasMoved = isInPlace !== this.#isInPlace;
    this.#isInPlace = isInPlace;
    if (hasMoved) onMoved(isInPlace);
    this.#schedule();
  }
}
