/** Names that were claimed and are not stored yet: until they are, nobody hears of them. */

import type { NameBinding } from './directory.ts';
import type { Effects } from './effects.ts';
import { Lookalikes } from './lookalikes.ts';
import { foldName } from './names.ts';
import type { Claim } from './registration.ts';
import type { Link } from './sessions.ts';

/** A name on its way to the store, and who waits for it. */
export interface PendingName extends NameBinding {
  /** The number of its change. */
  readonly change: number;
  readonly waiters: { readonly link: Link; readonly claim: Claim }[];
}

/** Bounded by the links: each has one claim at most. */
export class PendingNames {
  readonly #effects: Effects;
  /** By folded name, in the order of their changes. */
  readonly #names = new Map<string, PendingName>();
  readonly #lookalikes = new Lookalikes();

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  get size(): number {
    return this.#names.size;
  }

  /** Who will have a name once it is stored, in whatever case it is spelt. */
  find(name: string): NameBinding | undefined {
    return this.#names.get(foldName(name));
  }

  /** The pending name that a free one could be taken for. */
  findLookalike(name: string): string | undefined {
    return this.#lookalikes.find(name);
  }

  /** Lets a claim of a name that is free, or pending for the same identity, wait until the name is stored. */
  add(link: Link, claim: Claim): void {
    const { name } = claim;
    const { identity } = link;
    const pending = this.#names.get(foldName(name)) ?? {
      name,
      identity,
      change: this.#effects.store({ type: 'nameBound', name, identity }),
      waiters: [],
    };
    this.#names.set(foldName(name), pending);
    this.#lookalikes.add(pending.name);
    pending.waiters.push({ link, claim });
    link.isClaiming = true;
  }

  /** Takes out the names that are stored now that the changes up to this number are. */
  take(stored: number): readonly PendingName[] {
    if (this.#names.size === 0) return [];
    const taken = [...this.#names.values()].filter(({ change }) => change <= stored);
    for (const { name } of taken) {
      this.#names.delete(foldName(name));
      this.#lookalikes.delete(name);
    }
    return taken;
  }
}
