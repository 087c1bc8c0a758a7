/** Finds among names the one that a new one could be taken for. */

import { foldName } from './names.ts';
import { skeletonOf } from './skeleton.ts';

/**
 * An index of names by what they look like. Two names look alike if one of them, as it is spelt, in lower case or in
 * upper case, has a skeleton of the other: names that differ in case alone are one name, so that `lRlS` can be taken for
 * `iris`, and `b0b`, as BOB, for `bob`. Holds three skeletons a name at most.
 */
export class Lookalikes {
  /** By skeleton; names that were there before the rule may share one. */
  readonly #names = new Map<string, readonly string[]>();

  /** @param reserved names that nobody has and nobody may seem to have */
  constructor(reserved: Iterable<string> = []) {
    for (const name of reserved) this.add(name);
  }

  /** Adds a name as it is spelt; one that is there already changes nothing. */
  add(name: string): void {
    for (const skeleton of skeletonsOf(name)) {
      const names = this.#names.get(skeleton) ?? [];
      if (!names.includes(name)) this.#names.set(skeleton, [...names, name]);
    }
  }

  /** Takes a name out again, in the spelling in which it was added. */
  delete(name: string): void {
    for (const skeleton of skeletonsOf(name)) {
      const names = (this.#names.get(skeleton) ?? []).filter((other) => other !== name);
      if (names.length === 0) this.#names.delete(skeleton);
      else this.#names.set(skeleton, names);
    }
  }

  /** The name that another one could be taken for; the same name in another case is none. */
  find(name: string): string | undefined {
    const folded = foldName(name);
    for (const skeleton of skeletonsOf(name)) {
      const other = this.#names.get(skeleton)?.find((known) => foldName(known) !== folded);
      if (other !== undefined) return other;
    }
    return undefined;
  }
}

function skeletonsOf(name: string): ReadonlySet<string> {
  const spellings = new Set([name, name.toLowerCase(), name.toUpperCase()]);
  return new Set(Array.from(spellings, skeletonOf));
}
