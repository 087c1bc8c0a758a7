/** The notation of the page (docs/PROTOCOL.md §1): each kind of field reads itself from bytes and writes itself. */

/** What stands on the wire is not of the form that it should have. */
export class Malformed extends Error {}

/** Reads fields one after the other. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next `length` bytes. @throws Malformed when there are fewer */
  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new Malformed(`${length} more bytes`);
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.take(this.#bytes.length - this.#at);
  }
}

/** Collects what fields write. */
export type Bytes = number[];

/** One kind of field. */
export interface Field<Value> {
  /** @throws Malformed */
  read(reader: Reader): Value;
  write(to: Bytes, value: Value): void;
}

/** What a field holds. */
export type ValueOf<F> = F extends Field<infer Value> ? Value : never;

type Fields = Readonly<Record<string, Field<unknown>>>;
type Values<F extends Fields> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** `u8`, `u16` and `u32`: 1, 2 and 4 bytes, the most significant first. */
function fixed(length: number): Field<number> {
  return {
    read: (reader) => reader.take(length).reduce((sum, byte) => sum * 256 + byte, 0),
    write(to, value) {
      for (let shift = length - 1; shift >= 0; shift--) to.push((value / 256 ** shift) & 255);
    },
  };
}

export const u8: Field<number> = fixed(1);
export const u16: Field<number> = fixed(2);
export const u32: Field<number> = fixed(4);
const u64: Field<number> = {
  read: (reader) => u32.read(reader) * 2 ** 32 + u32.read(reader),
  write(to, value) {
    u32.write(to, Math.floor(value / 2 ** 32));
    u32.write(to, value % 2 ** 32);
  },
};

/** Eight bytes of which the value stays below 2^53, such as a packet number in a nonce. */
export function eightBytes(value: number): Uint8Array {
  return encoded(u64, value);
}

/** RFC 9000 §16: the two highest bits of the first byte tell the length, 1, 2, 4 or 8 bytes. */
export const varint: Field<number> = {
  read(reader) {
    const first = u8.read(reader);
    const further = reader.take(2 ** (first >> 6) - 1);
    const value = further.reduce((sum, byte) => sum * 256 + byte, first & 0x3f);
    if (value > Number.MAX_SAFE_INTEGER) throw new Malformed('a number beyond 2^53 - 1');
    return value;
  },
  write(to, value) {
    const size = [2 ** 6, 2 ** 14, 2 ** 30, 2 ** 62].findIndex((bound) => value < bound);
    const start = to.length;
    [u8, u16, u32, u64][size]?.write(to, value);
    to[start] = (to[start] ?? 0) | (size << 6);
  },
};

/** Exactly `length` bytes. */
export function bytes(length: number): Field<Uint8Array> {
  return {
    read: (reader) => reader.take(length),
    write(to, value) {
      if (value.length !== length) throw new RangeError(`${value.length} bytes, not ${length}`);
      to.push(...value);
    },
  };
}

/** A length and as many bytes, at most `max`. */
export function block(max = 65_536): Field<Uint8Array> {
  return {
    read(reader) {
      const length = varint.read(reader);
      if (length > max) throw new Malformed(`a block of ${length} bytes`);
      return reader.take(length);
    },
    write(to, value) {
      varint.write(to, value.length);
      for (const byte of value) to.push(byte);
    },
  };
}

/** A block of well-formed UTF-8; a byte order mark is a character like any other. */
export function text(max: number): Field<string> {
  const raw = block(max);
  return {
    read(reader) {
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw.read(reader));
      } catch (error) {
        throw error instanceof TypeError ? new Malformed('bytes that are no UTF-8') : error;
      }
    },
    write: (to, value) => raw.write(to, new TextEncoder().encode(value)),
  };
}

export const flag: Field<boolean> = {
  read(reader) {
    const byte = u8.read(reader);
    if (byte > 1) throw new Malformed(`a flag of ${byte}`);
    return byte === 1;
  },
  write: (to, value) => u8.write(to, value ? 1 : 0),
};

