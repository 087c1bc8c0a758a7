import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  ByteReader,
  ByteWriter,
  equalBytes,
  fromHex,
  MalformedError,
  toHex,
  varintBytes,
} from '../../../core/protocol/bytes.ts';

function encodedVarint(value: number): string {
  const writer = new ByteWriter(1);
  writer.varint(value);
  return toHex(writer.bytes);
}

function readerOf(hex: string): ByteReader {
  return new ByteReader(fromHex(hex) ?? new Uint8Array());
}

describe('a varint', () => {
  it('is written as the examples of RFC 9000 §A.1 are', () => {
    // docs/PROTOCOL.md §1.
    assert.equal(encodedVarint(494_878_333), '9d7f3e7d');
    assert.equal(encodedVarint(15_293), '7bbd');
    assert.equal(encodedVarint(37), '25');
  });

  it('takes the fewest bytes that hold it', () => {
    const lengths = [
      [0, 1],
      [63, 1],
      [64, 2],
      [16_383, 2],
      [16_384, 4],
      [2 ** 30 - 1, 4],
      [2 ** 30, 8],
      [Number.MAX_SAFE_INTEGER, 8],
    ] as const;
    for (const [value, bytes] of lengths) {
      assert.equal(varintBytes(value), bytes);
      assert.equal(encodedVarint(value).length, 2 * bytes);
    }
  });

  it('reads back as what was written', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.maxSafeNat(), fc.nat(70_000))), (values) => {
        const writer = new ByteWriter(1);
        for (const value of values) writer.varint(value);
        const reader = new ByteReader(writer.bytes);
        assert.deepEqual(
          values.map(() => reader.varint()),
          values,
        );
        assert.equal(reader.remaining, 0);
      }),
    );
  });

  it('may be longer than need be', () => {
    assert.equal(readerOf('4025').varint(), 37);
    assert.equal(readerOf('c000000000000025').varint(), 37);
  });

  it('is never written of what it cannot hold', () => {
    for (const value of [-1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => new ByteWriter().varint(value), RangeError, String(value));
    }
  });

  it('beyond 2^53 − 1 is malformed', () => {
    assert.equal(readerOf('c01fffffffffffff').varint(), Number.MAX_SAFE_INTEGER);
    assert.throws(() => readerOf('c020000000000000').varint(), MalformedError);
    // The RFC's own example of eight bytes, 151,288,809,941,952,652.
    assert.throws(() => readerOf('c2197c5eff14e88c').varint(), MalformedError);
  });
});

describe('ByteWriter', () => {
  it('writes fixed integers with the most significant byte first', () => {
    const writer = new ByteWriter();
    writer.uint8(0xab);
    writer.uint32(0xfedc_ba98);
    assert.equal(toHex(writer.bytes), 'abfedcba98');
  });

  it('grows with what is written and keeps what it has', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), fc.nat(8), (runs, capacity) => {
        const writer = new ByteWriter(capacity);
        for (const run of runs) writer.block(run);
        const reader = new ByteReader(writer.bytes);
        for (const run of runs) assert.deepEqual(reader.block(), run);
        assert.equal(writer.length, writer.bytes.length);
      }),
    );
  });

  it('forgets what was written after a length', () => {
    const writer = new ByteWriter();
    writer.uint32(1);
    writer.truncate(2);
    writer.uint8(7);
    assert.equal(toHex(writer.bytes), '000007');
  });

  it('leaves alone what it has given away, however runs share its buffers', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(3), (runs, room) => {
        const writer = new ByteWriter(64);
        const cuts = runs.map((run) => {
          writer.raw(run);
          assert.equal(writer.length, run.length);
          assert.deepEqual(writer.bytes, run);
          const cut = writer.cut(room, 43);
          assert.equal(writer.length, 0);
          return cut.fill(255, run.length);
        });
        const expected = runs.map((run) => new Uint8Array([...run, ...new Array(room).fill(255)]));
        assert.deepEqual(cuts, expected);
      }),
    );
  });
});

describe('ByteReader', () => {
  it('says that input ends early wherever it is cut', () => {
    const writer = new ByteWriter();
    writer.uint8(1);
    writer.uint32(2);
    writer.varint(2 ** 40);
    writer.block(new Uint8Array(5));
    const whole = writer.bytes;
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => {
        const reader = new ByteReader(whole.subarray(0, length));
        reader.uint8();
        reader.uint32();
        reader.varint();
        reader.block();
      }, MalformedError);
    }
  });

  it('throws nothing but MalformedError, whatever it reads', () => {
    const reads = fc.array(fc.constantFrom('uint8', 'uint32', 'varint', 'block', 'rest'));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), reads, (input, methods) => {
        const reader = new ByteReader(input);
        try {
          for (const method of methods) reader[method]();
        } catch (error) {
          assert.ok(error instanceof MalformedError);
        }
        assert.ok(reader.remaining >= 0);
      }),
    );
  });
});

describe('hex', () => {
  it('reads back as the bytes it was made of, in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.deepEqual(fromHex(toHex(bytes)), bytes);
        assert.deepEqual(fromHex(toHex(bytes).toUpperCase()), bytes);
      }),
    );
  });

  it('is refused with an odd digit or another character', () => {
    for (const text of ['a', 'abc', 'zz', '0x', ' 00', '00\n', '+1']) {
      assert.equal(fromHex(text), undefined, text);
    }
  });
});

describe('equalBytes', () => {
  it('tells runs of bytes apart by content and length', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        assert.ok(equalBytes(a, a.slice()));
        assert.equal(equalBytes(a, b), toHex(a) === toHex(b));
      }),
    );
  });
});
