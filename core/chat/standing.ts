/** Where somebody stands in a group: what a caller may do there, and to whom. */

import { type Caller, type CommandParts, findMembership } from './command.ts';
import type { Refusal } from './effects.ts';
import { foldName } from './names.ts';
import { type GroupAction, leastRoles, mayAct, outranks, type Role } from './roles.ts';
import type { Group, Session } from './sessions.ts';
import type { DirectoryEntry } from './types.ts';
import { remarkBytesMax } from './wire-order.ts';

/** Who acts in a group that it may act in. */
export interface Actor {
  readonly group: Group;
  readonly name: string;
  /** The folded name. */
  readonly key: string;
  /** 64 hex digits. */
  readonly identity: string;
  readonly role: Role;
}

/**
 * The caller as one who may do something in a group, or why it may not. Only members act; the owner also from outside,
 * since the group belongs to its name and not to its membership.
 */
export function actorIn(
  { groups }: CommandParts,
  caller: Caller,
  name: string,
  action: GroupAction,
): Actor | Refusal {
  const { session, link } = caller;
  const found = groups.find(name);
  const isOwner = found?.rules.roleOf(session.key) === 'owner';
  const standing = isOwner ? { group: found } : findMembership(caller, name);
  if ('code' in standing) return standing;
  const { group } = standing;
  const role = group.rules.roleOf(session.key);
  if (!mayAct(role, action)) {
    const detail = `a ${role} of "${group.name}" may not do that: it takes the role ${leastRoles[action]}`;
    return { code: 'NOT_ALLOWED', detail };
  }
  return { group, name: session.name, key: session.key, identity: link.identity, role };
}

/** The person that something is to be done to, or why nothing can be. */
export function targetOf(
  parts: CommandParts,
  actor: Actor,
  name: string,
): DirectoryEntry | Refusal {
  const target = parts.directory.find(name);
  if (target === undefined) return { code: 'USER_UNKNOWN', detail: `there is no user "${name}"` };
  return rankFault(actor, target.name) ?? target;
}

/** The same for somebody who must be a member. */
export function memberTargetOf(
  parts: CommandParts,
  actor: Actor,
  name: string,
): DirectoryEntry | Refusal {
  const target = targetOf(parts, actor, name);
  if ('code' in target || actor.group.members.has(foldName(name))) return target;
  const detail = `"${target.name}" is not in "${actor.group.name}"`;
  return { code: 'MEMBER_UNKNOWN', detail };
}

/** Why somebody may not act on a name, if it may not. */
export function rankFault({ group, key, role }: Actor, name: string): Refusal | undefined {
  const folded = foldName(name);
  if (folded === key) return { code: 'NOT_ALLOWED', detail: 'nobody does that to oneself' };
  const other = group.rules.roleOf(folded);
  if (outranks(role, other)) return undefined;
  const detail = `"${name}" is ${other} of "${group.name}", and a ${role} acts on lower roles only`;
  return { code: 'NOT_ALLOWED', detail };
}

/** Why a topic or a reason cannot be taken, if it cannot. */
export function wordsFault(words: string): Refusal | undefined {
  const bytes = new TextEncoder().encode(words).length;
  if (bytes <= remarkBytesMax) return undefined;
  return { code: 'WORDS_TOO_LONG', detail: `${bytes} bytes of words, more than ${remarkBytesMax}` };
}

/** Why somebody is not let in, if a ban says so; the owner is. */
export function banFault(
  { rules, name }: Group,
  { key }: Session,
  identity: string,
): Refusal | undefined {
  if (rules.roleOf(key) === 'owner') return undefined;
  const ban = rules.findPerson('ban', key, identity);
  if (ban === undefined) return undefined;
  return { code: 'BANNED', detail: `${ban.by} banned you from "${name}"${because(ban.reason)}` };
}

/** Why a member may not speak at an instant, if it may not. */
export function voiceFault(
  { rules, name }: Group,
  { key }: Session,
  identity: string,
  atMs: number,
): Refusal | undefined {
  const role = rules.roleOf(key);
  if (role === 'owner') return undefined;
  if (!mayAct(role, 'speak')) {
    return { code: 'NO_VOICE', detail: `guests of "${name}" read, and speak when given a voice` };
  }
  if (rules.count('mute') === 0) return undefined;
  const mute = rules.findPerson('mute', key, identity);
  if (mute === undefined || (mute.untilMs !== 0 && mute.untilMs <= atMs)) return undefined;
  const minutes = Math.ceil((mute.untilMs - atMs) / 60_000);
  const span = mute.untilMs === 0 ? 'until that is taken back' : `for ${minutes} more minute(s)`;
  const detail = `${mute.by} muted you in "${name}" ${span}${because(mute.reason)}`;
  return { code: 'MUTED', detail };
}

/** `: spam`, or nothing. */
function because(reason: string): string {
  return reason === '' ? '' : `: ${reason}`;
}
