/** How often each of many may do something. */

import { TokenBucket } from './token-bucket.ts';

/** Keys whose buckets are remembered; beyond, the one that used its own longest ago has a full one again. */
const keysMax = 16_384;

/** A token bucket for each key. */
export class BucketTable {
  readonly #size: number;
  readonly #perSecond: number;
  /** The one used longest ago first. */
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param size tokens at once */
  constructor(size: number, perSecond: number) {
    this.#size = size;
    this.#perSecond = perSecond;
  }

  /** How long it takes until there is a token: whole milliseconds, 0 if there is one. Remembers nothing. */
  waitMs(key: string, now: number): number {
    return this.#buckets.get(key)?.waitMs(now) ?? 0;
  }

  /** Takes tokens; false, and none are taken, if there are fewer. */
  take(key: string, now: number, count = 1): boolean {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#size, this.#perSecond);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > keysMax && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket.take(now, count);
  }
}
