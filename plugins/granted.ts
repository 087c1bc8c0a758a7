/** What a plugin was granted: permissions, each everywhere or in named groups only, and the notation for both. */

import { BanterError } from '../core/error-api.ts';
import { checkName, foldName } from '../core/name-api.ts';
import { type HttpGrant, isHttpPermission, parseHttpPermission } from './http-origin.ts';
import { type Permission, perGroup, permissions } from './permissions.ts';

/** Groups to which one permission can be limited. */
export const grantGroupsMax = 100;

type Groups = 'everywhere' | ReadonlyMap<string, string>;

/** Permissions with their groups; never changes. Written as a list of `storage`, `message.read` or `message.read@ops`. */
export class Granted {
  /** Groups by their folded names, with the spelling that was given. */
  readonly #groups: ReadonlyMap<Permission, Groups>;

  private constructor(groups: ReadonlyMap<Permission, Groups>) {
    this.#groups = groups;
  }

  /** These permissions, in all groups unless some are named: those that cannot be limited are given as they are. */
  static of(given: readonly Permission[], groups?: readonly string[]): Granted {
    return Granted.parse(
      given.flatMap((permission) =>
        groups === undefined || !perGroup.has(permission)
          ? [permission]
          : groups.map((group) => `${permission}@${group}`),
      ),
    );
  }

  /** Reads the notation. @throws BanterError OPTION_INVALID for what is no permission or no group */
  static parse(notation: readonly string[]): Granted {
    const groups = new Map<Permission, Groups>();
    for (const text of notation) {
      const { permission, group } = parseGrant(text);
      const present = groups.get(permission);
      if (group === undefined || present === 'everywhere') {
        groups.set(permission, 'everywhere');
        continue;
      }
      const more = new Map(present).set(foldName(group), group);
      if (more.size > grantGroupsMax) {
        const problem = `"${permission}" is limited to more than ${grantGroupsMax} groups`;
        throw new BanterError('OPTION_INVALID', problem);
      }
      groups.set(permission, more);
    }
    return new Granted(groups);
  }

  /** Whether it covers the permission: in that group, if one is given, else in any at all. */
  allows(permission: Permission, group?: string): boolean {
    const groups = this.#groups.get(permission);
    if (groups === undefined || groups === 'everywhere' || group === undefined) {
      return groups !== undefined;
    }
    return groups.has(foldName(group));
  }

  /** What of these is not covered at all. */
  missing(asked: readonly Permission[]): readonly Permission[] {
    return asked.filter((permission) => !this.allows(permission));
  }

  /** What it has of these permissions. */
  only(asked: readonly Permission[]): Granted {
    return this.#filtered((permission) => asked.includes(permission));
  }

  /** What it has beside these permissions. */
  without(taken: readonly Permission[]): Granted {
    return this.#filtered((permission) => !taken.includes(permission));
  }

  /** This, and of the other what it does not have: a permission that both have keeps the groups of the other. */
  with(other: Granted): Granted {
    return new Granted(new Map([...this.#groups, ...other.#groups]));
  }

  /** The hosts that it covers, in the order of their names. */
  get hosts(): readonly HttpGrant[] {
    return [...this.#groups.keys()].filter(isHttpPermission).sort().map(parseHttpPermission);
  }

  /** Its permissions, in the order of their table, and hosts behind them. */
  get permissions(): readonly Permission[] {
    const hosts = [...this.#groups.keys()].filter(isHttpPermission).sort();
    return [...permissions.filter((permission) => this.#groups.has(permission)), ...hosts];
  }

  /** Its notation, in the order of the table of permissions. */
  get notation(): readonly string[] {
    return this.permissions.flatMap((permission) => {
      const groups = this.#groups.get(permission);
      if (groups === undefined) return [];
      if (groups === 'everywhere') return [permission];
      return [...groups.values()].sort().map((group) => `${permission}@${group}`);
    });
  }

  #filtered(keeps: (permission: Permission) => boolean): Granted {
    return new Granted(new Map([...this.#groups].filter(([permission]) => keeps(permission))));
  }
}

function parseGrant(text: string): {
  readonly permission: Permission;
  readonly group: string | undefined;
} {
  if (isHttpPermission(text)) {
    parseHttpPermission(text);
    return { permission: text, group: undefined };
  }
  const at = text.indexOf('@');
  const [name, group] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  const permission = permissions.find((known) => known === name);
  if (permission === undefined) {
    const problem = `there is no permission "${name}"; there are ${permissions.join(', ')}`;
    throw new BanterError('OPTION_INVALID', problem);
  }
  if (group === undefined) return { permission, group };
  if (!perGroup.has(permission)) {
    const problem = `"${permission}" cannot be limited to a group; ${[...perGroup].join(', ')} can`;
    throw new BanterError('OPTION_INVALID', problem);
  }
  const fault = checkName(group);
  if (fault !== undefined) {
    throw new BanterError('OPTION_INVALID', `"${text}": the name of the group ${fault}`);
  }
  return { permission, group };
}
