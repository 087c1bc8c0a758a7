/** Datagram forms and the header of data packets (docs/PROTOCOL.md §2 and §4). */

import { ByteReader, type ByteWriter } from './bytes.ts';

/** The largest datagram that is sent or taken. Bytes. */
export const datagramBytesMax = 1200;

/** The largest datagram that is sent over the relay, which adds to it. Bytes. */
export const relayedDatagramBytesMax = 1100;

/** The versions of the protocol that this program speaks, best first. */
export const supportedVersions: readonly number[] = [1];

/** The first byte of a datagram; data packets set bit 6. */
export const datagramForm = {
  hello: 1,
  retry: 2,
  init: 3,
  response: 4,
  reset: 5,
  data: 0x40,
} as const;

export const connectionIdBytes = 8;
export const resetTokenBytes = 16;

/** Form, connection id and the low half of the packet number. */
export const dataHeaderBytes: number = 1 + connectionIdBytes + 4;

/** The AEAD's tag. */
export const tagBytes = 16;

/** The shortest data packet: a header, a tag and one frame. */
export const dataPacketBytesMin: number = dataHeaderBytes + tagBytes + 1;

/** A connection id as two signed integers of 32 bits, which take less memory than an array. */
export interface ConnectionIdWords {
  readonly high: number;
  readonly low: number;
}

/** Takes a connection id of {@link connectionIdBytes} bytes apart. */
export function connectionIdWords(bytes: Uint8Array): ConnectionIdWords {
  const reader = new ByteReader(bytes);
  return { high: reader.uint32() | 0, low: reader.uint32() | 0 };
}

/** Writes the header of a data packet: bit 6, key phase in bit 5, version in bits 0 to 4. */
export function writeDataHeader(
  writer: ByteWriter,
  version: number,
  phaseBit: 0 | 1,
  connectionId: ConnectionIdWords,
  packetNumber: number,
): void {
  writer.uint8(datagramForm.data | (phaseBit << 5) | version);
  writer.uint32(connectionId.high);
  writer.uint32(connectionId.low);
  writer.uint32(packetNumber >>> 0);
}

/** The packet number's low 32 bits of a data packet of at least {@link dataPacketBytesMin} bytes. */
export function readTruncatedPacketNumber(datagram: Uint8Array): number {
  return new ByteReader(datagram, 1 + connectionIdBytes).uint32();
}

/** The key phase of a data packet. */
export function readPhaseBit(datagram: Uint8Array): number {
  return ((datagram[0] ?? 0) >>> 5) & 1;
}

/** The whole packet number nearest to `newest` + 1 (RFC 9000 §A.3), or −1 where there is none. */
export function expandPacketNumber(truncated: number, newest: number): number {
  const window = 0x1_0000_0000;
  const expected = newest + 1;
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - window / 2) return candidate + window;
  if (candidate > expected + window / 2) return candidate - window;
  return candidate;
}

/** A connection id as a key of a map: its first 53 bits, which the endpoint that chose it keeps unique. */
export function connectionIdKey(bytes: Uint8Array, start = 0): number {
  const reader = new ByteReader(bytes, start);
  return reader.uint32() * 0x20_0000 + (reader.uint32() >>> 11);
}
