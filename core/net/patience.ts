/** Waiting that ends. */

import type { Environment } from './transport.ts';

/** Waits for `work`, but no longer than `patienceMs`. @returns whether it was done by then; it rejects if `work` does */
export async function doneWithin(
  work: Promise<unknown>,
  patienceMs: number,
  { setTimer }: Environment,
): Promise<boolean> {
  const impatience = Promise.withResolvers<boolean>();
  const cancel = setTimer(() => impatience.resolve(false), patienceMs);
  try {
    return await Promise.race([work.then(() => true), impatience.promise]);
  } finally {
    cancel();
  }
}
