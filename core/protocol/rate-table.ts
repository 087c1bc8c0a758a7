/** How often each of many may do something: bursts and a steady rate beyond, in one number for each. */

/** Keys remembered at once; beyond, the one used longest ago is forgotten, as if it had never been used. */
const keysMax = 4096;

/** Rounding must not refuse what the rate allows. Milliseconds. */
const toleranceMs = 1e-6;

/**
 * A token bucket for each key, kept as the instant at which the bucket will be full again (the virtual scheduling
 * algorithm of ITU-T I.371 Annex A). A full bucket says no more than none, so that it can be forgotten; every
 * operation takes constant time.
 */
export class RateTable {
  readonly #intervalMs: number;
  readonly #burstMs: number;
  /** Least recently used first. */
  readonly #fullAt = new Map<string, number>();

  /** @param burst at once; both at least 1 */
  constructor(perSecond: number, burst: number) {
    this.#intervalMs = 1000 / perSecond;
    this.#burstMs = burst * this.#intervalMs;
  }

  /** Keys whose buckets are remembered. */
  get size(): number {
    return this.#fullAt.size;
  }

  /** Whether {@link take} would keep within the rate; remembers nothing. */
  hasRoom(key: string, now: number): boolean {
    const debtMs = Math.max(0, (this.#fullAt.get(key) ?? 0) - now);
    return debtMs + this.#intervalMs <= this.#burstMs + toleranceMs;
  }

  /** Counts one use. */
  take(key: string, now: number): void {
    const fullAt = Math.max(now, this.#fullAt.get(key) ?? 0) + this.#intervalMs;
    this.#fullAt.delete(key);
    this.#forget(now);
    this.#fullAt.set(key, fullAt);
  }

  /** Forgets the two used longest ago if they are full, and one in any case if there is no room for another. */
  #forget(now: number): void {
    let looked = 0;
    for (const [key, fullAt] of this.#fullAt) {
      if (fullAt > now && this.#fullAt.size < keysMax) return;
      this.#fullAt.delete(key);
      if (++looked === 2) return;
    }
  }
}
