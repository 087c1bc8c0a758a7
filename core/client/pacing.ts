/** Makes a sender that is faster than its server allows slower, instead of failing it. */

import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';

const firstPauseMs = 50;
const pauseMsMax = 1000;

/** A message that was put off this often is refused after all: half a minute. */
const pausesMax = 35;

/**
 * Asks again after ever longer pauses as long as the server refuses with `RATE_LIMITED`. Messages that are awaited one
 * after another keep their order; of those under way at once, one that was put off comes after one that was not.
 * @throws BanterError whatever else the attempt fails with; RATE_LIMITED in the end; ABORTED
 */
export async function askWithinRate<Answer>(
  environment: Environment,
  attempt: () => Promise<Answer>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  for (let pauses = 0; ; pauses++) {
    try {
      return await attempt();
    } catch (error) {
      const isLimited = error instanceof BanterError && error.code === 'RATE_LIMITED';
      if (!isLimited || pauses === pausesMax) throw error;
    }
    await pause(environment, Math.min(pauseMsMax, firstPauseMs * 2 ** pauses), signal);
  }
}

/** Resolves after a while. @throws BanterError ABORTED */
export async function pause(
  environment: Environment,
  pauseMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  const cancelTimer = environment.setTimer(over.resolve, pauseMs);
  try {
    await unlessAborted(over.promise, signal);
  } finally {
    cancelTimer();
  }
}

/** Settles as the promise does, unless the signal fires first or has fired. @throws BanterError ABORTED */
export async function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(new BanterError('ABORTED', 'cancelled'));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
