/** A token bucket: bursts up to its size, and a steady rate beyond. */

export class TokenBucket {
  readonly #size: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledAt = 0;

  /** Full at first. */
  constructor(size: number, perSecond: number) {
    this.#size = size;
    this.#perSecond = perSecond;
    this.#tokens = size;
  }

  /** Takes tokens; false, and none are taken, if there are fewer. */
  take(now: number, count = 1): boolean {
    const gained = ((now - this.#filledAt) * this.#perSecond) / 1000;
    this.#tokens = Math.min(this.#size, this.#tokens + Math.max(0, gained));
    this.#filledAt = Math.max(now, this.#filledAt);
    if (this.#tokens < count - tolerance) return false;
    this.#tokens -= count;
    return true;
  }

  /** When a token will be there, at the latest; the past if there is one. Milliseconds. */
  get readyAt(): number {
    return this.#readyAt(1);
  }

  /** How long it takes until so many tokens are there, if nobody takes any: whole milliseconds, 0 if they are. */
  waitMs(now: number, count = 1): number {
    return Math.max(0, Math.ceil(this.#readyAt(count) - now));
  }

  #readyAt(count: number): number {
    return this.#filledAt + ((count - this.#tokens) * 1000) / this.#perSecond;
  }
}

/** Rounding must not make a token late that `readyAt` promised. */
const tolerance = 1e-6;
