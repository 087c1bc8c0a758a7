/** What stands for a password, against another implementation (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { argon2id } from '@noble/hashes/argon2.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { proofOf } from '../../../core/net/password.ts';

it('the proof of a password is the one of docs/PROTOCOL.md', async () => {
  const serverKey = new Uint8Array(32).fill(9);
  const context = Buffer.concat([
    Buffer.from('banter group password'),
    serverKey,
    Buffer.from('ops'),
  ]);
  const salt = blake2b(context, { dkLen: 16 });
  const ours = await proofOf('caﬁ\u0065\u0301', serverKey, 'ops');
  const theirs = argon2id('cafi\u00e9', salt, { t: 2, m: 65_536, p: 1, dkLen: 32 });
  assert.deepEqual(Buffer.from(ours), Buffer.from(theirs));
});
