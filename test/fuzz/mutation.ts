/** Makes bytes that almost make sense out of bytes that do. */

import { ByteWriter } from '../../core/protocol/bytes.ts';
import type { Random } from '../support/random.ts';

/** Longer inputs are cut: a datagram has 1200 bytes, and what is too long must be met, too. */
const inputBytesMax = 1500;

/** Changes to one input at most. */
const changesMax = 4;

const bytesOfInterest = [0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xff];
const integersOfInterest = [
  0,
  1,
  0x3f,
  0x40,
  0x3fff,
  0x4000,
  0x3fff_ffff,
  0x4000_0000,
  0xffff_ffff,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
];

type Mutation = (input: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const mutations: readonly Mutation[] = [
  // A bit.
  (input, random) => {
    const at = random.below(Math.max(input.length, 1));
    return input.length === 0 ? input : input.with(at, (input[at] ?? 0) ^ (1 << random.below(8)));
  },
  // A byte.
  (input, random) =>
    input.length === 0 ? input : input.with(random.below(input.length), random.below(256)),
  (input, random) =>
    input.length === 0
      ? input
      : input.with(random.below(input.length), random.pick(bytesOfInterest)),
  // One more or less: of a length, a number, a sequence.
  (input, random) => {
    const at = random.below(Math.max(input.length, 1));
    const step = random.chance(0.5) ? 1 : 255;
    return input.length === 0 ? input : input.with(at, (input[at] ?? 0) + step);
  },
  // An integer at an edge of its encoding.
  (input, random) => {
    const writer = new ByteWriter(8);
    writer.varint(random.pick(integersOfInterest));
    return replaced(input, random.below(input.length + 1), random.below(3), writer.bytes);
  },
  // Bytes too many.
  (input, random) =>
    replaced(input, random.below(input.length + 1), 0, random.bytes(1 + random.below(8))),
  // Bytes too few.
  (input, random) =>
    replaced(input, random.below(input.length + 1), 1 + random.below(8), new Uint8Array()),
  // An early end.
  (input, random) => input.slice(0, random.below(input.length + 1)),
  // A part again.
  (input, random) => {
    const at = random.below(input.length + 1);
    const part = input.subarray(at, at + 1 + random.below(32));
    return replaced(input, random.below(input.length + 1), 0, part);
  },
  // Half of this, half of that.
  (input, random, other) =>
    joined(
      input.subarray(0, random.below(input.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ),
  // A part of that in this.
  (input, random, other) => {
    const at = random.below(other.length + 1);
    const part = other.subarray(at, at + 1 + random.below(32));
    return replaced(input, random.below(input.length + 1), part.length, part);
  },
];

/** One of the inputs, with one to four changes. */
export function mutated(inputs: readonly Uint8Array[], random: Random): Uint8Array {
  let input = random.pick(inputs);
  for (let changes = 1 + random.below(changesMax); changes > 0; changes--) {
    input = random.pick(mutations)(input, random, random.pick(inputs));
  }
  return input.slice(0, inputBytesMax);
}

function replaced(input: Uint8Array, at: number, count: number, instead: Uint8Array): Uint8Array {
  return joined(input.subarray(0, at), instead, input.subarray(at + count));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
