/** Giving up on work that itself may go on. */

import { BanterError } from '../core/error-api.ts';

/** What an operation rejects with once its signal has fired. */
export function aborted(): BanterError {
  return new BanterError('ABORTED', 'interrupted');
}

/**
 * The outcome of `work`, or a rejection as soon as `signal` fires; `work` is not started after that.
 * Work that was given up on runs to its end unobserved.
 * @throws BanterError ABORTED
 */
export async function abortable<Value>(
  signal: AbortSignal | undefined,
  work: () => Promise<Value>,
): Promise<Value> {
  if (signal === undefined) return work();
  if (signal.aborted) throw aborted();
  const gaveUp = Promise.withResolvers<never>();
  const giveUp = (): void => gaveUp.reject(aborted());
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([work(), gaveUp.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
