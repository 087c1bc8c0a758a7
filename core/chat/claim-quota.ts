/** How many new names an address may claim. */

import { hostBytes } from '../protocol/address.ts';
import { toHex } from '../protocol/bytes.ts';
import { TokenBucket } from './token-bucket.ts';

const secondsPerDay = 86_400;

/** One customer or network segment has a /64 of IPv6. */
const ipv6PrefixBytes = 8;

/**
 * As many at once as in a day, and one after another as time passes. It remembers the addresses that names were
 * claimed from since the start: no more than there are names.
 */
export class ClaimQuota {
  readonly #namesPerDay: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(namesPerDay: number) {
    this.#namesPerDay = namesPerDay;
  }

  /** Counts a name that is about to be bound. @returns after how many milliseconds it may be, 0 for now */
  waitMs(host: string, now: number): number {
    const key = toHex(hostBytes(host).subarray(0, ipv6PrefixBytes));
    const bucket =
      this.#buckets.get(key) ??
      new TokenBucket(this.#namesPerDay, this.#namesPerDay / secondsPerDay);
    this.#buckets.set(key, bucket);
    return bucket.take(now) ? 0 : bucket.waitMs(now);
  }
}
