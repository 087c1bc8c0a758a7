/** The fields that several of the chat's messages have, and the bounds that stand in them (docs/PROTOCOL.md §7). */

import { MalformedError } from '../protocol/bytes.ts';
import { bytes, type Field, text, varint } from '../protocol/codec.ts';
import { nameBytesMax } from './names.ts';

/** How many bots may pass a message on before it is refused. */
export const hopsMax = 7;

/** How many groups a registration can name and a welcome can list. */
export const groupsPerClientMax = 256;

/** How many names one page of groups, members or the directory holds; a page then fits one message. */
export const pageEntriesMax = 200;

type FieldsOf<Message> = {
  readonly [Name in Exclude<keyof Message, 'type'>]: Field<Message[Name]>;
};

/** The tables that a union of messages asks for: the compiler holds one against the other. */
export type TablesOf<Message extends { readonly type: string }> = {
  readonly [Type in Message['type']]: {
    readonly number: number;
    readonly fields: FieldsOf<Extract<Message, { readonly type: Type }>>;
  };
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

/** Which answer belongs to which request. */
export const requestId: Field<number> = varint;
/** Of a client or a group. */
export const name: Field<string> = text(nameBytesMax);
export const mid: Field<Uint8Array> = bytes(16);
export const random8: Field<Uint8Array> = bytes(8);
export const hops: Field<number> = upTo(hopsMax);
/** Wider than what may be sent, so that a text that is too long can be refused by name. */
export const body: Field<string> = text(65_000);
