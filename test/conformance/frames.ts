/** The frames of a packet (docs/PROTOCOL.md §5). */

import {
  block,
  bytes,
  encoded,
  type Field,
  list,
  Malformed,
  type OneOf,
  oneOf,
  Reader,
  u8,
  varint,
} from './notation.ts';

/** Packet numbers from `first` to `last`. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** What an ACK says: ranges from the largest numbers down. */
export interface Acknowledged {
  /** In units of 8 µs. */
  readonly delay: number;
  readonly ranges: readonly Range[];
}

const rangesMax = 32;

/** A reason for people, 200 bytes at most, which may end within a character. */
const reason: Field<string> = {
  read: (reader) => new TextDecoder().decode(block().read(reader)),
  write: (to, value) => block().write(to, new TextEncoder().encode(value).subarray(0, 200)),
};

const acknowledged: Field<Acknowledged> = {
  read(reader) {
    let last = varint.read(reader);
    const delay = varint.read(reader);
    const further = varint.read(reader);
    if (further >= rangesMax) throw new Malformed(`${further} ranges`);
    const ranges = [rangeDown(last, varint.read(reader))];
    for (let left = further; left > 0; left--) {
      last = (ranges.at(-1)?.first ?? 0) - varint.read(reader) - 2;
      ranges.push(rangeDown(last, varint.read(reader)));
    }
    return { delay, ranges };
  },
  write(to, { delay, ranges: [newest, ...further] }) {
    if (newest === undefined) throw new RangeError('an ACK of nothing');
    for (const value of [newest.last, delay, further.length, newest.last - newest.first]) {
      varint.write(to, value);
    }
    let smallest = newest.first;
    for (const { first, last } of further) {
      varint.write(to, smallest - last - 2);
      varint.write(to, last - first);
      smallest = first;
    }
  },
};

function rangeDown(last: number, length: number): Range {
  if (last < length) throw new Malformed('an ACK below 0');
  return { first: last - length, last };
}

const framesMax = 256;

/** Two or more. */
const payloads: Field<readonly Uint8Array[]> = {
  read(reader) {
    const read = list(block(), framesMax).read(reader);
    if (read.length < 2) throw new Malformed(`MESSAGES of ${read.length}`);
    return read;
  },
  write: list(block(), framesMax).write,
};

interface Words {
  readonly varint: number;
  readonly block: Uint8Array;
  readonly payloads: readonly Uint8Array[];
  readonly reason: string;
  readonly datagram: Uint8Array;
  readonly bytes8: Uint8Array;
  readonly acknowledged: Acknowledged;
}

const words: { readonly [Word in keyof Words]: Field<Words[Word]> } = {
  varint,
  block: block(),
  payloads,
  reason,
  datagram: block(1152),
  bytes8: bytes(8),
  acknowledged,
};

const frames = {
  pad: [0, {}],
  ping: [1, {}],
  ack: [2, { of: 'acknowledged' }],
  message: [3, { conversation: 'varint', sequence: 'varint', payload: 'block' }],
  fragment: [
    4,
    {
      conversation: 'varint',
      sequence: 'varint',
      index: 'varint',
      totalBytes: 'varint',
      payload: 'block',
    },
  ],
  close: [5, { code: 'varint', reason: 'reason' }],
  maxData: [6, { credit: 'varint' }],
  datagram: [7, { payload: 'datagram' }],
  pathChallenge: [8, { data: 'bytes8' }],
  pathResponse: [9, { data: 'bytes8' }],
  messages: [10, { conversation: 'varint', sequence: 'varint', payloads: 'payloads' }],
} as const;

type KnownFrame = OneOf<typeof frames, Words>;
type MessageFrame = Extract<KnownFrame, { readonly type: 'message' }>;
/** A frame; of an extension only that there was one. */
export type Frame = KnownFrame | { readonly type: 'extension' };

const knownFrame: Field<KnownFrame> = oneOf(frames, words, u8);
const extensionFirst = 64;

/** Frames that elicit no ACK. */
const quiet: readonly Frame['type'][] = ['pad', 'ack', 'close', 'pathChallenge', 'pathResponse'];

export function elicitsAck({ type }: Frame): boolean {
  return !quiet.includes(type);
}

export function writeFrame(frame: KnownFrame): Uint8Array {
  return encoded(knownFrame, frame);
}

/** The MESSAGE frames that a MESSAGES is short for. @throws Malformed */
export function singly(frame: KnownFrame & { readonly type: 'messages' }): readonly MessageFrame[] {
  const { conversation, sequence, payloads: each } = frame;
  if (sequence + each.length - 1 > Number.MAX_SAFE_INTEGER) throw new Malformed('beyond 2^53 - 1');
  return each.map((payload, at) => ({
    type: 'message',
    conversation,
    sequence: sequence + at,
    payload,
  }));
}

/** All frames of a packet but PAD. @throws Malformed */
export function readFrames(plaintext: Uint8Array): readonly Frame[] {
  const read: Frame[] = [];
  let count = 0;
  for (let left = plaintext; left.length > 0; ) {
    const reader = new Reader(left);
    const frame = readFrame(left[0] ?? 0, reader);
    left = reader.rest();
    if (frame.type === 'pad') continue;
    read.push(frame);
    count += frame.type === 'messages' ? frame.payloads.length : 1;
    if (count > framesMax) throw new Malformed('too many frames');
  }
  if (read.length === 0) throw new Malformed('no frame');
  return read;
}

function readFrame(number: number, reader: Reader): Frame {
  if (number < extensionFirst) return knownFrame.read(reader);
  reader.take(1);
  block().read(reader);
  return { type: 'extension' };
}
