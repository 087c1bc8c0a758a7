/** Messages of a conversation cut into frames on their way out. */

import type { ByteWriter } from './bytes.ts';
import {
  blockBytes,
  fragmentBytes,
  fragmentFrameBytes,
  messageCountBytes,
  messageFrameBytes,
  writeFragment,
  writeMessage,
  writeMessages,
} from './frame.ts';

/** The largest message of a conversation. Bytes. */
export const messageBytesMax = 65_536;

/** The most messages of a chunk: their number then takes {@link messageCountBytes}. */
export const messagesPerChunkMax = 63;

/**
 * What travels, is acknowledged and gets lost together: a fragment of a long message, or whole messages of one
 * conversation that follow each other. One object for the messages of a packet instead of one for each is what keeps
 * the garbage of a busy server small.
 */
export interface Chunk {
  readonly conversation: number;
  /** Of the first message. */
  readonly sequence: number;
  /** Undefined where whole messages travel. */
  readonly fragment: { readonly index: number; readonly totalBytes: number } | undefined;
  /** Of the messages, in their order; the one part of a fragment. */
  readonly payloads: readonly Uint8Array[];
  /** Size of the frame on the wire. Bytes. */
  readonly frameBytes: number;
  /** Acknowledged: it need not travel any more. */
  settled: boolean;
  /** It waits for (another) transmission. */
  queued: boolean;
}

/** Cuts a message. @throws RangeError beyond {@link messageBytesMax} */
export function chunksOf(
  conversation: number,
  sequence: number,
  payload: Uint8Array,
): readonly Chunk[] {
  const totalBytes = payload.length;
  if (totalBytes > messageBytesMax) throw new RangeError('message too long');
  if (totalBytes <= fragmentBytes) return [wholeChunk(conversation, sequence, [payload])];
  return Array.from({ length: Math.ceil(totalBytes / fragmentBytes) }, (_, index) => {
    const part = payload.subarray(index * fragmentBytes, (index + 1) * fragmentBytes);
    return {
      conversation,
      sequence,
      fragment: { index, totalBytes },
      payloads: [part],
      frameBytes: fragmentFrameBytes(conversation, sequence, index, totalBytes, part.length),
      settled: false,
      queued: true,
    };
  });
}

/** Puts whole messages together, each no longer than a frame and at most {@link messagesPerChunkMax}. */
export function wholeChunk(
  conversation: number,
  sequence: number,
  payloads: readonly Uint8Array[],
): Chunk {
  let frameBytes = 0;
  for (let at = 0; at < payloads.length; at++) {
    frameBytes += growthBytes(conversation, sequence, at, payloads[at]?.length ?? 0);
  }
  return {
    conversation,
    sequence,
    fragment: undefined,
    payloads,
    frameBytes,
    settled: false,
    queued: true,
  };
}

/** Bytes by which the frame of a chunk grows when a message of `length` bytes comes behind `count` others. */
export function growthBytes(
  conversation: number,
  sequence: number,
  count: number,
  length: number,
): number {
  if (count === 0) return messageFrameBytes(conversation, sequence, length);
  return count === 1 ? messageCountBytes + blockBytes(length) : blockBytes(length);
}

/**
 * Divides a chunk that is longer than the room for it.
 * @returns the messages that fit, and the others; undefined if not even the first one fits
 */
export function divide(
  { conversation, sequence, fragment, payloads }: Chunk,
  roomBytes: number,
): readonly [Chunk, Chunk] | undefined {
  if (fragment !== undefined) return undefined;
  let count = 0;
  let room = roomBytes;
  for (const payload of payloads) {
    room -= growthBytes(conversation, sequence, count, payload.length);
    if (room < 0) break;
    count++;
  }
  if (count === 0) return undefined;
  return [
    wholeChunk(conversation, sequence, payloads.slice(0, count)),
    wholeChunk(conversation, sequence + count, payloads.slice(count)),
  ];
}

/** Writes the frame of a chunk. */
export function writeChunk(writer: ByteWriter, chunk: Chunk): void {
  const { conversation, sequence, fragment, payloads } = chunk;
  const [first] = payloads;
  if (first === undefined) return;
  if (fragment !== undefined) {
    writeFragment(writer, { conversation, sequence, payload: first, ...fragment });
  } else if (payloads.length === 1) {
    writeMessage(writer, conversation, sequence, first);
  } else {
    writeMessages(writer, conversation, sequence, payloads);
  }
}
