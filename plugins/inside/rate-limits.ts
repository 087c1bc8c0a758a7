/** How often people may give a command. Runs in isolates only. */

import { limits } from '../limits.ts';
import type { RateLimit } from '../sdk.ts';
import { intervalMs } from './schedule.ts';

/** Whether a command may be given now; `waitMs` until it may, and whether that is said. */
export type Rate =
  | { readonly type: 'within' }
  | { readonly type: 'beyond'; readonly waitMs: number; readonly isTold: boolean };

/** Who gives it. */
export interface Caller {
  readonly group: string | undefined;
  readonly person: string;
}

interface Bucket {
  left: number;
  atMs: number;
  /** The refusal was told, and is not told again before the command was given. */
  isTold: boolean;
}

const within: Rate = { type: 'within' };

/** All limits of one command. */
export class RateLimits {
  readonly #limits: readonly OneLimit[];

  /** @throws TypeError, RangeError */
  constructor(given: RateLimit | readonly RateLimit[] = []) {
    const list = 'times' in given ? [given] : given;
    if (list.length > limits.commandRateLimitsMax) {
      throw new RangeError(
        `ctx.command: rateLimit has at most ${limits.commandRateLimitsMax} limits`,
      );
    }
    this.#limits = list.map((limit) => new OneLimit(limit));
  }

  /** Takes one of each limit, or says which is met. */
  take(caller: Caller, nowMs: number): Rate {
    for (const limit of this.#limits) {
      const rate = limit.look(caller, nowMs);
      if (rate.type === 'beyond') return rate;
    }
    for (const limit of this.#limits) limit.take(caller);
    return within;
  }
}

/** Allows `times` at once, and refills evenly. */
class OneLimit {
  readonly #times: number;
  readonly #everyMs: number;
  readonly #per: 'person' | 'group';
  readonly #isQuiet: boolean;
  /** Whoever was asked longest ago comes first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor({ times, every, per = 'person', refusal = 'told' }: RateLimit) {
    if (!Number.isInteger(times) || times < 1 || times > 1000) {
      throw new RangeError(`ctx.command: rateLimit: times is 1 to 1000, not ${times}`);
    }
    if ((per !== 'person' && per !== 'group') || (refusal !== 'told' && refusal !== 'quiet')) {
      throw new TypeError('ctx.command: rateLimit: per is person or group, refusal told or quiet');
    }
    this.#times = times;
    this.#everyMs = intervalMs(every);
    this.#per = per;
    this.#isQuiet = refusal === 'quiet';
  }

  look(caller: Caller, nowMs: number): Rate {
    const key = this.#keyOf(caller);
    const bucket = this.#buckets.get(key) ?? { left: this.#times, atMs: nowMs, isTold: false };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest = key] = this.#buckets.keys();
    if (this.#buckets.size > limits.commandCallersMax) this.#buckets.delete(oldest);
    // A clock that was set back gives nothing.
    const elapsedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.atMs = nowMs;
    bucket.left = Math.min(this.#times, bucket.left + (elapsedMs * this.#times) / this.#everyMs);
    if (bucket.left >= 1) return within;
    const isTold = !this.#isQuiet && !bucket.isTold;
    bucket.isTold = true;
    return {
      type: 'beyond',
      waitMs: ((1 - bucket.left) * this.#everyMs) / this.#times,
      isTold,
    };
  }

  take(caller: Caller): void {
    const bucket = this.#buckets.get(this.#keyOf(caller));
    if (bucket === undefined) return;
    bucket.left -= 1;
    bucket.isTold = false;
  }

  /** Privately everybody is alone. Neither names nor groups have a space. */
  #keyOf({ group, person }: Caller): string {
    return this.#per === 'group' && group !== undefined ? `#${group}` : person;
  }
}
