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

  /** Takes `amount`; false when there is not so much left. `nowMs` is on a monotonic clock. */
  take(nowMs: number, amount = 1): boolean {
    const elapsedMs = nowMs - (this.#refilledAtMs ?? nowMs);
    this.#refilledAtMs = nowMs;
    this.#left = Math.min(this.#perMinute, this.#left + (elapsedMs * this.#perMinute) / 60_000);
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }
}
