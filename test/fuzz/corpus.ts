/** The corpus: inputs that make sense, written down so that people can read and change them. */

import { readFileSync } from 'node:fs';
import { ByteWriter, fromHex } from '../../core/protocol/bytes.ts';
import type { Codec, MessageTables } from '../../core/protocol/codec.ts';
import type { Frame } from '../../core/protocol/frame.ts';
import { writeFrame } from '../core/protocol/frame-kinds.ts';
import { inventMessage } from '../core/protocol/inventing-reader.ts';

/** A message of the chat; fields that are not given are made up. */
export interface MessageEntry {
  readonly about: string;
  /** Bytes before the message, which tell the target what to do with it. Hex. */
  readonly before: string;
  readonly message: { readonly type: string };
}

/** The frames of a packet. */
export interface FramesEntry {
  readonly about: string;
  readonly frames: readonly Frame[];
}

/** Inputs that once broke a target. */
export interface RegressionEntry {
  readonly about: string;
  readonly target: string;
  /** From a fresh state on. Hex. */
  readonly inputs: readonly string[];
}

/** A file of the corpus; `{"hex": "…"}` stands for bytes. */
export function readCorpus<Entry>(name: string): readonly Entry[] {
  const text = readFileSync(new URL(`corpus/${name}.json`, import.meta.url), 'utf8');
  return JSON.parse(text, (_key, value) =>
    typeof value?.hex === 'string' ? bytesOf(value.hex) : value,
  );
}

/** The bytes of hex that the corpus holds. @throws Error for anything else */
export function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new Error(`no hex: ${hex}`);
  return bytes;
}

/** The message of an entry behind the bytes that stand before it. */
export function messageInput<Tables extends MessageTables>(
  codec: Codec<Tables>,
  { before, message }: MessageEntry,
): Uint8Array {
  const rest = inventMessage(codec.tables, message.type, 0);
  return Uint8Array.of(...bytesOf(before), ...codec.encode({ ...rest, ...message }));
}

/** The frames of an entry, one after the other. */
export function framesInput({ frames }: FramesEntry): Uint8Array {
  const writer = new ByteWriter();
  for (const frame of frames) writeFrame(writer, frame);
  return writer.bytes;
}
