/** The time of day as a server tells it: it never goes back, and catches up with a clock that is set forward. */

import type { Environment } from '../net/transport.ts';

/** Further ahead, and the machine has slept, or had no time before it asked for it. Milliseconds. */
const aheadMsMax = 1000;

/**
 * The time of day as a function of the monotonic clock. Of a clock that is set back nothing is noticed; what was stored
 * keeps its order.
 * @returns whole milliseconds of the epoch
 */
export function wallClockOf(environment: Environment): (now: number) => number {
  let epochMs = environment.wallClockMs() - environment.now();
  return (now) => {
    const aheadMs = environment.wallClockMs() - environment.now() - epochMs;
    if (aheadMs > aheadMsMax) epochMs += aheadMs;
    return Math.floor(epochMs + now);
  };
}
