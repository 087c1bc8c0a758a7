import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  ByteReader,
  ByteWriter,
  fromHex,
  MalformedError,
  toHex,
} from '../../../core/protocol/bytes.ts';
import {
  ackRangesMax,
  datagramFrameBytes,
  extensionFrameMin,
  type Frame,
  fragmentBytes,
  fragmentFrameBytes,
  messageFrameBytes,
  type PacketRange,
  readFrame,
  writeAck,
  writeClose,
  writeDatagram,
  writeFragment,
  writeMaxData,
  writeMessage,
  writePathChallenge,
  writePathResponse,
  writePing,
} from '../../../core/protocol/frame.ts';

function write(writer: ByteWriter, frame: Frame): void {
  switch (frame.type) {
    case 'pad':
      writer.uint8(0);
      break;
    case 'ping':
      writePing(writer);
      break;
    case 'ack':
      writeAck(writer, frame.delayMs, frame.ranges);
      break;
    case 'message':
      writeMessage(writer, frame.conversation, frame.sequence, frame.payload);
      break;
    case 'fragment':
      writeFragment(writer, frame);
      break;
    case 'close':
      writeClose(writer, frame.code, frame.reason);
      break;
    case 'maxData':
      writeMaxData(writer, frame.credit);
      break;
    case 'datagram':
      writeDatagram(writer, frame.payload);
      break;
    case 'pathChallenge':
      writePathChallenge(writer, frame.data);
      break;
    case 'pathResponse':
      writePathResponse(writer, frame.data);
      break;
    case 'extension':
      writer.uint8(frame.number);
      writer.block(new Uint8Array(3));
      break;
  }
}

function encoded(frame: Frame): Uint8Array {
  const writer = new ByteWriter(1);
  write(writer, frame);
  return writer.bytes.slice();
}

function readHex(hex: string): Frame {
  return readFrame(new ByteReader(fromHex(hex) ?? new Uint8Array()));
}

const small = fc.nat(100_000);

/** Ranges from the newest to the oldest, disjoint and not adjacent. */
const ranges: fc.Arbitrary<readonly PacketRange[]> = fc
  .array(fc.tuple(fc.nat(300), fc.nat(300)), { minLength: 1, maxLength: ackRangesMax })
  .chain((steps) => {
    let next = 0;
    const ascending = steps.map(([gap, length]) => {
      const first = next + gap;
      next = first + length + 2;
      return { first, last: first + length };
    });
    return fc.constant(ascending.toReversed());
  });

/** Records like those that decoders make. */
const plain = { noNullPrototype: true } as const;

const eightBytes = fc.uint8Array({ minLength: 8, maxLength: 8 });
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.constant({ type: 'pad' as const }),
  fc.constant({ type: 'ping' as const }),
  fc.record(
    {
      type: fc.constant('ack' as const),
      // Whole units of 8 µs.
      delayMs: fc.nat(625_000).map((units) => units / 125),
      ranges,
    },
    plain,
  ),
  fc.record(
    {
      type: fc.constant('message' as const),
      conversation: fc.maxSafeNat(),
      sequence: fc.maxSafeNat(),
      payload: fc.uint8Array({ maxLength: 1100 }),
    },
    plain,
  ),
  fc
    .tuple(small, small, fc.integer({ min: 1, max: 65_536 }), fc.nat())
    .map(([conversation, sequence, totalBytes, at]) => {
      const index = at % Math.ceil(totalBytes / fragmentBytes);
      const length = Math.min(fragmentBytes, totalBytes - index * fragmentBytes);
      const payload = new Uint8Array(length).fill(at);
      return { type: 'fragment' as const, conversation, sequence, index, totalBytes, payload };
    }),
  fc.record(
    {
      type: fc.constant('close' as const),
      code: small,
      reason: fc.string({ maxLength: 50 }),
    },
    plain,
  ),
  fc.record({ type: fc.constant('maxData' as const), credit: fc.maxSafeNat() }, plain),
  fc.record(
    { type: fc.constant('datagram' as const), payload: fc.uint8Array({ maxLength: 1152 }) },
    plain,
  ),
  fc.record({ type: fc.constant('pathChallenge' as const), data: eightBytes }, plain),
  fc.record({ type: fc.constant('pathResponse' as const), data: eightBytes }, plain),
  fc.record(
    {
      type: fc.constant('extension' as const),
      number: fc.integer({ min: extensionFrameMin, max: 0xff }),
    },
    plain,
  ),
);

const golden: readonly (readonly [string, Frame])[] = [
  ['00', { type: 'pad' }],
  ['01', { type: 'ping' }],
  ['0680100000', { type: 'maxData', credit: 0x10_0000 }],
  ['07020909', { type: 'datagram', payload: Uint8Array.of(9, 9) }],
  ['080102030405060708', { type: 'pathChallenge', data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }],
  ['090102030405060708', { type: 'pathResponse', data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }],
  // Newest 9, a delay of 125 units, no further range, 9 reaches down to 7.
  ['0209407d0002', { type: 'ack', delayMs: 1, ranges: [{ first: 7, last: 9 }] }],
  // A further range: one number missing between 3 and 5 is a gap of 0.
  [
    '02090001040001',
    {
      type: 'ack',
      delayMs: 0,
      ranges: [
        { first: 5, last: 9 },
        { first: 2, last: 3 },
      ],
    },
  ],
  [
    '030502022a2b',
    { type: 'message', conversation: 5, sequence: 2, payload: Uint8Array.of(0x2a, 0x2b) },
  ],
  [
    '04050201440202aabb',
    {
      type: 'fragment',
      conversation: 5,
      sequence: 2,
      index: 1,
      totalBytes: 1026,
      payload: Uint8Array.of(0xaa, 0xbb),
    },
  ],
  ['051003627965', { type: 'close', code: 16, reason: 'bye' }],
  ['4003000000', { type: 'extension', number: 0x40 }],
];

