/** Messages as tables of fields, from which encoder, decoder and TypeScript type follow. */

import { ByteReader, ByteWriter, MalformedError } from './bytes.ts';

/** How one kind of value stands on the wire. */
export interface Field<Value> {
  write(writer: ByteWriter, value: Value): void;
  /** @throws MalformedError */
  read(reader: ByteReader): Value;
}

type ValueOf<F> = F extends { read(reader: ByteReader): infer Value } ? Value : never;

/** The record that a table of fields describes. */
export type RecordOf<Table> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

/** What stands behind the number of a message: a table of fields, or one field of all of them where some share bytes. */
export type MessageBody =
  | { readonly fields: Readonly<Record<string, unknown>> }
  | { readonly record: Field<object> };

/** Bodies by message name; each with the number that opens the message on the wire. */
export type MessageTables = Readonly<Record<string, { readonly number: number } & MessageBody>>;

/** The fields of a message of such a body. */
type BodyOf<Body> = Body extends { readonly fields: infer Table }
  ? RecordOf<Table>
  : Body extends { readonly record: infer F }
    ? ValueOf<F>
    : never;

/** The union of all messages of a set of tables, discriminated by `type`. */
export type MessageOf<Tables extends MessageTables> = {
  readonly [Name in keyof Tables]: { readonly type: Name } & BodyOf<Tables[Name]>;
}[keyof Tables];

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** An integer from 0 to 2^53 − 1. */
export const varint: Field<number> = {
  write: (writer, value) => writer.varint(value),
  read: (reader) => reader.varint(),
};

/** One byte, 0 or 1; anything else is malformed, so that a message has one encoding. */
export const flag: Field<boolean> = {
  write: (writer, value) => writer.uint8(value ? 1 : 0),
  read: (reader) => {
    const value = reader.uint8();
    if (value > 1) throw new MalformedError('flag beyond 1');
    return value === 1;
  },
};

/** UTF-8 behind its length in bytes; at most `bytesMax` of them. */
export function text(bytesMax: number): Field<string> {
  return {
    write: (writer, value) => writer.block(encoder.encode(value)),
    read: (reader) => decodeText(reader.block(), bytesMax),
  };
}

/** UTF-8 up to the end of the message, whose last field it is; at most `bytesMax` bytes. */
export function lastText(bytesMax: number): Field<string> {
  return {
    write: (writer, value) => writer.raw(encoder.encode(value)),
    read: (reader) => decodeText(reader.rest(), bytesMax),
  };
}

/** Exactly `count` bytes; what is read is a copy. */
export function bytes(count: number): Field<Uint8Array> {
  return {
    write: (writer, value) => {
      if (value.length !== count) throw new RangeError(`expected ${count} bytes`);
      writer.raw(value);
    },
    read: (reader) => reader.raw(count).slice(),
  };
}

/** Bytes behind their length, at most `bytesMax`; what is read is a copy. */
export function block(bytesMax: number): Field<Uint8Array> {
  return {
    write: (writer, value) => writer.block(value),
    read: (reader) => {
      const value = reader.block();
      if (value.length > bytesMax) throw new MalformedError(`block beyond ${bytesMax} bytes`);
      return value.slice();
    },
  };
}

/** Records of one table behind their number, at most `countMax`. */
export function list<Table extends Readonly<Record<string, unknown>>>(
  table: Table,
  countMax: number,
): Field<readonly RecordOf<Table>[]> {
  return listOf(
    {
      write: (writer, record: RecordOf<Table>) => writeFields(writer, table, record),
      read: (reader) => readFields(reader, table),
    },
    countMax,
  );
}

/** Values of one kind behind their number, at most `countMax`. */
export function listOf<Value>(field: Field<Value>, countMax: number): Field<readonly Value[]> {
  return {
    write: (writer, values) => {
      writer.varint(values.length);
      for (const value of values) field.write(writer, value);
    },
    read: (reader) => {
      const count = reader.varint();
      if (count > countMax) throw new MalformedError(`list beyond ${countMax} records`);
      return Array.from({ length: count }, () => field.read(reader));
    },
  };
}

/** Encodes and decodes the messages of a set of tables. */
export class Codec<Tables extends MessageTables> {
  /** What it was made of. */
  readonly tables: Tables;
  readonly #namesByNumber: ReadonlyMap<number, keyof Tables & string>;

  constructor(tables: Tables) {
    this.tables = tables;
    this.#namesByNumber = new Map(
      Object.entries(tables).map(([name, { number }]) => [number, name] as const),
    );
  }

  /** The bytes of a message: its number, then its fields. */
  encode(message: MessageOf<Tables>): Uint8Array {
    const table = this.tables[message.type];
    if (table === undefined) throw new RangeError(`no message ${String(message.type)}`);
    const writer = new ByteWriter();
    writer.varint(table.number);
    writeBody(writer, table, message);
    return writer.bytes.slice();
  }

  /** The message, or undefined where the number is unknown, a field is malformed, or bytes are left over. */
  decode(input: Uint8Array): MessageOf<Tables> | undefined {
    try {
      const reader = new ByteReader(input);
      const name = this.#namesByNumber.get(reader.varint());
      const table = name === undefined ? undefined : this.tables[name];
      if (table === undefined) return undefined;
      const fields = readBody(reader, table);
      if (reader.remaining > 0) return undefined;
      // The record was read by the table of this very name.
      return { type: name, ...fields } as MessageOf<Tables>;
    } catch (error) {
      // A TypeError is the UTF-8 decoder's refusal.
      if (error instanceof MalformedError || error instanceof TypeError) return undefined;
      throw error;
    }
  }
}

function writeBody(
  writer: ByteWriter,
  body: MessageBody,
  message: Readonly<Record<string, unknown>>,
): void {
  if ('record' in body) body.record.write(writer, message);
  else writeFields(writer, body.fields, message);
}

function readBody(reader: ByteReader, body: MessageBody): object {
  if (!('record' in body)) return readFields(reader, body.fields);
  return body.record.read(reader);
}

function decodeText(bytes: Uint8Array, bytesMax: number): string {
  if (bytes.length > bytesMax) throw new MalformedError(`text beyond ${bytesMax} bytes`);
  return decoder.decode(bytes);
}

function writeFields(
  writer: ByteWriter,
  table: Readonly<Record<string, unknown>>,
  record: Readonly<Record<string, unknown>>,
): void {
  for (const [name, field] of Object.entries(table)) {
    // A table's values are fields; its own type keeps their kinds apart.
    (field as Field<unknown>).write(writer, record[name]);
  }
}

function readFields<Table extends Readonly<Record<string, unknown>>>(
  reader: ByteReader,
  table: Table,
): RecordOf<Table> {
  const record: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(table)) {
    record[name] = (field as Field<unknown>).read(reader);
  }
  // Every field of the table was read, in its order.
  return record as RecordOf<Table>;
}
