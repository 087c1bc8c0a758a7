/** How many groups each identity has: one that has as many as it may cannot have another. */

import type { Refusal } from './effects.ts';
import type { HubLimits } from './limits.ts';
import type { Group } from './sessions.ts';

/** Whoever owns a group has it; one without an owner whoever created it since the start. Bounded by the groups. */
export class GroupQuota {
  readonly #limits: HubLimits;
  readonly #counts = new Map<string, number>();
  readonly #holders = new Map<Group, string>();

  constructor(limits: HubLimits) {
    this.#limits = limits;
  }

  /** Why an identity (64 hex digits) cannot have another group, if it cannot. */
  objection(identity: string, name: string): Refusal | undefined {
    const { groupsPerIdentity } = this.#limits;
    if ((this.#counts.get(identity) ?? 0) < groupsPerIdentity) return undefined;
    const detail = `"${name}" has ${groupsPerIdentity} groups, as many as anybody may; remove or transfer one`;
    return { code: 'LIMIT_REACHED', detail };
  }

  /** The group is an identity's from now on. */
  hold(group: Group, identity: string): void {
    this.release(group);
    this.#holders.set(group, identity);
    this.#counts.set(identity, (this.#counts.get(identity) ?? 0) + 1);
  }

  /** The group is nobody's. */
  release(group: Group): void {
    const identity = this.#holders.get(group);
    if (identity === undefined) return;
    this.#holders.delete(group);
    const left = (this.#counts.get(identity) ?? 1) - 1;
    if (left === 0) this.#counts.delete(identity);
    else this.#counts.set(identity, left);
  }

  /** How many groups the holder of a group has. */
  countAround(group: Group): number {
    const identity = this.#holders.get(group);
    return identity === undefined ? 0 : (this.#counts.get(identity) ?? 0);
  }
}
