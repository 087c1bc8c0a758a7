/** What a server keeps of an invitation. */

import type { Crypto } from '../protocol/crypto.ts';

/** Tokens are random: a key that everybody knows keeps their hashes apart from others. */
const key: Uint8Array = new TextEncoder().encode('banter invitation');

/** Makes the hash of a token, 16 bytes that tell nothing of it. */
export function invitationHash(crypto: Crypto): (token: Uint8Array) => Uint8Array {
  return (token) => crypto.mac(key, token);
}
