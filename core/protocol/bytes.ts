/** Reading and writing of wire bytes: fixed integers, variable-length integers (RFC 9000 §16), runs of bytes. */

/** The largest integer that a number holds exactly; the wire's 62 bits are cut there. */
const varintMax = Number.MAX_SAFE_INTEGER;

/** Thrown by {@link ByteReader} on input that ends early or holds a value out of range; decoders catch it. */
export class MalformedError extends Error {}

/** How many bytes {@link ByteWriter.varint} takes for `value`. */
export function varintBytes(value: number): number {
  if (value < 0x40) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x4000_0000) return 4;
  return 8;
}

/** Writes into a buffer that doubles as needed. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;
  /** What stands before was cut off and is not ours any more. */
  #start = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length - this.#start;
  }

  /** A view of what was written; valid until the next write. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#length);
  }

  /** Forgets what was written after `length`, so that the writer can be used again. */
  truncate(length: number): void {
    this.#length = this.#start + length;
  }

  /**
   * Gives what was written away, with `roomBytes` more behind it, and begins anew in the rest of the buffer, or in a new
   * one when less than `nextBytes` are left. Many short runs thus share one allocation, which costs more than they do.
   */
  cut(roomBytes: number, nextBytes: number): Uint8Array {
    const end = this.#reserve(roomBytes) + roomBytes;
    const run = this.#bytes.subarray(this.#start, end);
    if (this.#bytes.length - end < nextBytes) {
      this.#bytes = new Uint8Array(this.#bytes.length);
      this.#start = 0;
    } else {
      this.#start = end;
    }
    this.#length = this.#start;
    return run;
  }

  uint8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  uint32(value: number): void {
    const at = this.#reserve(4);
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
    this.#length = at + 4;
  }

  /** An integer from 0 to 2^53 − 1 in 1, 2, 4 or 8 bytes (RFC 9000 §16). */
  varint(value: number): void {
    if (!(value >= 0 && value <= varintMax)) throw new RangeError(`no varint: ${value}`);
    if (value < 0x40) {
      this.uint8(value);
    } else if (value < 0x4000) {
      const at = this.#reserve(2);
      this.#bytes[at] = 0x40 | (value >>> 8);
      this.#bytes[at + 1] = value;
      this.#length = at + 2;
    } else if (value < 0x4000_0000) {
      this.uint32((0x8000_0000 | value) >>> 0);
    } else {
      this.uint32((0xc000_0000 | Math.floor(value / 0x1_0000_0000)) >>> 0);
      this.uint32(value >>> 0);
    }
  }

  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    this.#length = at + bytes.length;
  }

  /** Bytes behind their length as a varint. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  #reserve(count: number): number {
    const needed = this.#length + count;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    return this.#length;
  }
}

/** Reads what {@link ByteWriter} writes; throws {@link MalformedError} at the first byte that is missing or wrong. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, start = 0) {
    this.#bytes = bytes;
    this.#at = start;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new MalformedError('input ends early');
    this.#at++;
    return value;
  }

  uint32(): number {
    return this.uint8() * 0x100_0000 + ((this.uint8() << 16) | (this.uint8() << 8) | this.uint8());
  }

  varint(): number {
    const first = this.uint8();
    switch (first >>> 6) {
      case 0:
        return first;
      case 1:
        return ((first & 0x3f) << 8) | this.uint8();
      case 2:
        return ((first & 0x3f) << 24) | (this.uint8() << 16) | (this.uint8() << 8) | this.uint8();
      default: {
        const high =
          ((first & 0x3f) << 24) | (this.uint8() << 16) | (this.uint8() << 8) | this.uint8();
        const value = high * 0x1_0000_0000 + this.uint32();
        if (value > varintMax) throw new MalformedError('integer beyond 2^53');
        return value;
      }
    }
  }

  /** A view of the next `count` bytes, not a copy. */
  raw(count: number): Uint8Array {
    if (count > this.remaining) throw new MalformedError('input ends early');
    const start = this.#at;
    this.#at += count;
    return this.#bytes.subarray(start, this.#at);
  }

  /** A view of bytes behind their length. */
  block(): Uint8Array {
    return this.raw(this.varint());
  }

  /** A view of all that is left. */
  rest(): Uint8Array {
    return this.raw(this.remaining);
  }
}

const hexDigits: readonly number[] = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** So many characters may be arguments of one call. */
const hexBytesAtOnce = 4096;

/** Lower-case hex, two digits a byte. Made in one piece: a string put together digit by digit is kept as a chain of its parts. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length > hexBytesAtOnce) {
    return toHex(bytes.subarray(0, hexBytesAtOnce)) + toHex(bytes.subarray(hexBytesAtOnce));
  }
  const codes: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    codes.push(hexDigits[byte >>> 4] ?? 0, hexDigits[byte & 0xf] ?? 0);
  }
  return String.fromCharCode(...codes);
}

/** The bytes of lower- or upper-case hex, or undefined if `text` is not hex of an even length. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

/** Whether two runs of bytes are the same; not for secrets, whose comparison must take constant time. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
