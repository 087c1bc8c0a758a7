/** Why a server closes a client's connection, as numbers of its CLOSE frame (docs/PROTOCOL.md §6), and what that means. */

import { BanterError, type ErrorCode } from '../errors.ts';
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

/** What a client that should leave it at that tells its owner. */
const farewells: ReadonlyMap<number, readonly [code: ErrorCode, before: string]> = new Map([
  [closeNumbers.replaced, ['NAME_PRESENT', 'another client took over: ']],
  [closeNumbers.takenOver, ['NAME_PRESENT', 'another client took over: ']],
  [closeNumbers.kicked, ['KICKED_FROM_SERVER', 'sent away ']],
  [closeNumbers.banned, ['BANNED_FROM_SERVER', 'banned ']],
  [closeNumbers.notAdmitted, ['NOT_ADMITTED', '']],
  [closeNumbers.nameReleased, ['NAME_RELEASED', '']],
]);

/**
 * Why a client is not to come back after its connection was closed, or undefined if it is.
 * @param words what the server said with it
 * @param wasWelcome a server that has become full may have room again for who was there
 */
export function farewellOf(
  closeNumber: number,
  words: string,
  wasWelcome: boolean,
): BanterError | undefined {
  if (closeNumber === closeNumbers.full && !wasWelcome) {
    return new BanterError('SERVER_FULL', 'the server has as many clients as it takes');
  }
  const farewell = farewells.get(closeNumber);
  if (farewell === undefined) return undefined;
  const [code, before] = farewell;
  return new BanterError(code, `${before}${words}`);
}
