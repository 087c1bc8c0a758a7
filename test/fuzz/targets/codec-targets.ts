/** Every decoder: it takes anything, reads something or nothing, and what it read it reads again the same. */

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { clientCodec, peerCodec, serverCodec } from '../../../core/chat/wire.ts';
import { ByteReader, ByteWriter, MalformedError } from '../../../core/protocol/bytes.ts';
import type { Codec, MessageTables } from '../../../core/protocol/codec.ts';
import { type Frame, readFrame } from '../../../core/protocol/frame.ts';
import { datagramKinds } from '../../core/protocol/datagram-kinds.ts';
import { encodedFrame, framesOf, frameTypes, writeFrame } from '../../core/protocol/frame-kinds.ts';
import { inventMessage } from '../../core/protocol/inventing-reader.ts';
import { type FramesEntry, framesInput, readCorpus } from '../corpus.ts';
import { claim, type FuzzTarget } from '../target.ts';

/** Values of each kind in a corpus. */
const samples = { numRuns: 12, seed: 1 };

/** Frames as they follow each other in packets, and some of every kind. */
export const packetContents: readonly Uint8Array[] = [
  ...readCorpus<FramesEntry>('frames').map(framesInput),
  ...frameTypes.flatMap((type) => fc.sample(framesOf(type).map(encodedFrame), samples)),
];

const frames: FuzzTarget = {
  name: 'frames',
  share: 4,
  corpus: packetContents,
  inputsPerLife: 1,
  intact: 0.05,
  begin: () => (input) => {
    const read = framesIn(input);
    if (read === undefined) return;
    const writer = new ByteWriter();
    for (const frame of read) writeFrame(writer, frame);
    const again = framesIn(writer.bytes);
    claim(again?.length === read.length, 'frames are written as many as were read');
  },
};

/** All frames of a packet, or undefined where one is malformed. */
function framesIn(input: Uint8Array): readonly Frame[] | undefined {
  const reader = new ByteReader(input);
  const read: Frame[] = [];
  try {
    while (reader.remaining > 0) read.push(readFrame(reader));
    return read;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

const datagrams: readonly FuzzTarget[] = datagramKinds.map(
  ({ name, samples: values, decode, encodeDecoded }) => ({
    name,
    share: 1,
    corpus: fc.sample(values, samples).map(({ bytes }) => bytes),
    inputsPerLife: 1,
    intact: 0.05,
    begin: () => (input) => {
      const again = encodeDecoded(input);
      if (again === undefined) return;
      claim(isDeepStrictEqual(decode(again), decode(input)), 'a datagram means one thing');
    },
  }),
);

function messages<Tables extends MessageTables>(name: string, codec: Codec<Tables>): FuzzTarget {
  return {
    name,
    share: 2,
    corpus: Object.keys(codec.tables).flatMap((type) =>
      Array.from({ length: samples.numRuns }, (_, seed) =>
        codec.encode(inventMessage(codec.tables, type, seed)),
      ),
    ),
    inputsPerLife: 1,
    intact: 0.05,
    begin: () => (input) => {
      const message = codec.decode(input);
      if (message === undefined) return;
      const canonical = codec.encode(message);
      claim(canonical.length <= input.length, 'what is written is the shortest form');
      claim(isDeepStrictEqual(codec.decode(canonical), message), 'a message means one thing');
      // Its text ends with it.
      if (message.type === 'groupMessage') return;
      const cut = codec.decode(input.subarray(0, -1));
      claim(cut === undefined, 'no message is the beginning of another');
    },
  };
}

/** One target a decoder. */
export const codecTargets: readonly FuzzTarget[] = [
  frames,
  ...datagrams,
  messages('requests', clientCodec),
  messages('answers', serverCodec),
  messages('private messages', peerCodec),
];
