/** Every kind of frame with what a test needs of it: values, and how they are written. */

import fc from 'fast-check';
import { ByteWriter } from '../../../core/protocol/bytes.ts';
import { messageBytesMax } from '../../../core/protocol/chunk.ts';
import {
  ackRangesMax,
  challengeBytes,
  datagramPayloadBytesMax,
  extensionFrameMin,
  type Frame,
  fragmentBytes,
  framesPerPacketMax,
  type PacketRange,
  writeAck,
  writeClose,
  writeDatagram,
  writeFragment,
  writeMaxData,
  writeMessage,
  writeMessages,
  writePathChallenge,
  writePathResponse,
  writePing,
} from '../../../core/protocol/frame.ts';

type FrameType = Frame['type'];
type FrameOf<Type extends FrameType> = Extract<Frame, { readonly type: Type }>;

interface FrameKind<Kind> {
  readonly values: fc.Arbitrary<Omit<Kind, 'type'>>;
  readonly write: (writer: ByteWriter, frame: Kind) => void;
}

const integer = fc.oneof(fc.nat(300), fc.maxSafeNat());

const challenge = fc.uint8Array({ minLength: challengeBytes, maxLength: challengeBytes });

/** Ranges from the newest to the oldest, disjoint and not adjacent. */
const ranges: fc.Arbitrary<readonly PacketRange[]> = fc
  .array(fc.tuple(fc.nat(300), fc.nat(300)), { minLength: 1, maxLength: ackRangesMax })
  .map((steps) => {
    let next = 0;
    const ascending = steps.map(([gap, length]) => {
      const first = next + gap;
      next = first + length + 2;
      return { first, last: first + length };
    });
    return ascending.toReversed();
  });

/** The compiler sees to it that no kind is missing, a test that none is too many. */
const kinds: { readonly [Type in FrameType]: FrameKind<FrameOf<Type>> } = {
  pad: { values: fc.constant({}), write: (writer) => writer.uint8(0) },
  ping: { values: fc.constant({}), write: writePing },
  ack: {
    // Whole units of 8 µs.
    values: fc.record({ delayMs: fc.nat(625_000).map((units) => units / 125), ranges }),
    write: (writer, { delayMs, ranges: told }) => writeAck(writer, delayMs, told),
  },
  message: {
    values: fc.record({
      conversation: integer,
      sequence: integer,
      // A receiver takes more than a sender puts into one.
      payload: fc.uint8Array({ maxLength: datagramPayloadBytesMax }),
    }),
    write: (writer, { conversation, sequence, payload }) =>
      writeMessage(writer, conversation, sequence, payload),
  },
  messages: {
    values: fc.record({
      conversation: integer,
      // The last one has a sequence, too.
      sequence: integer.map((sequence) => Math.max(0, sequence - framesPerPacketMax)),
      payloads: fc.oneof(
        fc.array(fc.uint8Array({ maxLength: 100 }), { minLength: 2, maxLength: 6 }),
        fc.array(fc.uint8Array({ maxLength: 2 }), { minLength: 2, maxLength: framesPerPacketMax }),
      ),
    }),
    write: (writer, { conversation, sequence, payloads }) =>
      writeMessages(writer, conversation, sequence, payloads),
  },
  fragment: {
    values: fc
      .tuple(integer, integer, fc.integer({ min: 1, max: messageBytesMax }), fc.nat())
      .map(([conversation, sequence, totalBytes, at]) => {
        const index = at % Math.ceil(totalBytes / fragmentBytes);
        const length = Math.min(fragmentBytes, totalBytes - index * fragmentBytes);
        const payload = new Uint8Array(length).fill(at);
        return { conversation, sequence, index, totalBytes, payload };
      }),
    write: writeFragment,
  },
  close: {
    values: fc.record({ code: integer, reason: fc.string({ maxLength: 50 }) }),
    write: (writer, { code, reason }) => writeClose(writer, code, reason),
  },
  maxData: {
    values: fc.record({ credit: integer }),
    write: (writer, { credit }) => writeMaxData(writer, credit),
  },
  datagram: {
    values: fc.record({ payload: fc.uint8Array({ maxLength: datagramPayloadBytesMax }) }),
    write: (writer, { payload }) => writeDatagram(writer, payload),
  },
  pathChallenge: {
    values: fc.record({ data: challenge }),
    write: (writer, { data }) => writePathChallenge(writer, data),
  },
  pathResponse: {
    values: fc.record({ data: challenge }),
    write: (writer, { data }) => writePathResponse(writer, data),
  },
  extension: {
    values: fc.record({ number: fc.integer({ min: extensionFrameMin, max: 0xff }) }),
    write: (writer, { number }) => {
      writer.uint8(number);
      writer.block(new Uint8Array(3));
    },
  },
};

/** The kinds of frames that there are values for. */
export const frameTypes: readonly string[] = Object.keys(kinds);

/** Any frame of a kind. */
export function framesOf(type: string): fc.Arbitrary<Frame> {
  // The names are those of the table, and a kind's values are all that its frame has beside the name.
  const { values } = kinds[type as FrameType];
  return values.map((fields) => ({ type, ...fields }) as Frame);
}

/** Appends a frame. */
export function writeFrame(writer: ByteWriter, frame: Frame): void {
  // The kind of a frame's own name takes it.
  (kinds[frame.type] as FrameKind<Frame>).write(writer, frame);
}

/** The bytes of a frame. */
export function encodedFrame(frame: Frame): Uint8Array {
  const writer = new ByteWriter(1);
  writeFrame(writer, frame);
  return writer.bytes.slice();
}
