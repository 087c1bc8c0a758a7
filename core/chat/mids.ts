/** Message ids: which process of a client sent it, and which of that process' messages it is. */

import { ByteReader } from '../protocol/bytes.ts';

/** Bytes of a process id, random at the start of a client's process. */
const processIdBytes = 8;

/** The id of a process' message number `counter`, which may be up to 2^53 − 1. 16 bytes. */
export function composeMid(processId: Uint8Array, counter: number): Uint8Array {
  const mid = new Uint8Array(processIdBytes + 8);
  mid.set(processId);
  new DataView(mid.buffer).setBigUint64(processIdBytes, BigInt(counter));
  return mid;
}

/** The parts of a mid, or undefined where its counter is beyond 2^53 − 1. */
export function parseMid(
  mid: Uint8Array,
): { readonly processId: Uint8Array; readonly counter: number } | undefined {
  const reader = new ByteReader(mid, processIdBytes);
  const counter = reader.uint32() * 0x1_0000_0000 + reader.uint32();
  if (counter > Number.MAX_SAFE_INTEGER) return undefined;
  return { processId: mid.subarray(0, processIdBytes), counter };
}
