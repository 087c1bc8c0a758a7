/** A message at its place in a group, on the wire (docs/PROTOCOL.md §7): there is none of which more is sent. */

import { type ByteReader, type ByteWriter, MalformedError } from '../protocol/bytes.ts';
import type { Field } from '../protocol/codec.ts';
import { composeMid, counterOfMid, midBytes, processIdBytes } from './mids.ts';
import type { StoredMessage } from './records.ts';
import { hopsMax, name } from './wire-fields.ts';

/** In the byte of the hops: a bot has sent the message. */
const botBit = 8;

/** What six bytes hold. */
const timeMax = 2 ** 48 - 1;

/** The id of a message that has a place: its counter is no larger than 2^53 − 1, and mostly small. */
export const placedMid: Field<Uint8Array> = {
  write: (writer, mid) => {
    if (mid.length !== midBytes) throw new RangeError(`expected ${midBytes} bytes`);
    writer.raw(mid.subarray(0, processIdBytes));
    writer.varint(counterOfMid(mid));
  },
  read: (reader) => composeMid(reader.raw(processIdBytes), reader.varint()),
};

/** @param text how its text stands, which comes last */
export function saidField(text: Field<string>): Field<StoredMessage> {
  return {
    write: (writer, message) => {
      placedMid.write(writer, message.mid);
      writer.varint(message.seq);
      name.write(writer, message.from);
      writer.uint8((message.bot ? botBit : 0) | message.hops);
      writeTime(writer, message.sentAtMs);
      text.write(writer, message.text);
    },
    read: (reader) => {
      const mid = placedMid.read(reader);
      const seq = reader.varint();
      const from = name.read(reader);
      const origin = reader.uint8();
      if (origin > (botBit | hopsMax)) throw new MalformedError('more hops than there can be');
      const [bot, hops] = [(origin & botBit) !== 0, origin & hopsMax];
      return { mid, seq, from, bot, hops, sentAtMs: readTime(reader), text: text.read(reader) };
    },
  };
}

/** Milliseconds since 1970 in 48 bits, which last for 8,900 years. */
function writeTime(writer: ByteWriter, timeMs: number): void {
  if (!(timeMs >= 0 && timeMs <= timeMax)) throw new RangeError(`no time: ${timeMs}`);
  const high = Math.floor(timeMs / 2 ** 32);
  writer.uint8(high >>> 8);
  writer.uint8(high);
  writer.uint32(timeMs >>> 0);
}

function readTime(reader: ByteReader): number {
  const high = reader.uint8() * 2 ** 8 + reader.uint8();
  return high * 2 ** 32 + reader.uint32();
}
