/** Joining a group, with a password where it asks for one. */

import { foldName } from '../chat/names.ts';
import { BanterError } from '../errors.ts';
import { proofOf } from '../net/password.ts';
import type { RequestBody } from './requests.ts';

/** Longer ones are no better. Bytes of UTF-8. */
const passwordBytesMax = 1024;

/** What a client says to join. */
export interface JoinOptions {
  /** The password of the group, 1 to 1,024 bytes; it does not leave this process. */
  readonly password?: string;
}

/** Derives what stands for the password of a group at one server. @throws BanterError OPTION_INVALID */
export type Prove = (group: string, password: string) => Promise<Uint8Array>;

/** @param serverKey of the server; 32 bytes, and none before the first contact */
export async function prove(
  serverKey: Uint8Array | undefined,
  group: string,
  password: string,
): Promise<Uint8Array> {
  const bytes = Buffer.byteLength(password);
  if (bytes === 0 || bytes > passwordBytesMax) {
    const range = `from 1 to ${passwordBytesMax}`;
    throw new BanterError('OPTION_INVALID', `a password of ${bytes} bytes, not ${range}`);
  }
  return proofOf(password, serverKey ?? new Uint8Array(32), foldName(group));
}

/** The request to join. */
export async function joinRequest(
  proveOf: Prove,
  group: string,
  { password }: JoinOptions,
): Promise<RequestBody> {
  if (password === undefined) return { type: 'joinGroup', group };
  return { type: 'joinWithPassword', group, proof: await proveOf(group, password) };
}