/** A number that stands for one of `words`, counted from 0. */
export function word<Word extends string>(words: readonly Word[]): Field<Word> {
  return {
    read(reader) {
      const found = words[varint.read(reader)];
      if (found === undefined) throw new Malformed(`none of ${words.join()}`);
      return found;
    },
    write: (to, value) => varint.write(to, words.indexOf(value)),
  };
}

/** A count, written as `count`, and as many records. */
export function list<Item>(
  item: Field<Item>,
  max: number,
  count: Field<number> = varint,
): Field<readonly Item[]> {
  return {
    read(reader) {
      const length = count.read(reader);
      if (length > max) throw new Malformed(`a list of ${length}`);
      return Array.from({ length }, () => item.read(reader));
    },
    write(to, items) {
      count.write(to, items.length);
      for (const one of items) item.write(to, one);
    },
  };
}

/** Fields in the order of their names' appearance. */
export function record<F extends Fields>(fields: F): Field<Values<F>> {
  return {
    read(reader) {
      const read = Object.entries(fields).map(([name, field]) => [name, field.read(reader)]);
      // The names and the kinds of values are those of `fields`, which the type of fromEntries does not tell.
      return Object.fromEntries(read) as Values<F>;
    },
    write(to, values) {
      for (const [name, field] of Object.entries(fields)) field.write(to, values[name]);
    },
  };
}

/** Records of several types: each its number, and its fields by the words for their kinds. */
export type Table = Readonly<Record<string, readonly [number, Readonly<Record<string, string>>]>>;

/** A record of a table, where `Words` tells what the words stand for. */
export type OneOf<T extends Table, Words> = {
  readonly [Type in keyof T]: { readonly type: Type } & {
    readonly [Name in keyof T[Type][1]]: T[Type][1][Name] extends keyof Words
      ? Words[T[Type][1][Name]]
      : never;
  };
}[keyof T];

/** Some record of a table; its number is written as `number`. */
export function oneOf<T extends Table, Words>(
  table: T,
  words: { readonly [Word in keyof Words]: Field<Words[Word]> },
  number: Field<number>,
): Field<OneOf<T, Words>> {
  const kinds = new Map<string, Field<unknown>>(Object.entries(words));
  const fieldsOf = (named: Readonly<Record<string, string>>) =>
    Object.entries(named).map(
      ([name, word]) => [name, kinds.get(word) ?? unknownWord(word)] as const,
    );
  return {
    read(reader) {
      const found = number.read(reader);
      const row = Object.entries(table).find(([, [its]]) => its === found);
      if (row === undefined) throw new Malformed(`number ${found}`);
      const [type, [, named]] = row;
      const values = fieldsOf(named).map(([name, field]) => [name, field.read(reader)]);
      // The row ties the type to the fields, which the type of fromEntries does not tell.
      return { type, ...Object.fromEntries(values) } as OneOf<T, Words>;
    },
    write(to, value) {
      const [its, named] = table[value.type] ?? unknownWord(String(value.type));
      number.write(to, its);
      const values = new Map<string, unknown>(Object.entries(value));
      for (const [name, field] of fieldsOf(named)) field.write(to, values.get(name));
    },
  };
}

function unknownWord(word: string): never {
  throw new RangeError(`no ${word}`);
}

/** What a field writes. */
export function encoded<Value>(field: Field<Value>, value: Value): Uint8Array {
  const to: Bytes = [];
  field.write(to, value);
  return Uint8Array.from(to);
}

/** Reads a field that is all of the bytes. @throws Malformed */
export function decoded<Value>(field: Field<Value>, from: Uint8Array): Value {
  const reader = new Reader(from);
  const value = field.read(reader);
  if (!reader.isAtEnd) throw new Malformed('bytes after the last field');
  return value;
}

/** Lower-case hex, for keys of maps. */
export function hex(from: Uint8Array): string {
  return Buffer.from(from).toString('hex');
}

/** Byte strings one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
