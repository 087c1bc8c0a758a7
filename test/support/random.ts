/** Randomness that a seed repeats, for tests and simulations: xoshiro128** by Blackman and Vigna, seeded by SplitMix32. */

/** One stream of numbers; the same seed gives the same stream on every machine. Not for secrets. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Any integer; its lower 32 bits count. */
  constructor(seed: number) {
    const next = splitMix32(seed);
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next();
  }

  /** An integer from 0 to 2^32 − 1. */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /** From 0 up to but not including 1, in steps of 2^-32. */
  float(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer from 0 to `bound` − 1; `bound` from 1 to 2^32. */
  below(bound: number): number {
    return Math.floor(this.float() * bound);
  }

  /** Whether something of probability `probability` happens: 0 never, 1 always. */
  chance(probability: number): boolean {
    return this.float() < probability;
  }

  /** One element. @throws RangeError when there is none */
  pick<Element>(elements: readonly Element[]): Element {
    if (elements.length === 0) throw new RangeError('nothing to pick from');
    // The index is inside the array, whose elements may well be undefined themselves.
    return elements[this.below(elements.length)] as Element;
  }

  /** `length` bytes, as an argument for pure code that asks for randomness. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  /** A stream of its own, so that what one part draws does not move what another part gets. */
  fork(): Random {
    return new Random(this.uint32());
  }
}

function splitMix32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
