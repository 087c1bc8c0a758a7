/** Lets go of what is beyond the bounds of retention: now and then, and a little at a time. */

import type { Dropped } from '../chat/records.ts';
import type { Retention } from '../chat/retention.ts';
import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';
import type { Store } from '../store/store.ts';

export interface HousekeeperOptions {
  readonly store: Store;
  readonly environment: Environment;
  /** The store has let go of messages. */
  readonly onDropped: (dropped: readonly Dropped[]) => void;
  /** The store cannot be used any more. */
  readonly onFailed: (error: unknown) => void;
}

/** Between two looks at whether anything is beyond a bound. Milliseconds. */
const roundMs = 60_000;

/** Between two steps while there is more, so that messages have their turn. Milliseconds. */
const pauseMs = 20;

/** Between the end of a look and one that somebody hurries: a look asks of every group, and anybody may own one. Milliseconds. */
const restMs = 1000;

/** Even without bounds of the server's a group may have its own. */
export class Housekeeper {
  readonly #options: HousekeeperOptions;
  #retention: Retention = {};
  #cancelTimer: () => void = () => undefined;
  #step: Promise<void> = Promise.resolve();
  #isOpen = false;
  #isLooking = false;
  #isHurried = false;
  /** When somebody may hurry again, and when the next look is, hurried or not. Milliseconds of the monotonic clock. */
  #restedAt = 0;
  #dueAt = 0;

  constructor(options: HousekeeperOptions) {
    this.#options = options;
  }

  start(retention: Retention): void {
    this.#retention = retention;
    this.#isOpen = true;
    this.#schedule(pauseMs);
  }

  /** Looks at once if it has rested, because there is no room left or a bound is another; nothing happens before the start. */
  hurry(): void {
    this.#isHurried = true;
    if (!this.#isOpen || this.#isLooking || this.#dueAt <= this.#restedAt) return;
    this.#cancelTimer();
    this.#schedule(Math.max(0, this.#restedAt - this.#options.environment.now()));
  }

  /** Resolves once nothing is under way. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#cancelTimer();
    await this.#step;
  }

  #schedule(ms: number): void {
    const { environment } = this.#options;
    this.#dueAt = environment.now() + ms;
    this.#cancelTimer = environment.setTimer(() => {
      this.#step = this.#look();
    }, ms);
  }

  async #look(): Promise<void> {
    const { store, environment, onDropped, onFailed } = this.#options;
    let hasMore = false;
    this.#isLooking = true;
    this.#isHurried = false;
    try {
      const nowMs = environment.wallClockMs();
      const dropped = await store.prune({ retention: this.#retention, nowMs });
      hasMore = dropped.length > 0;
      onDropped(dropped);
    } catch (error) {
      // Where there is no room to make room, somebody else has to.
      if (!(error instanceof BanterError && error.code === 'STORE_FULL')) {
        onFailed(error);
        return;
      }
    }
    this.#isLooking = false;
    this.#restedAt = environment.now() + restMs;
    if (!this.#isOpen) return;
    const idleMs = this.#isHurried ? restMs : roundMs;
    this.#schedule(hasMore ? pauseMs : idleMs);
  }
}
