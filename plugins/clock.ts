/** The clocks and timers of plugins: the machine's own, or those of a test world. */

/** Two clocks and a timer. */
export interface Clock {
  /** Whether nobody sets it, and it goes on while the machine sleeps. */
  readonly isSteady: boolean;
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds since the epoch. */
  wallClockMs(): number;
  /** Calls back once, after so many milliseconds. @returns a function that cancels */
  setTimer(callback: () => void, delayMs: number): () => void;
}

/** How plugins are played in a test world: in its time and by its seed, one at a time, so that a seed tells one story. */
export interface Simulation {
  readonly clock: Clock;
  /** What their chance follows from; its lower 32 bits count. */
  readonly seed: number;
  /** Told whenever there is nothing left for them to do until time passes or something happens. */
  readonly onQuiet: () => void;
}

/** The longest timer: a longer one would fire at once. Milliseconds. */
const timerMsMax = 2 ** 31 - 1;

/** The machine's own; its timers keep no process alive. */
export const systemClock: Clock = {
  isSteady: false,
  now: () => performance.now(),
  wallClockMs: () => Date.now(),
  setTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, Math.min(delayMs, timerMsMax)).unref();
    return () => clearTimeout(timer);
  },
};
