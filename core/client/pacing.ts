/** Makes a sender that is faster than its server allows slower, instead of failing it. */

import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';

const firstPauseMs = 50;
const pauseMsMax = 1000;

/** What would be granted only later than this is refused after all. Milliseconds, all pauses together. */
const patienceMs = 30_000;

/**
 * Asks again as long as the server refuses with `RATE_LIMITED`: when the server says that it may be granted, and where it
 * says nothing, or others came first, after ever longer pauses. Messages that are awaited one after another keep their
 * order; of those under way at once, one that was put off comes after one that was not.
 * @throws BanterError whatever else the attempt fails with; RATE_LIMITED in the end; ABORTED
 */
export async function askWithinRate<Answer>(
  environment: Environment,
  attempt: () => Promise<Answer>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  let waitedMs = 0;
  for (let pauses = 0; ; pauses++) {
    let pauseMs: number;
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof BanterError && error.code === 'RATE_LIMITED')) throw error;
      pauseMs = pauseAfter(error, pauses);
      if (waitedMs + pauseMs > patienceMs) throw error;
    }
    waitedMs += pauseMs;
    await pause(environment, pauseMs, signal);
  }
}

/** A server counts for each sender alone: its first word is exact, a second one means that one's own messages compete. */
function pauseAfter({ data: { retryMs } }: BanterError, pauses: number): number {
  const guessMs = Math.min(pauseMsMax, firstPauseMs * 2 ** pauses);
  if (typeof retryMs !== 'number') return guessMs;
  return pauses === 0 ? retryMs : Math.max(retryMs, guessMs);
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
