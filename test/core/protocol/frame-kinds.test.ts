/** What holds of every kind of frame (docs/PROTOCOL.md §5). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteReader, MalformedError, toHex } from '../../../core/protocol/bytes.ts';
import { type Frame, frameType, readFrame } from '../../../core/protocol/frame.ts';
import { encodedFrame, framesOf, frameTypes } from './frame-kinds.ts';

const runs = { numRuns: 60 };

/** The frame at the beginning of some bytes, if there is one. */
function frameOf(bytes: Uint8Array): Frame | undefined {
  try {
    return readFrame(new ByteReader(bytes));
  } catch (error) {
    assert.ok(error instanceof MalformedError, String(error));
    return undefined;
  }
}

describe('the kinds of frames', () => {
  it('are those that have a number, and extensions', () => {
    assert.deepEqual([...frameTypes].sort(), [...Object.keys(frameType), 'extension'].sort());
  });
});

for (const type of frameTypes) {
  const encoded = framesOf(type).map(encodedFrame);

  describe(`the frame ${type}`, () => {
    it('reads back as what was written, to its last byte', () => {
      fc.assert(
        fc.property(framesOf(type), (frame) => {
          const reader = new ByteReader(encodedFrame(frame));
          assert.deepEqual(readFrame(reader), frame);
          assert.equal(reader.remaining, 0);
        }),
        runs,
      );
    });

    it('is malformed wherever it is cut', () => {
      fc.assert(
        fc.property(encoded, (whole) => {
          for (let length = 0; length < whole.length; length++) {
            assert.equal(frameOf(whole.subarray(0, length)), undefined);
          }
        }),
        runs,
      );
    });

    it('is a frame or malformed, whatever was done to its bytes, and written again it is the same', () => {
      const spoilt = fc
        .tuple(encoded, fc.nat(), fc.nat(255))
        .map(([whole, at, byte]) => whole.with(at % whole.length, byte));
      const random = fc
        .tuple(encoded, fc.uint8Array({ maxLength: 60 }))
        .map(([whole, rest]) => Uint8Array.of(whole[0] ?? 0, ...rest));
      fc.assert(
        fc.property(fc.oneof(spoilt, random), (input) => {
          const frame = frameOf(input);
          // A delay is cut to five seconds, a reason to 200 bytes, and an extension is not kept.
          if (frame === undefined || ['ack', 'close', 'extension'].includes(frame.type)) return;
          const canonical = encodedFrame(frame);
          assert.ok(canonical.length <= input.length);
          assert.deepEqual(frameOf(canonical), frame);
          assert.equal(toHex(encodedFrame(frame)), toHex(canonical));
        }),
        { numRuns: 4 * runs.numRuns },
      );
    });
  });
}
