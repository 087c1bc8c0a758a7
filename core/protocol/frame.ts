/** Frames: what packets carry (docs/PROTOCOL.md §5). */

import { type ByteReader, type ByteWriter, MalformedError, varintBytes } from './bytes.ts';

/** Numbers of the frames; those from 0x40 up are extensions that a receiver skips when it does not know them. */
export const frameType = { pad: 0, ping: 1, ack: 2, message: 3, fragment: 4, close: 5 } as const;

/** Where extension frames begin: number, length as a varint, that many bytes. */
export const extensionFrameMin = 0x40;

/** The largest message that travels in one frame; larger ones are cut into fragments. Bytes. */
export const framePayloadBytesMax = 1100;

/** Every fragment but the last of a message has exactly this many bytes. */
export const fragmentBytes = 1024;

/** The most acknowledged ranges in one ACK. */
export const ackRangesMax = 32;

/** Packet numbers `first` to `last`, both included. */
export interface PacketRange {
  readonly first: number;
  readonly last: number;
}

export type Frame =
  | { readonly type: 'pad' }
  | { readonly type: 'ping' }
  /** Ranges from the newest to the oldest; `delayMs` the newest waited for this ACK. */
  | { readonly type: 'ack'; readonly delayMs: number; readonly ranges: readonly PacketRange[] }
  | {
      readonly type: 'message';
      readonly conversation: number;
      readonly sequence: number;
      readonly payload: Uint8Array;
    }
  | {
      readonly type: 'fragment';
      readonly conversation: number;
      readonly sequence: number;
      /** Counted from 0; its bytes stand at `index` × `fragmentBytes` of the message. */
      readonly index: number;
      /** Bytes of the whole message. */
      readonly totalBytes: number;
      readonly payload: Uint8Array;
    }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }
  | { readonly type: 'extension'; readonly number: number };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The unit of an ACK's delay: 8 microseconds, the default of RFC 9000 §18.2. */
const delayUnitsPerMs = 125;

/** A longer delay tells nothing about the network; the process slept. Milliseconds. */
const delayMsMax = 5000;

export function writePing(writer: ByteWriter): void {
  writer.uint8(frameType.ping);
}

/** Writes at most {@link ackRangesMax} ranges, newest first (RFC 9000 §19.3). */
export function writeAck(
  writer: ByteWriter,
  delayMs: number,
  ranges: readonly PacketRange[],
): void {
  const [newest, ...older] = ranges.slice(0, ackRangesMax);
  if (newest === undefined) return;
  writer.uint8(frameType.ack);
  writer.varint(newest.last);
  writer.varint(Math.round(Math.min(Math.max(delayMs, 0), delayMsMax) * delayUnitsPerMs));
  writer.varint(older.length);
  writer.varint(newest.last - newest.first);
  let previousFirst = newest.first;
  for (const range of older) {
    writer.varint(previousFirst - range.last - 2);
    writer.varint(range.last - range.first);
    previousFirst = range.first;
  }
}

/** Bytes of a message frame around its payload. */
export function messageFrameBytes(conversation: number, sequence: number, length: number): number {
  return 1 + varintBytes(conversation) + varintBytes(sequence) + varintBytes(length) + length;
}

export function writeMessage(
  writer: ByteWriter,
  conversation: number,
  sequence: number,
  payload: Uint8Array,
): void {
  writer.uint8(frameType.message);
  writer.varint(conversation);
  writer.varint(sequence);
  writer.block(payload);
}

/** Bytes of a fragment frame around its payload. */
export function fragmentFrameBytes(
  conversation: number,
  sequence: number,
  index: number,
  totalBytes: number,
  length: number,
): number {
  return (
    1 +
    varintBytes(conversation) +
    varintBytes(sequence) +
    varintBytes(index) +
    varintBytes(totalBytes) +
    varintBytes(length) +
    length
  );
}

export function writeFragment(
  writer: ByteWriter,
  fragment: Omit<Extract<Frame, { type: 'fragment' }>, 'type'>,
): void {
  writer.uint8(frameType.fragment);
  writer.varint(fragment.conversation);
  writer.varint(fragment.sequence);
  writer.varint(fragment.index);
  writer.varint(fragment.totalBytes);
  writer.block(fragment.payload);
}

/** The reason is for people, at most 200 bytes of it. */
export function writeClose(writer: ByteWriter, code: number, reason: string): void {
  writer.uint8(frameType.close);
  writer.varint(code);
  writer.block(encoder.encode(reason).subarray(0, 200));
}

/** Reads one frame; payloads are views. @throws MalformedError also for unknown numbers below 0x40 */
export function readFrame(reader: ByteReader): Frame {
  const number = reader.uint8();
  switch (number) {
    case frameType.pad:
      return { type: 'pad' };
    case frameType.ping:
      return { type: 'ping' };
    case frameType.ack:
      return readAck(reader);
    case frameType.message:
      return {
        type: 'message',
        conversation: reader.varint(),
        sequence: reader.varint(),
        payload: reader.block(),
      };
    case frameType.fragment:
      return readFragment(reader);
    case frameType.close:
      return { type: 'close', code: reader.varint(), reason: decoder.decode(reader.block()) };
    default:
      if (number < extensionFrameMin) throw new MalformedError(`unknown frame ${number}`);
      reader.block();
      return { type: 'extension', number };
  }
}

function readFragment(reader: ByteReader): Frame {
  const fragment = {
    type: 'fragment',
    conversation: reader.varint(),
    sequence: reader.varint(),
    index: reader.varint(),
    totalBytes: reader.varint(),
    payload: reader.block(),
  } as const;
  const expected = Math.min(fragmentBytes, fragment.totalBytes - fragment.index * fragmentBytes);
  if (fragment.payload.length !== expected || expected <= 0) {
    throw new MalformedError('fragment off the grid');
  }
  return fragment;
}

function readAck(reader: ByteReader): Frame {
  let last = reader.varint();
  const delayMs = reader.varint() / delayUnitsPerMs;
  const olderCount = reader.varint();
  if (olderCount >= ackRangesMax) throw new MalformedError('too many ranges');
  const ranges: PacketRange[] = [];
  for (let at = 0; ; at++) {
    const first = last - reader.varint();
    if (first < 0) throw new MalformedError('range below zero');
    ranges.push({ first, last });
    if (at === olderCount) return { type: 'ack', delayMs, ranges };
    last = first - reader.varint() - 2;
    if (last < 0) throw new MalformedError('range below zero');
  }
}
