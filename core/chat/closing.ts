/** Why a server closes a client's connection, as numbers of its CLOSE frame (docs/PROTOCOL.md §6). */

import type { CloseReason } from './effects.ts';

/** Numbers below 16 are the protocol's own. */
export const closeNumbers: Readonly<Record<CloseReason | 'shutdown' | 'overrun', number>> = {
  replaced: 16,
  takenOver: 17,
  silent: 18,
  full: 19,
  shutdown: 20,
  overrun: 21,
  kicked: 32,
  banned: 33,
  notAdmitted: 34,
  nameReleased: 35,
};

/** Whether the client should leave it at that instead of coming back. */
export function closesForGood(closeNumber: number): boolean {
  return closeNumber === closeNumbers.replaced || closeNumber === closeNumbers.takenOver;
}
