/** Which groups there are: by name, by what their names look like, and in the order of their creation. */

import { Lookalikes } from './lookalikes.ts';
import { foldName } from './names.ts';
import type { Group } from './sessions.ts';
import { pageEntriesMax } from './wire-fields.ts';

/** One page of names; `next` asks for the one after it, 0 for the end. */
export interface NamePage {
  readonly names: readonly { readonly name: string }[];
  readonly next: number;
}

/** Bounded by whoever adds to it. */
export class GroupList {
  /** By folded name. */
  readonly #groups = new Map<string, Group>();
  /** In the order of their creation, and so by their ordinals. */
  readonly #list: Group[] = [];
  readonly #lookalikes = new Lookalikes();
  #nextOrdinal = 1;

  /** In the order of their creation. */
  get all(): readonly Group[] {
    return this.#list;
  }

  /** The ordinal of the next group. */
  takeOrdinal(): number {
    return this.#nextOrdinal++;
  }

  find(name: string): Group | undefined {
    return this.#groups.get(foldName(name));
  }

  /** The group that a new name could be taken for. */
  findLookalike(name: string): string | undefined {
    return this.#lookalikes.find(name);
  }

  /** Adds a group that was created after all that are there. */
  add(group: Group): void {
    this.#groups.set(group.key, group);
    this.#list.push(group);
    this.#lookalikes.add(group.name);
  }

  delete(group: Group): void {
    this.#groups.delete(group.key);
    this.#list.splice(this.#firstAfter(group.ordinal - 1), 1);
    this.#lookalikes.delete(group.name);
  }

  /** The page after a group's ordinal: what is removed meanwhile hides no other. */
  page(after: number): NamePage {
    const start = this.#firstAfter(after);
    const page = this.#list.slice(start, start + pageEntriesMax);
    const names = page.map(({ name }) => ({ name }));
    const isLast = start + pageEntriesMax >= this.#list.length;
    return { names, next: isLast ? 0 : (page.at(-1)?.ordinal ?? 0) };
  }

  /** Where the groups begin that come after an ordinal. */
  #firstAfter(ordinal: number): number {
    let [low, high] = [0, this.#list.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#list[middle]?.ordinal ?? 0) > ordinal) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
