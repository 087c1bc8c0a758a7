/** Message ids: which process of a client sent it, and which of that process' messages it is. */

/** Bytes of a process id, random at the start of a client's process. */
export const processIdBytes = 8;

/** Bytes of a mid. */
export const midBytes = 16;

/** The id of a process' message number `counter`, which may be up to 2^53 − 1. 16 bytes. */
export function composeMid(processId: Uint8Array, counter: number): Uint8Array {
  const mid = new Uint8Array(midBytes);
  mid.set(processId);
  let rest = counter;
  for (let at = midBytes - 1; rest > 0; at--) {
    mid[at] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  return mid;
}

/** The parts of a mid, or undefined where its counter is beyond 2^53 − 1. */
export function parseMid(
  mid: Uint8Array,
): { readonly processId: Uint8Array; readonly counter: number } | undefined {
  const counter = counterOfMid(mid);
  if (counter > Number.MAX_SAFE_INTEGER) return undefined;
  return { processId: mid.subarray(0, processIdBytes), counter };
}

/** The counter of a mid, exact up to 2^53 − 1. */
export function counterOfMid(mid: Uint8Array): number {
  let counter = 0;
  for (let at = processIdBytes; at < midBytes; at++) counter = counter * 0x100 + (mid[at] ?? 0);
  return counter;
}
