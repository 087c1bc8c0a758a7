/** The seed of an identity in a file of its own. */

import { BanterError } from '../errors.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';
import { makePrivate, readPrivate, writePrivate } from './private-files.ts';

const seedBytes = 32;

/** The seed in a file, made at the first call. @throws BanterError DATA_UNUSABLE */
export function readOrMakeSeed(path: string, newSeed: () => Uint8Array): Uint8Array {
  const text = readPrivate(path);
  if (text !== undefined) makePrivate(path);
  if (text === undefined) {
    const seed = newSeed();
    writePrivate(path, `${toHex(seed)}\n`);
    return seed;
  }
  const seed = fromHex(text.trim());
  if (seed?.length === seedBytes) return seed;
  throw new BanterError('DATA_UNUSABLE', `${path} holds no key; restore it from a copy`, {
    data: { path },
  });
}
