/** A clock for plugins that stands still until a test moves it. */

import type { Clock } from '../../../plugins/clock.ts';

/** Its timers are due in the order of their times. */
export class ManualClock implements Clock {
  readonly isSteady = true;
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  #nowMs = 0;

  now(): number {
    return this.#nowMs;
  }

  wallClockMs(): number {
    return 1_800_000_000_000 + this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets so much time pass, and calls back whatever is due within it. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs);
      const [next] = due.sort((left, right) => left.atMs - right.atMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = next.atMs;
      next.callback();
    }
    this.#nowMs = untilMs;
  }
}
