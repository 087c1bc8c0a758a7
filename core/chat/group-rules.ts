/** The rules that a group has of its own: its owner, roles, bans, mutes, its topic, who is let in; each outlives a restart. */

import { foldName } from './names.ts';
import type { NewcomerRole, Role } from './roles.ts';

/** One rule, as a store keeps it: for each type and name the newest one counts. Times are milliseconds since the epoch. */
export type GroupRule =
  /** Whom the group belongs to. Without a member of that name, too. */
  | { readonly type: 'owner'; readonly name: string }
  | {
      readonly type: 'role';
      readonly name: string;
      readonly role: Exclude<Role, 'owner'>;
    }
  /** Neither the name nor anybody of its identity is let in. */
  | {
      readonly type: 'ban';
      readonly name: string;
      /** 64 hex digits. */
      readonly identity: string;
      readonly by: string;
      readonly atMs: number;
      readonly reason: string;
    }
  /** Neither the name nor anybody of its identity may speak. */
  | {
      readonly type: 'mute';
      readonly name: string;
      /** 64 hex digits. */
      readonly identity: string;
      readonly by: string;
      /** 0: until somebody takes it back. */
      readonly untilMs: number;
      readonly reason: string;
    }
  /** Lets a name in once, until then. */
  | {
      readonly type: 'invitation';
      readonly name: string;
      readonly by: string;
      readonly untilMs: number;
    }
  | {
      readonly type: 'settings';
      /** Only who was invited, or given a role, is let in. */
      readonly inviteOnly: boolean;
      /** What those are who were given no role. */
      readonly newcomers: NewcomerRole;
    }
  /** Who was neither invited nor given a role is let in with the password; see `Entrance`. */
  | {
      readonly type: 'password';
      /** 32 hex digits. */
      readonly salt: string;
      /** 32 hex digits: the hash of the salt and of what clients derive from the password. */
      readonly digest: string;
    }
  | {
      readonly type: 'topic';
      readonly text: string;
      readonly by: string;
      readonly atMs: number;
    };

/** What kinds of rules there are. */
export type RuleType = GroupRule['type'];

/** What goes by the identity as well as by the name. */
type PersonalType = 'ban' | 'mute';

/** The rule of one type. */
export type RuleOf<Type extends RuleType> = Extract<GroupRule, { readonly type: Type }>;

/** Names with something to tell of each; `next` asks for the page after this one, 0 for the end. */
export interface RulePage<Type extends RuleType> {
  readonly rules: readonly RuleOf<Type>[];
  readonly next: number;
}

interface Entry {
  readonly ordinal: number;
  readonly rule: GroupRule;
}

/** The rules of one group. Bounded by whoever sets them: see `RuleBook`. */
export class GroupRules {
  /** By type and folded name, empty for what a group has one of; in the order in which they were set. */
  readonly #entries = new Map<RuleType, Map<string, Entry>>();
  #ownerKey: string | undefined;
  #nextOrdinal = 1;

  /** All of them, of each type in the order in which they were set. */
  get all(): readonly GroupRule[] {
    return [...this.#entries.values()].flatMap((rules) =>
      Array.from(rules.values(), ({ rule }) => rule),
    );
  }

  /** The name of the owner, or undefined: groups that are older than owners have none. */
  get owner(): string | undefined {
    return this.find('owner')?.name;
  }

  /** What those are who were given no role. */
  get newcomers(): NewcomerRole {
    return this.find('settings')?.newcomers ?? 'member';
  }

  /** Whether only those are let in who were invited or given a role. */
  get isInviteOnly(): boolean {
    return this.find('settings')?.inviteOnly ?? false;
  }

  /** What somebody is, by folded name, whether in the group or not. */
  roleOf(folded: string): Role {
    if (folded === this.#ownerKey) return 'owner';
    return this.find('role', folded)?.role ?? this.newcomers;
  }

  /** The rule of a type, for a folded name where it is about one. */
  find<Type extends RuleType>(type: Type, folded = ''): RuleOf<Type> | undefined {
    // What stands under a type is of that type.
    return this.#entries.get(type)?.get(folded)?.rule as RuleOf<Type> | undefined;
  }

  /** The rule about a person, by folded name or by identity under whichever name. */
  findPerson<Type extends PersonalType>(
    type: Type,
    folded: string,
    identity: string,
  ): RuleOf<Type> | undefined {
    const named = this.find(type, folded);
    if (named !== undefined) return named;
    for (const rule of this.of<PersonalType>(type)) {
      // As above.
      if (rule.identity === identity) return rule as RuleOf<Type>;
    }
    return undefined;
  }

  /** The rules of a type in the order in which they were set. */
  *of<Type extends RuleType>(type: Type): Iterable<RuleOf<Type>> {
    // As above.
    for (const { rule } of this.#entries.get(type)?.values() ?? []) yield rule as RuleOf<Type>;
  }

  /** How many rules there are of a type. */
  count(type: RuleType): number {
    return this.#entries.get(type)?.size ?? 0;
  }

  /** Some rules of a type, at most `limit`, after those of the pages before. */
  page<Type extends RuleType>(type: Type, after: number, limit: number): RulePage<Type> {
    const rules: RuleOf<Type>[] = [];
    let last = 0;
    for (const { ordinal, rule } of this.#entries.get(type)?.values() ?? []) {
      if (ordinal <= after) continue;
      if (rules.length === limit) return { rules, next: last };
      // As above.
      rules.push(rule as RuleOf<Type>);
      last = ordinal;
    }
    return { rules, next: 0 };
  }

  /** Sets a rule in place of the one before. @returns whether there was none */
  set(rule: GroupRule): boolean {
    const rules = this.#entries.get(rule.type) ?? new Map<string, Entry>();
    this.#entries.set(rule.type, rules);
    const folded = keyOf(rule);
    const isNew = !rules.delete(folded);
    rules.set(folded, { ordinal: this.#nextOrdinal++, rule });
    if (rule.type === 'owner') this.#ownerKey = foldName(rule.name);
    return isNew;
  }

  /** Ends a rule. @returns the rule that there was */
  end<Type extends RuleType>(type: Type, folded = ''): RuleOf<Type> | undefined {
    const rule = this.find(type, folded);
    this.#entries.get(type)?.delete(folded);
    if (type === 'owner') this.#ownerKey = undefined;
    return rule;
  }
}

/** What tells the rules of a type apart: the folded name, or nothing where a group has one of them. */
export function keyOf(rule: GroupRule): string {
  const isAboutOne = 'name' in rule && rule.type !== 'owner';
  return isAboutOne ? foldName(rule.name) : '';
}
