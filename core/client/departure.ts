/** A client's last word to its server. */

import type { Environment } from '../net/transport.ts';
import type { Session } from './session.ts';

/** Whoever leaves does not wait longer than this for the server to hear of it. Milliseconds. */
const patienceMsMax = 2500;

/** De-registers. @returns false when the server did not answer in time */
export async function deregister(
  session: Session,
  environment: Environment,
  silenceMs: number,
): Promise<boolean> {
  const patience = new AbortController();
  const patienceMs = Math.min(silenceMs, patienceMsMax);
  const cancelTimer = environment.setTimer(() => patience.abort(), patienceMs);
  try {
    await session.ask({ type: 'deregister' }, 'done', patience.signal);
    return true;
  } catch {
    return false;
  } finally {
    cancelTimer();
  }
}
