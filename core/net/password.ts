/** What stands for a password on the wire: slow to compute, so that who has it cannot try many (docs/PROTOCOL.md §8). */

import sodium from 'sodium-native';

/** Argon2id with two passes over 64 MiB, as libsodium proposes where somebody waits. */
const passes = 2;
const memoryBytes = 64 * 1024 * 1024;

const saltLabel = 'banter group password';
const proofBytes = 32;
const argon2id13 = 2;

/**
 * Derives the proof of a password, 32 bytes. It is another for each server and each group, so that one says nothing to
 * another; computed beside the event loop, in some tenths of a second.
 * @param serverKey 32 bytes
 * @param group the folded name
 */
export function proofOf(
  password: string,
  serverKey: Uint8Array,
  group: string,
): Promise<Uint8Array> {
  const salt = new Uint8Array(16);
  const context = Buffer.concat([Buffer.from(saltLabel), serverKey, Buffer.from(group)]);
  sodium.crypto_generichash(salt, context);
  const proof = Buffer.alloc(proofBytes);
  const text = Buffer.from(password.normalize('NFKC'));
  return new Promise((resolve, reject) => {
    sodium.crypto_pwhash_async(proof, text, salt, passes, memoryBytes, argon2id13, (error) => {
      if (error) reject(error);
      else resolve(new Uint8Array(proof));
    });
  });
}
