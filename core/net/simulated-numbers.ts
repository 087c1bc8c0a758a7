/** Numbers and bytes that follow from a seed: the only chance in a simulation. */

import type { Random } from '../protocol/crypto.ts';

/** Numbers from 0 up to but not including 1. */
export type Numbers = () => number;

/** The same numbers for the same seed, of which the lower 32 bits count: mulberry32 by Tommy Ettinger. Not for secrets. */
export function numbersFrom(seed: number): Numbers {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The same bytes for the same seed. */
export function randomFrom(seed: number): Random {
  const numbers = numbersFrom(seed);
  return (count) => Uint8Array.from({ length: count }, () => Math.floor(numbers() * 256));
}

/** A whole number from 0 up to but not including `bound`. */
export function below(numbers: Numbers, bound: number): number {
  return Math.floor(numbers() * bound);
}
