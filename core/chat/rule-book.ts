/** Changes the rules of groups, has every change stored, and keeps their number within bounds. */

import type { Effects, Refusal } from './effects.ts';
import { type GroupRule, keyOf, type RuleOf, type RuleType } from './group-rules.ts';
import type { HubLimits } from './limits.ts';
import { foldName } from './names.ts';
import type { Group } from './sessions.ts';

/** What there is of each type, for who is told that there is no more room, and which limit says so. */
const bounds: Readonly<
  Partial<Record<RuleType, { readonly limit: keyof HubLimits; readonly words: string }>>
> = {
  role: { limit: 'rolesPerGroup', words: 'given roles' },
  ban: { limit: 'bansPerGroup', words: 'bans' },
  mute: { limit: 'mutesPerGroup', words: 'mutes' },
  invitation: { limit: 'invitationsPerGroup', words: 'invitations' },
};

export class RuleBook {
  readonly #limits: HubLimits;
  readonly #effects: Effects;
  /** Of all groups, without what a group has one of. */
  #count = 0;

  constructor(limits: HubLimits, effects: Effects) {
    this.#limits = limits;
    this.#effects = effects;
  }

  /** Puts the rules of an earlier hub in place. Only before anything else. */
  restore(group: Group | undefined, rules: readonly GroupRule[]): void {
    if (group === undefined) return;
    for (const rule of rules) this.#put(group, rule);
  }

  /** Why a rule has no room, if it has none; one in place of another always has. */
  objection(group: Group, type: RuleType, name = ''): Refusal | undefined {
    const bound = bounds[type];
    const isThere = group.rules.find(type, foldName(name)) !== undefined;
    if (bound === undefined || isThere) return undefined;
    if (group.rules.count(type) >= this.#limits[bound.limit]) {
      const detail = `"${group.name}" has ${this.#limits[bound.limit]} ${bound.words}, as many as it may`;
      return { code: 'LIMIT_REACHED', detail };
    }
    if (this.#count < this.#limits.rules) return undefined;
    const detail = `the groups of this server have ${this.#limits.rules} rules and no more`;
    return { code: 'SERVER_FULL', detail };
  }

  /** Sets a rule for which there is room. */
  set(group: Group, rule: GroupRule): void {
    this.#put(group, rule);
    this.#effects.store({ type: 'ruleSet', group: group.name, rule });
  }

  /** Ends a rule, if there is one. @returns the rule that there was */
  end<Type extends RuleType>(group: Group, type: Type, name = ''): RuleOf<Type> | undefined {
    const ended = group.rules.end(type, foldName(name));
    if (ended === undefined) return undefined;
    if (type in bounds) this.#count--;
    const key = keyOf(ended) === '' ? '' : name;
    this.#effects.store({ type: 'ruleEnded', group: group.name, rule: type, name: key });
    return ended;
  }

  #put(group: Group, rule: GroupRule): void {
    if (group.rules.set(rule) && rule.type in bounds) this.#count++;
  }
}
