/** Frames: what packets carry (docs/PROTOCOL.md §5). */

import { ByteReader, type ByteWriter, MalformedError, varintBytes } from './bytes.ts';

/** Numbers of the frames; those from 0x40 up are extensions that a receiver skips when it does not know them. */
export const frameType = {
  pad: 0,
  ping: 1,
  ack: 2,
  message: 3,
  fragment: 4,
  close: 5,
  maxData: 6,
  datagram: 7,
  pathChallenge: 8,
  pathResponse: 9,
  messages: 10,
} as const;

/** Where extension frames begin: number, length as a varint, that many bytes. */
export const extensionFrameMin = 0x40;

/** Every fragment but the last of a message has exactly this many bytes; a message up to here travels in one frame. */
export const fragmentBytes = 1024;

/** The longest DATAGRAM payload. Bytes. */
export const datagramPayloadBytesMax = 1152;

/** What PATH_CHALLENGE carries and PATH_RESPONSE returns. */
export const challengeBytes = 8;

/** Frames a packet may hold; a packet with more breaks the protocol. Padding does not count, each message of a MESSAGES does. */
export const framesPerPacketMax = 256;

/** Bytes of the number of messages in a MESSAGES frame that has fewer than 64. */
export const messageCountBytes = 1;

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
  /** Messages that follow each other. */
  | {
      readonly type: 'messages';
      readonly conversation: number;
      /** Of the first one. */
      readonly sequence: number;
      /** At least two. */
      readonly payloads: readonly Uint8Array[];
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
  /** The receiver takes messages that cost up to `credit` in all since the connection began. */
  | { readonly type: 'maxData'; readonly credit: number }
  /** Unreliable: it is not sent again (RFC 9221). */
  | { readonly type: 'datagram'; readonly payload: Uint8Array }
  /** Asks whoever receives it to return the data from where it was received (RFC 9000 §8.2). */
  | { readonly type: 'pathChallenge'; readonly data: Uint8Array }
  | { readonly type: 'pathResponse'; readonly data: Uint8Array }
  | { readonly type: 'extension'; readonly number: number };

/** What a packet says: MESSAGES stands as the MESSAGE frames that it is short for. */
export type PacketFrame = Exclude<Frame, { readonly type: 'messages' }>;

/** A PATH_CHALLENGE may go where nobody listens, and is answered by itself: neither it nor its answer counts as lost. */
const unacknowledgedTypes: ReadonlySet<Frame['type']> = new Set([
  'ack',
  'close',
  'pathChallenge',
  'pathResponse',
]);

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
  return 1 + varintBytes(conversation) + varintBytes(sequence) + blockBytes(length);
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

/** Bytes of a message in a MESSAGES frame. */
export function blockBytes(length: number): number {
  return varintBytes(length) + length;
}

/** @param payloads of 2 to {@link framesPerPacketMax} messages; `sequence` is the first one's */
export function writeMessages(
  writer: ByteWriter,
  conversation: number,
  sequence: number,
  payloads: readonly Uint8Array[],
): void {
  writer.uint8(frameType.messages);
  writer.varint(conversation);
  writer.varint(sequence);
  writer.varint(payloads.length);
  for (const payload of payloads) writer.block(payload);
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
    blockBytes(length)
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

export function writeMaxData(writer: ByteWriter, credit: number): void {
  writer.uint8(frameType.maxData);
  writer.varint(credit);
}

/** Bytes of a DATAGRAM frame around its payload. */
export function datagramFrameBytes(length: number): number {
  return 1 + blockBytes(length);
}

export function writeDatagram(writer: ByteWriter, payload: Uint8Array): void {
  writer.uint8(frameType.datagram);
  writer.block(payload);
}

/** @param data {@link challengeBytes} bytes */
export function writePathChallenge(writer: ByteWriter, data: Uint8Array): void {
  writer.uint8(frameType.pathChallenge);
  writer.raw(data);
}

/** @param data {@link challengeBytes} bytes */
export function writePathResponse(writer: ByteWriter, data: Uint8Array): void {
  writer.uint8(frameType.pathResponse);
  writer.raw(data);
}

/** Every frame of a packet but PAD. @throws MalformedError also if there are none or too many */
export function readFrames(plaintext: Uint8Array): readonly PacketFrame[] {
  const reader = new ByteReader(plaintext);
  const frames: PacketFrame[] = [];
  while (reader.remaining > 0) {
    const frame = readFrame(reader);
    if (frame.type === 'pad') continue;
    if (frame.type === 'messages') pushMessages(frames, frame);
    else frames.push(frame);
    if (frames.length > framesPerPacketMax) throw new MalformedError('too many frames');
  }
  if (frames.length === 0) throw new MalformedError('a packet without frames');
  return frames;
}

/** Whether the receiver must acknowledge a packet with this frame (RFC 9002 §2). */
export function isAckEliciting(frame: Frame): boolean {
  return !unacknowledgedTypes.has(frame.type);
}

/** Whether a packet of nothing but such frames leaves the sender where it was (RFC 9000 §9.1). */
export function isProbing(frame: Frame): boolean {
  return frame.type === 'pathChallenge' || frame.type === 'pathResponse';
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
    case frameType.messages:
      return readMessages(reader);
    case frameType.fragment:
      return readFragment(reader);
    case frameType.close:
      return { type: 'close', code: reader.varint(), reason: decoder.decode(reader.block()) };
    case frameType.maxData:
      return { type: 'maxData', credit: reader.varint() };
    case frameType.datagram:
      return { type: 'datagram', payload: reader.block() };
    case frameType.pathChallenge:
      return { type: 'pathChallenge', data: reader.raw(challengeBytes) };
    case frameType.pathResponse:
      return { type: 'pathResponse', data: reader.raw(challengeBytes) };
    default:
      if (number < extensionFrameMin) throw new MalformedError(`unknown frame ${number}`);
      reader.block();
      return { type: 'extension', number };
  }
}

function readMessages(reader: ByteReader): Frame {
  const conversation = reader.varint();
  const sequence = reader.varint();
  const count = reader.varint();
  if (count < 2 || count > framesPerPacketMax) throw new MalformedError('no such count');
  if (sequence > Number.MAX_SAFE_INTEGER - count + 1) throw new MalformedError('beyond 2^53');
  const payloads: Uint8Array[] = [];
  while (payloads.length < count) payloads.push(reader.block());
  return { type: 'messages', conversation, sequence, payloads };
}

function pushMessages(
  frames: PacketFrame[],
  { conversation, sequence, payloads }: Extract<Frame, { type: 'messages' }>,
): void {
  let next = sequence;
  for (const payload of payloads) {
    frames.push({ type: 'message', conversation, sequence: next++, payload });
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
