/** Who was invited where: an invitation lets in once, within a week, and is told until it is used. */

import type { Effects, Refusal } from './effects.ts';
import type { RuleOf } from './group-rules.ts';
import type { HubLimits } from './limits.ts';
import { foldName } from './names.ts';
import type { RuleBook } from './rule-book.ts';
import type { Group, Link, Session } from './sessions.ts';

/** How long an invitation is good. Milliseconds. */
const invitationMs = 7 * 86_400_000;

export interface InvitationsParts {
  readonly limits: HubLimits;
  readonly effects: Effects;
  readonly rules: RuleBook;
  /** Who has registered under a folded name since the start. */
  readonly findSession: (folded: string) => Session | undefined;
  /** Milliseconds since the epoch at `now`. */
  readonly wallClock: (now: number) => number;
}

/** Each is a rule of its group; here they are found by whom they are for. */
export class Invitations {
  readonly #parts: InvitationsParts;
  /** The groups with an invitation for a folded name, the oldest first; bounded by the rules that there are. */
  readonly #groups = new Map<string, Set<Group>>();

  constructor(parts: InvitationsParts) {
    this.#parts = parts;
  }

  /** Finds the invitations that a group had before this hub. */
  restore(group: Group): void {
    for (const { name } of group.rules.of('invitation')) this.#index(group, foldName(name));
  }

  /** An invitation that is still good. */
  find(group: Group, folded: string, now: number): RuleOf<'invitation'> | undefined {
    const found = group.rules.find('invitation', folded);
    const isGood = found !== undefined && found.untilMs > this.#parts.wallClock(now);
    return isGood ? found : undefined;
  }

  /** Invites a name that has no good invitation, and tells it; of too many for one name the oldest goes. */
  add(group: Group, name: string, by: string, now: number): Refusal | undefined {
    const { rules, limits, wallClock } = this.#parts;
    this.#endOverdue(group, now);
    const fault = rules.objection(group, 'invitation', name);
    if (fault !== undefined) return fault;
    const rule = { name, by, untilMs: wallClock(now) + invitationMs };
    const folded = foldName(name);
    rules.set(group, { type: 'invitation', ...rule });
    this.#index(group, folded);
    for (const oldest of this.#groups.get(folded) ?? []) {
      if ((this.#groups.get(folded)?.size ?? 0) <= limits.invitationsPerClient) break;
      this.end(oldest, folded);
    }
    const link = this.#parts.findSession(folded)?.link;
    if (link !== undefined) this.#tell(link, group, rule);
    return undefined;
  }

  /** Ends an invitation, if there is one. @returns whether there was */
  end(group: Group, folded: string): boolean {
    const groups = this.#groups.get(folded);
    groups?.delete(group);
    if (groups?.size === 0) this.#groups.delete(folded);
    return this.#parts.rules.end(group, 'invitation', folded) !== undefined;
  }

  /** Ends all of a group. */
  endAll(group: Group): void {
    for (const { name } of [...group.rules.of('invitation')]) this.end(group, foldName(name));
  }

  /** Tells a client that has just come of the invitations that it has. */
  tell(link: Link, { key }: Session, now: number): void {
    for (const group of this.#groups.get(key) ?? []) {
      const rule = this.find(group, key, now);
      if (rule !== undefined) this.#tell(link, group, rule);
    }
  }

  #tell(
    link: Link,
    { name: group }: Group,
    { by, untilMs }: Pick<RuleOf<'invitation'>, 'by' | 'untilMs'>,
  ): void {
    this.#parts.effects.send(link, { type: 'invited', group, by, untilMs });
  }

  #index(group: Group, folded: string): void {
    const groups = this.#groups.get(folded) ?? new Set();
    groups.delete(group);
    this.#groups.set(folded, groups.add(group));
  }

  /** Invitations that are over make room. */
  #endOverdue(group: Group, now: number): void {
    const atMs = this.#parts.wallClock(now);
    const overdue = [...group.rules.of('invitation')].filter(({ untilMs }) => untilMs <= atMs);
    for (const { name } of overdue) this.end(group, foldName(name));
  }
}
