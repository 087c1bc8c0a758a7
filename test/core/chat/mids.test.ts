import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { composeMid, parseMid } from '../../../core/chat/mids.ts';
import { toHex } from '../../../core/protocol/bytes.ts';

describe('mids', () => {
  it('come apart as they were put together', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.maxSafeNat(), (id, counter) => {
        const parts = parseMid(composeMid(id, counter));
        assert.deepEqual(parts && [...parts.processId], [...id]);
        assert.equal(parts?.counter, counter);
      }),
    );
  });

  it('hold their counter in eight bytes, the most significant first', () => {
    const mid = composeMid(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 0x1f_0203_0405_0607);
    assert.equal(toHex(mid), '0102030405060708001f020304050607');
  });

  it('have no counter beyond 2^53 − 1', () => {
    assert.equal(parseMid(new Uint8Array(16).fill(0xff)), undefined);
    assert.equal(parseMid(composeMid(new Uint8Array(8), 2 ** 53 - 1))?.counter, 2 ** 53 - 1);
  });
});