describe('a frame', () => {
  it('stands on the wire as docs/PROTOCOL.md §5 says', () => {
    for (const [hex, value] of golden) {
      assert.equal(toHex(encoded(value)), hex);
      assert.deepEqual(readHex(hex), value);
    }
  });

  it('reads back as what was written, one after the other', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), (frames) => {
        const writer = new ByteWriter(1);
        for (const each of frames) write(writer, each);
        const reader = new ByteReader(writer.bytes);
        assert.deepEqual(
          frames.map(() => readFrame(reader)),
          frames,
        );
        assert.equal(reader.remaining, 0);
      }),
    );
  });

  it('is malformed wherever it is cut', () => {
    fc.assert(
      fc.property(frame, (value) => {
        const whole = encoded(value);
        const step = Math.max(1, Math.floor(whole.length / 40));
        for (let length = 0; length < whole.length; length += step) {
          assert.throws(() => readFrame(new ByteReader(whole.subarray(0, length))), MalformedError);
        }
      }),
    );
  });

  it('of random bytes is some frame or malformed, and nothing else is thrown', () => {
    fc.assert(
      fc.property(fc.nat(8), fc.uint8Array({ maxLength: 60 }), (number, rest) => {
        const reader = new ByteReader(Uint8Array.of(number, ...rest));
        try {
          while (reader.remaining > 0) readFrame(reader);
        } catch (error) {
          assert.ok(error instanceof MalformedError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('of an unknown number is malformed below 0x40 and skipped from there on', () => {
    assert.throws(() => readHex('0a00'), MalformedError);
    assert.throws(() => readHex('3f00'), MalformedError);
    const reader = new ByteReader(fromHex('ff02123401') ?? new Uint8Array());
    assert.deepEqual(readFrame(reader), { type: 'extension', number: 0xff });
    assert.deepEqual(readFrame(reader), { type: 'ping' });
  });

  it('takes exactly the room that is planned for it', () => {
    fc.assert(
      fc.property(frame, (value) => {
        if (value.type === 'message') {
          const { conversation, sequence, payload } = value;
          const planned = messageFrameBytes(conversation, sequence, payload.length);
          assert.equal(planned, encoded(value).length);
        } else if (value.type === 'fragment') {
          const { conversation, sequence, index, totalBytes, payload } = value;
          assert.equal(
            fragmentFrameBytes(conversation, sequence, index, totalBytes, payload.length),
            encoded(value).length,
          );
        } else if (value.type === 'datagram') {
          assert.equal(datagramFrameBytes(value.payload.length), encoded(value).length);
        }
      }),
    );
  });
});

describe('an ACK', () => {
  it('is malformed with more than 32 ranges or a range below zero', () => {
    assert.throws(() => readHex(`0240ff002000${'0000'.repeat(32)}`), MalformedError);
    assert.throws(() => readHex('0205000006'), MalformedError);
    assert.throws(() => readHex('02050001050400'), MalformedError);
  });

  it('tells the newest 32 ranges of more', () => {
    const many = Array.from({ length: 40 }, (_, at) => ({
      first: 1000 - at * 3,
      last: 1000 - at * 3,
    }));
    const read = readFrame(new ByteReader(encoded({ type: 'ack', delayMs: 0, ranges: many })));
    assert.deepEqual(read, { type: 'ack', delayMs: 0, ranges: many.slice(0, 32) });
  });

  it('tells no delay below 0 or beyond five seconds', () => {
    const delayOf = (delayMs: number): unknown => {
      const read = readFrame(
        new ByteReader(encoded({ type: 'ack', delayMs, ranges: [{ first: 0, last: 0 }] })),
      );
      return read.type === 'ack' && read.delayMs;
    };
    assert.equal(delayOf(-3), 0);
    assert.equal(delayOf(1e9), 5000);
  });
});

describe('a fragment', () => {
  it('is malformed unless its bytes fill its place on the grid', () => {
    const at = (index: number, totalBytes: number, length: number): Uint8Array =>
      encoded({
        type: 'fragment',
        conversation: 0,
        sequence: 0,
        index,
        totalBytes,
        payload: new Uint8Array(length),
      });
    for (const [index, totalBytes, length] of [
      [0, 2000, 1023],
      [0, 2000, 1025],
      [1, 2000, 975],
      [2, 2000, 0],
      [2, 2048, 0],
      [0, 0, 0],
      [2 ** 40, 2000, 976],
    ] as const) {
      assert.throws(() => readFrame(new ByteReader(at(index, totalBytes, length))), MalformedError);
    }
    assert.equal(readFrame(new ByteReader(at(1, 2000, 976))).type, 'fragment');
  });
});

describe('a CLOSE', () => {
  it('carries at most 200 bytes of its reason', () => {
    const read = readFrame(
      new ByteReader(encoded({ type: 'close', code: 0, reason: 'x'.repeat(999) })),
    );
    assert.deepEqual(read, { type: 'close', code: 0, reason: 'x'.repeat(200) });
  });
});
