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
  datagramFrameBytes,
  type Frame,
  fragmentFrameBytes,
  messageFrameBytes,
  readFrame,
  readFrames,
} from '../../../core/protocol/frame.ts';
import { encodedFrame, framesOf, frameTypes, writeFrame } from './frame-kinds.ts';

function readHex(hex: string): Frame {
  return readFrame(new ByteReader(fromHex(hex) ?? new Uint8Array()));
}

const frame: fc.Arbitrary<Frame> = fc.oneof(...frameTypes.map(framesOf));

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
  // Two messages, numbers 2 and 3; the second one is empty.
  [
    '0a050202022a2b00',
    {
      type: 'messages',
      conversation: 5,
      sequence: 2,
      payloads: [Uint8Array.of(0x2a, 0x2b), new Uint8Array()],
    },
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
      assert.equal(toHex(encodedFrame(value)), hex);
      assert.deepEqual(readHex(hex), value);
    }
  });

  it('reads back as what was written, one after the other', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), (frames) => {
        const writer = new ByteWriter(1);
        for (const each of frames) writeFrame(writer, each);
        const reader = new ByteReader(writer.bytes);
        assert.deepEqual(
          frames.map(() => readFrame(reader)),
          frames,
        );
        assert.equal(reader.remaining, 0);
      }),
    );
  });

  it('of random bytes is some frame or malformed, and nothing else is thrown', () => {
    fc.assert(
      fc.property(fc.nat(0xa), fc.uint8Array({ maxLength: 60 }), (number, rest) => {
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
    assert.throws(() => readHex('0b00'), MalformedError);
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
          assert.equal(planned, encodedFrame(value).length);
        } else if (value.type === 'fragment') {
          const { conversation, sequence, index, totalBytes, payload } = value;
          assert.equal(
            fragmentFrameBytes(conversation, sequence, index, totalBytes, payload.length),
            encodedFrame(value).length,
          );
        } else if (value.type === 'datagram') {
          assert.equal(datagramFrameBytes(value.payload.length), encodedFrame(value).length);
        }
      }),
    );
  });
});

describe('a MESSAGES', () => {
  const read = (bytes: string): readonly unknown[] =>
    readFrames(fromHex(bytes) ?? new Uint8Array());

  it('is short for as many MESSAGE frames', () => {
    assert.deepEqual(read('010a050202022a2b0001'), read('01' + '030502022a2b' + '03050300' + '01'));
  });

  it('holds at least two messages, and none beyond the last number', () => {
    assert.throws(() => read('0a050200'), MalformedError);
    assert.throws(() => read('0a05020100'), MalformedError);
    const last = 'c01fffffffffffff';
    assert.throws(() => read(`0a05${last}020000`), MalformedError);
    assert.equal(read('0a05c01ffffffffffffe020000').length, 2);
  });

  it('counts as the frames that it is short for, of which a packet has 256 at most', () => {
    const messages = (count: number): string => {
      const writer = new ByteWriter();
      const payloads = Array.from({ length: count }, () => new Uint8Array());
      writeFrame(writer, { type: 'messages', conversation: 0, sequence: 0, payloads });
      return toHex(writer.bytes);
    };
    assert.equal(read(messages(256)).length, 256);
    assert.throws(() => read(messages(257)), MalformedError);
    assert.equal(read(`${messages(128)}${messages(128)}`).length, 256);
    assert.throws(() => read(`${messages(128)}${messages(129)}`), MalformedError);
    assert.throws(() => read(`${messages(256)}01`), MalformedError);
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
    const read = readFrame(new ByteReader(encodedFrame({ type: 'ack', delayMs: 0, ranges: many })));
    assert.deepEqual(read, { type: 'ack', delayMs: 0, ranges: many.slice(0, 32) });
  });

  it('tells no delay below 0 or beyond five seconds', () => {
    const delayOf = (delayMs: number): unknown => {
      const read = readFrame(
        new ByteReader(encodedFrame({ type: 'ack', delayMs, ranges: [{ first: 0, last: 0 }] })),
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
      encodedFrame({
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
      new ByteReader(encodedFrame({ type: 'close', code: 0, reason: 'x'.repeat(999) })),
    );
    assert.deepEqual(read, { type: 'close', code: 0, reason: 'x'.repeat(200) });
  });
});
