/** What a server says to many: a message at its place in a group (docs/PROTOCOL.md §7). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composeMid } from '../../../core/chat/mids.ts';
import { serverCodec } from '../../../core/chat/wire.ts';
import { fromHex, toHex } from '../../../core/protocol/bytes.ts';

describe('a message of a group', () => {
  const message = {
    type: 'groupMessage',
    mid: composeMid(new Uint8Array(8).fill(0xab), 258),
    seq: 1,
    from: 'b',
    bot: false,
    hops: 0,
    sentAtMs: 1_700_000_000_000,
    text: 'x'.repeat(100),
  } as const;

  it('stands on the wire as docs/PROTOCOL.md §7 says', () => {
    const sentAtMs = 0x0102_0304_0506;
    const whole = { ...message, bot: true, hops: 7, sentAtMs, text: 'hé' };
    const hex = '11abababababababab41020101620f01020304050668c3a9';
    assert.equal(toHex(serverCodec.encode(whole)), hex);
    assert.deepEqual(serverCodec.decode(fromHex(hex) ?? assert.fail()), whole);
  });

  const refused: readonly (readonly [string, string])[] = [
    ['with bits beyond the hops and the bot', '11abababababababab410201016210000000000000'],
    ['whose counter is beyond 2^53 − 1', '11ababababababababffffffffffffffff01016200000000000000'],
    ['whose text is not UTF-8', '11abababababababab410201016200000000000000c3'],
  ];
  for (const [claim, hex] of refused) {
    it(`is none ${claim}`, () => {
      assert.equal(serverCodec.decode(fromHex(hex) ?? assert.fail()), undefined);
    });
  }

  it('has its text up to its end, of up to 65,000 bytes', () => {
    const { length } = serverCodec.encode({ ...message, text: '' });
    const whole = serverCodec.encode({ ...message, text: 'x'.repeat(65_000) });
    assert.equal(whole.length, length + 65_000);
    assert.deepEqual(serverCodec.decode(whole.subarray(0, length + 100)), message);
    assert.equal(serverCodec.decode(Uint8Array.of(...whole, 0x78)), undefined);
  });

  it('takes 17 bytes beside its text, the name of its sender, its number and that of its mid', () => {
    const far = { ...message, from: 'bo', seq: 16_383, mid: composeMid(new Uint8Array(8), 16_383) };
    assert.equal(serverCodec.encode(far).length, 1 + 8 + 2 + 2 + 1 + 2 + 1 + 6 + 100);
  });

  it('bears a mid to its last counter, and no time that its bytes do not hold', () => {
    const mid = composeMid(new Uint8Array(8).fill(0xff), Number.MAX_SAFE_INTEGER);
    const last = { ...message, mid, sentAtMs: 2 ** 48 - 1 };
    assert.deepEqual(serverCodec.decode(serverCodec.encode(last)), last);
    const beyond = new Uint8Array(16).fill(0xff);
    assert.throws(() => serverCodec.encode({ ...message, mid: beyond }), RangeError);
    assert.throws(() => serverCodec.encode({ ...message, mid: mid.subarray(1) }), RangeError);
    for (const sentAtMs of [-1, 2 ** 48, Number.NaN]) {
      assert.throws(() => serverCodec.encode({ ...message, sentAtMs }), RangeError);
    }
  });
});
