/** A rate as a bucket of tokens. */

/** Allows `perMinute` at once, and refills evenly. */
export class Budget {
  readonly #perMinute: number;
  #left: number;
  #refilledAtMs: number | undefined;

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
    this.#left = perMinute;
  }

  /** Takes one; false when there is none left. `nowMs` is on a monotonic clock. */
  take(nowMs: number): boolean {
    const elapsedMs = nowMs - (this.#refilledAtMs ?? nowMs);
    this.#refilledAtMs = nowMs;
    this.#left = Math.min(this.#perMinute, this.#left + (elapsedMs * this.#perMinute) / 60_000);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
