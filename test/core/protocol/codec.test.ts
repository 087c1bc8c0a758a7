import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromHex, toHex } from '../../../core/protocol/bytes.ts';
import {
  block,
  bytes,
  Codec,
  flag,
  list,
  type MessageOf,
  text,
  varint,
} from '../../../core/protocol/codec.ts';

const tables = {
  greeting: { number: 1, fields: { name: text(8), loud: flag } },
  blob: { number: 64, fields: { id: bytes(2), body: block(4) } },
  tally: { number: 3, fields: { rows: list({ name: text(8), count: varint }, 2) } },
} as const;

const codec = new Codec(tables);

/** Records like those that decoders make. */
const plain = { noNullPrototype: true } as const;

const message: fc.Arbitrary<MessageOf<typeof tables>> = fc.oneof(
  fc.record(
    {
      type: fc.constant('greeting' as const),
      name: fc.string({ unit: 'grapheme-ascii', maxLength: 8 }),
      loud: fc.boolean(),
    },
    plain,
  ),
  fc.record(
    {
      type: fc.constant('blob' as const),
      id: fc.uint8Array({ minLength: 2, maxLength: 2 }),
      body: fc.uint8Array({ maxLength: 4 }),
    },
    plain,
  ),
  fc.record(
    {
      type: fc.constant('tally' as const),
      rows: fc.array(
        fc.record(
          {
            name: fc.string({ unit: 'grapheme-ascii', maxLength: 8 }),
            count: fc.maxSafeNat(),
          },
          plain,
        ),
        { maxLength: 2 },
      ),
    },
    plain,
  ),
);

function decodedHex(hex: string): MessageOf<typeof tables> | undefined {
  return codec.decode(fromHex(hex) ?? new Uint8Array());
}

describe('Codec', () => {
  it('writes the number and then the fields in the order of their table', () => {
    assert.equal(
      toHex(codec.encode({ type: 'greeting', name: 'Zoë', loud: true })),
      '01045a6fc3ab01',
    );
    assert.equal(
      toHex(codec.encode({ type: 'blob', id: Uint8Array.of(1, 2), body: Uint8Array.of(3) })),
      '404001020103',
    );
    assert.equal(
      toHex(codec.encode({ type: 'tally', rows: [{ name: 'a', count: 300 }] })),
      '03010161412c',
    );
  });

  it('reads back what was written', () => {
    fc.assert(
      fc.property(message, (written) => {
        assert.deepEqual(codec.decode(codec.encode(written)), written);
      }),
    );
  });

  it('decodes no message that is cut short or followed by anything', () => {
    fc.assert(
      fc.property(message, (written) => {
        const encoded = codec.encode(written);
        for (let length = 0; length < encoded.length; length++) {
          assert.equal(codec.decode(encoded.subarray(0, length)), undefined);
        }
        assert.equal(codec.decode(Uint8Array.of(...encoded, 0)), undefined);
      }),
    );
  });

  it('throws at no bytes whatever', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (input) => {
        const decoded = codec.decode(input);
        assert.ok(decoded === undefined || decoded.type in tables);
      }),
    );
  });

  it('decodes no number that is in no table', () => {
    assert.equal(decodedHex('02'), undefined);
    assert.equal(decodedHex(''), undefined);
  });

  it('takes only 0 and 1 for a flag, so that a message has one encoding', () => {
    assert.deepEqual(decodedHex('010000'), { type: 'greeting', name: '', loud: false });
    assert.equal(decodedHex('010002'), undefined);
  });

  it('takes no text that is too long or not UTF-8, and keeps a byte order mark', () => {
    assert.equal(decodedHex(`0109${'61'.repeat(9)}00`), undefined);
    assert.equal(decodedHex('0102c32800'), undefined);
    assert.deepEqual(decodedHex('0103efbbbf00'), {
      type: 'greeting',
      name: '\u{feff}',
      loud: false,
    });
  });

  it('takes no block and no list beyond its bound, however long they claim to be', () => {
    assert.equal(decodedHex('40400102050000000000'), undefined);
    assert.equal(decodedHex('0303016100016100016100'), undefined);
    assert.equal(decodedHex('03dfffffffffffffff'), undefined);
  });

  it('keeps no view of the bytes it was given', () => {
    const input = codec.encode({
      type: 'blob',
      id: Uint8Array.of(1, 2),
      body: Uint8Array.of(3, 4),
    });
    const decoded = codec.decode(input);
    input.fill(0);
    assert.deepEqual(decoded, {
      type: 'blob',
      id: Uint8Array.of(1, 2),
      body: Uint8Array.of(3, 4),
    });
  });

  it('refuses to write bytes of another number than its table says', () => {
    assert.throws(
      () => codec.encode({ type: 'blob', id: Uint8Array.of(1), body: Uint8Array.of() }),
      RangeError,
    );
  });
});
