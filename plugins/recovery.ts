/** How often a plugin has come back from its quarantine, and when it is tried next. */

import { limits } from './limits.ts';

/** What people are told of it. */
export interface RecoveryStatus {
  /** Times that it was loaded again, or is about to be, since it was last well for a while. */
  readonly tries: number;
  readonly triesMax: number;
  /** When it is tried next, in milliseconds since the epoch; absent when it runs, or stays where it is. */
  readonly atMs?: number;
}

/** Counts for one plugin; goes by the clocks it is told. */
export class Recovery {
  #tries = 0;
  /** When it began to run, on the monotonic clock; restarts of its process do not change that. */
  #sinceMs: number | undefined;
  #hasRun = false;
  #tookDown = false;
  #atMs: number | undefined;

  get status(): RecoveryStatus {
    const status = { tries: this.#tries, triesMax: limits.revivalsMax };
    return this.#atMs === undefined ? status : { ...status, atMs: this.#atMs };
  }

  /** Whether it has ever taken its process down: it comes back in one of its own. */
  get isDangerous(): boolean {
    return this.#tookDown;
  }

  /** It has taken its process down. */
  tookDown(): void {
    this.#tookDown = true;
  }

  /** It runs. Returns whether it has come back. */
  runs(nowMs: number): boolean {
    const isBack = this.#hasRun && this.#sinceMs === undefined;
    this.#sinceMs ??= nowMs;
    this.#hasRun = true;
    this.#atMs = undefined;
    return isBack;
  }

  /** It is in quarantine. Returns how long it stays there, in milliseconds, if it is to be tried again at all. */
  fell(nowMs: number, wallClockMs: number): number | undefined {
    // What never ran was told whoever loaded it.
    if (!this.#hasRun) return undefined;
    if (this.#sinceMs !== undefined && nowMs - this.#sinceMs >= limits.revivalWellMs) {
      this.#tries = 0;
    }
    this.#sinceMs = undefined;
    if (this.#tries >= limits.revivalsMax) return undefined;
    const delayMs = Math.min(limits.revivalMs * 2 ** this.#tries, limits.revivalMsMax);
    this.#tries += 1;
    this.#atMs = wallClockMs + delayMs;
    return delayMs;
  }

  /** It is tried now, or not any more. */
  settled(): void {
    this.#atMs = undefined;
  }
}
