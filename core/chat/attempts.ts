/** How often an address may try what it should know, such as an invitation. */

import { hostBytes } from '../protocol/address.ts';
import { toHex } from '../protocol/bytes.ts';
import { TokenBucket } from './token-bucket.ts';

/** One customer or network segment has a /64 of IPv6. */
const ipv6PrefixBytes = 8;

/** Addresses that are remembered; beyond, the one that tried longest ago begins anew. */
export const addressesMax = 10_000;

/** Failures at once, and then one in so many milliseconds. */
export const failuresAtOnce = 5;
export const failureIntervalMs = 30_000;

export class Attempts {
  /** The one that tried longest ago first. */
  readonly #buckets = new Map<string, TokenBucket>();

  /** Counts an attempt that is about to be made. @returns after how many milliseconds it may be, 0 for now */
  waitMs(host: string, now: number): number {
    const key = toHex(hostBytes(host).subarray(0, ipv6PrefixBytes));
    const bucket =
      this.#buckets.get(key) ?? new TokenBucket(failuresAtOnce, 1000 / failureIntervalMs);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > addressesMax && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket.take(now) ? 0 : bucket.waitMs(now);
  }
}
