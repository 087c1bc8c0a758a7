/** What the fuzzer needs to know of something that takes bytes from strangers. */

/** Something under fire. */
export interface FuzzTarget {
  readonly name: string;
  /** Part of all executions that it gets, relative to the others. */
  readonly share: number;
  /** Inputs that make sense, to begin with. */
  readonly corpus: readonly Uint8Array[];
  /** After so many inputs the state is made anew; 1 for what keeps none. */
  readonly inputsPerLife: number;
  /** Probability that an input is left as it stands in the corpus, so that the state gets somewhere. */
  readonly intact: number;
  /**
   * Makes a fresh state, the same each time.
   * @returns takes one input; throws where a claim about the target is broken
   */
  readonly begin: () => (input: Uint8Array) => void;
}

/** A claim about a target that did not hold. */
class BrokenClaim extends Error {}

/** @throws BrokenClaim unless it holds */
export function claim(holds: boolean, words: string): void {
  if (!holds) throw new BrokenClaim(words);
}
