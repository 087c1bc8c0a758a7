/** The kinds of fields that the chat's messages consist of (docs/PROTOCOL.md §7). */

import { MalformedError } from '../protocol/bytes.ts';
import { bytes, type Field, list, listOf, text, varint } from '../protocol/codec.ts';
import { entryField } from './entry.ts';
import { nameBytesMax } from './names.ts';
import type { DirectoryEntry } from './types.ts';

/** How many bots may pass a message on before it is refused. */
export const hopsMax = 7;

/** How many names one page of groups, members or the directory holds; a page then fits one message. */
export const pageEntriesMax = 200;

type FieldsOf<Message> = {
  readonly [Name in Exclude<keyof Message, 'type'>]: Field<Message[Name]>;
};

/** Messages of which some fields share bytes, or end with what ends the message. */
type RecordType = 'groupMessage';

type BodyOf<Message extends { readonly type: string }> = Message['type'] extends RecordType
  ? { readonly record: Field<Omit<Message, 'type'>> }
  : { readonly fields: FieldsOf<Message> };

/** The tables that a union of messages asks for: the compiler holds one against the other. */
export type TablesOf<Message extends { readonly type: string }> = {
  readonly [Type in Message['type']]: { readonly number: number } & BodyOf<
    Extract<Message, { readonly type: Type }>
  >;
};

/** An integer from 0 to `max`. */
export function upTo(max: number): Field<number> {
  return {
    write: varint.write,
    read: (reader) => {
      const value = reader.varint();
      if (value > max) throw new MalformedError(`integer beyond ${max}`);
      return value;
    },
  };
}

/** One of a table's values, as its place in the table. */
export function choice<Value>(values: readonly Value[]): Field<Value> {
  return {
    write: (writer, value) => writer.varint(values.indexOf(value)),
    read: (reader) => {
      const value = values[reader.varint()];
      if (value === undefined) throw new MalformedError('choice beyond the table');
      return value;
    },
  };
}

/** Chosen by who asks, unlike those of its other requests on the connection. */
export const requestId: Field<number> = varint;

/** Of a client or a group. */
export const name: Field<string> = text(nameBytesMax);

/** The id of a message. */
export const mid: Field<Uint8Array> = bytes(16);

/** Chosen at random: a log, a process, a boot; or a hash as long. */
export const random8: Field<Uint8Array> = bytes(8);

/** How many bots have passed a message on. */
export const hops: Field<number> = upTo(hopsMax);

/** Wider than what may be sent, so that a text that is too long can be refused by name. */
export const bodyBytesMax = 65_000;

/** The text of a message. */
export const body: Field<string> = text(bodyBytesMax);

/** A topic or a reason. As wide, for the same purpose. */
export const words: Field<string> = text(1024);

/** A page of names. */
export const names: Field<readonly { readonly name: string }[]> = list({ name }, pageEntriesMax);

/** A page of the directory. */
export const entries: Field<readonly DirectoryEntry[]> = listOf(entryField, pageEntriesMax);
