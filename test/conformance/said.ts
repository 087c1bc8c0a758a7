/** What the server says to many: a message of a group at its place (docs/PROTOCOL.md §7). */

import {
  block,
  bytes,
  decoded,
  eightBytes,
  encoded,
  type Field,
  joined,
  Malformed,
  text,
  u8,
  u16,
  u32,
  varint,
} from './notation.ts';

export const message: Field<string> = text(65_000);

const processId = bytes(8);

/** A mid of 16 bytes whose counter stands as a varint. */
export const placedMid: Field<Uint8Array> = {
  read: (reader) => joined(processId.read(reader), eightBytes(varint.read(reader))),
  write(to, mid) {
    processId.write(to, mid.subarray(0, 8));
    varint.write(
      to,
      mid.subarray(8).reduce((sum, byte) => sum * 256 + byte, 0),
    );
  },
};

/** Who has said something, beside the name. */
export interface Origin {
  readonly bot: boolean;
  readonly hops: number;
}

export const origin: Field<Origin> = {
  read(reader) {
    const bits = u8.read(reader);
    if (bits > 15) throw new Malformed(`an origin of ${bits}`);
    return { bot: bits >= 8, hops: bits % 8 };
  },
  write: (to, value) => u8.write(to, (value.bot ? 8 : 0) + value.hops),
};

/** Milliseconds since 1970 in six bytes. */
export const time: Field<number> = {
  read: (reader) => u16.read(reader) * 2 ** 32 + u32.read(reader),
  write(to, value) {
    u16.write(to, Math.floor(value / 2 ** 32));
    u32.write(to, value % 2 ** 32);
  },
};

/** A text that ends with the message. */
export const lastText: Field<string> = {
  read: (reader) => decoded(message, encoded(block(), reader.rest())),
  write: (to, value) => to.push(...new TextEncoder().encode(value)),
};

/** A message of a group at its place. */
export interface Said {
  readonly mid: Uint8Array;
  readonly seq: number;
  readonly from: string;
  readonly origin: Origin;
  readonly sentAtMs: number;
  readonly text: string;
}
