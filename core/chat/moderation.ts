/** Requests of those who keep order: who is put out of a group, kept out of it, or silenced in it. */

import type { Asked, Caller, CommandParts } from './command.ts';
import type { Refusal } from './effects.ts';
import { foldName } from './names.ts';
import type { Group } from './sessions.ts';
import {
  type Actor,
  actorIn,
  memberTargetOf,
  rankFault,
  targetOf,
  wordsFault,
} from './standing.ts';
import type { DirectoryEntry } from './types.ts';
import { bansPerPage, muteMinutesMax } from './wire-order.ts';

const minuteMs = 60_000;

/** A role that was given goes with the membership: who comes again comes as a newcomer. */
export function kick(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, name: whom, reason }: Asked<'kick'>,
): Refusal | undefined {
  const actor = actorIn(parts, caller, name, 'kick');
  if ('code' in actor) return actor;
  const target = memberTargetOf(parts, actor, whom);
  if ('code' in target) return target;
  const fault = wordsFault(reason);
  if (fault !== undefined) return fault;
  const { group } = actor;
  parts.rules.end(group, 'role', target.name);
  putOut(parts, actor, target.name, { reason: 'kicked', words: reason });
  account(parts, caller, actor, 'kick', target.name, reason);
  parts.effects.send(caller.link, { type: 'done', requestId });
  return undefined;
}

export function ban(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, name: whom, reason }: Asked<'ban'>,
): Refusal | undefined {
  const actor = actorIn(parts, caller, name, 'ban');
  if ('code' in actor) return actor;
  const target = targetOf(parts, actor, whom);
  if ('code' in target) return target;
  const { group } = actor;
  const names = namesOf(parts, group, target);
  const fault =
    wordsFault(reason) ??
    namesFault(actor, target, names) ??
    parts.rules.objection(group, 'ban', target.name);
  if (fault !== undefined) return fault;
  const atMs = parts.wallClock(caller.now);
  const { name: banned, key: identity } = target;
  parts.rules.set(group, { type: 'ban', name: banned, identity, by: actor.name, atMs, reason });
  for (const each of names) {
    parts.rules.end(group, 'role', each);
    parts.invitations.end(group, foldName(each));
    putOut(parts, actor, each, { reason: 'banned', words: reason });
  }
  account(parts, caller, actor, 'ban', banned, reason);
  parts.effects.send(caller.link, { type: 'done', requestId });
  return undefined;
}

export function unban(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, name: whom }: Asked<'unban'>,
): Refusal | undefined {
  const actor = actorIn(parts, caller, name, 'ban');
  if ('code' in actor) return actor;
  const { group } = actor;
  const ended = parts.rules.end(group, 'ban', whom);
  if (ended === undefined) {
    return { code: 'BAN_UNKNOWN', detail: `"${whom}" is not banned from "${group.name}"` };
  }
  account(parts, caller, actor, 'unban', ended.name);
  parts.effects.send(caller.link, { type: 'done', requestId });
  return undefined;
}

export function listBans(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, after }: Asked<'listBans'>,
): Refusal | undefined {
  const actor = actorIn(parts, caller, name, 'ban');
  if ('code' in actor) return actor;
  const { rules: bans, next } = actor.group.rules.page('ban', after, bansPerPage);
  parts.effects.send(caller.link, { type: 'banList', requestId, bans, next });
  return undefined;
}

export function mute(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, name: whom, minutes, reason }: Asked<'mute'>,
): Refusal | undefined {
  const actor = actorIn(parts, caller, name, 'mute');
  if ('code' in actor) return actor;
  const target = targetOf(parts, actor, whom);
  if ('code' in target) return target;
  const { group } = actor;
  const atMs = parts.wallClock(caller.now);
  endOverdue(parts, group, atMs);
  const fault =
    wordsFault(reason) ??
    minutesFault(minutes) ??
    namesFault(actor, target, namesOf(parts, group, target)) ??
    parts.rules.objection(group, 'mute', target.name);
  if (fault !== undefined) return fault;
  const untilMs = minutes === 0 ? 0 : atMs + minutes * minuteMs;
  const muted = { name: target.name, untilMs, by: actor.name, reason };
  parts.rules.set(group, { type: 'mute', identity: target.key, ...muted });
  parts.groups.tell(group, { type: 'muteChanged', group: group.name, isMuted: true, ...muted });
  const minutesSaid = minutes === 0 ? '' : `${minutes} minutes`;
  account(
    parts,
    caller,
    actor,
    'mute',
    target.name,
    [minutesSaid, reason].filter(Boolean).join(': '),
  );
  parts.effects.send(caller.link, { type: 'done', requestId });
  return undefined;
}

export function unmute(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, name: whom }: Asked<'unmute'>,
): Refusal | undefined {
  const actor = actorIn(parts, caller, name, 'mute');
  if ('code' in actor) return actor;
  const { group } = actor;
  endOverdue(parts, group, parts.wallClock(caller.now));
  const rule = group.rules.find('mute', foldName(whom));
  if (rule === undefined) {
    return { code: 'MUTE_UNKNOWN', detail: `"${whom}" is not muted in "${group.name}"` };
  }
  const fault = rankFault(actor, rule.name);
  if (fault !== undefined) return fault;
  parts.rules.end(group, 'mute', rule.name);
  const spoken = { isMuted: false, untilMs: 0, by: actor.name, reason: '' };
  parts.groups.tell(group, { type: 'muteChanged', group: group.name, name: rule.name, ...spoken });
  account(parts, caller, actor, 'unmute', rule.name);
  parts.effects.send(caller.link, { type: 'done', requestId });
  return undefined;
}

/** Leaves word in the audit trail of what was done. */
export function account(
  { effects, wallClock }: CommandParts,
  { now }: Caller,
  { group, name: by }: Actor,
  action: string,
  target?: string,
  detail?: string,
): void {
  effects.audit({
    atMs: wallClock(now),
    by,
    action,
    group: group.name,
    ...(target === undefined ? {} : { target }),
    ...(detail === undefined || detail === '' ? {} : { detail }),
  });
}

/** Ends a membership, if there is one, and tells whoever had it; who is absent hears of it when it comes back. */
function putOut(
  { groups }: CommandParts,
  { group, name: by }: Actor,
  name: string,
  { reason, words }: { readonly reason: 'kicked' | 'banned'; readonly words: string },
): void {
  const membership = group.members.get(foldName(name));
  if (membership !== undefined) groups.putOut(membership, { reason, by, words });
}

/** Under which names a person is known to the group: its own, and members and names with a role of the same identity. */
function namesOf(
  { directory }: CommandParts,
  { members, rules }: Group,
  { name, key }: DirectoryEntry,
): ReadonlySet<string> {
  const names = new Set([name]);
  for (const { session } of members.values()) {
    if (directory.find(session.name)?.key === key) names.add(session.name);
  }
  for (const rule of [...rules.of('role'), ...rules.of('owner')]) {
    if (directory.find(rule.name)?.key === key) names.add(rule.name);
  }
  return names;
}

/** Nobody is touched who could not be under another of its names. */
function namesFault(
  actor: Actor,
  { key }: DirectoryEntry,
  names: ReadonlySet<string>,
): Refusal | undefined {
  if (key === actor.identity) return { code: 'NOT_ALLOWED', detail: 'nobody does that to oneself' };
  for (const name of names) {
    const fault = rankFault(actor, name);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function minutesFault(minutes: number): Refusal | undefined {
  if (minutes <= muteMinutesMax) return undefined;
  return { code: 'BAD_REQUEST', detail: `a mute lasts ${muteMinutesMax} minutes at most` };
}

/** Mutes that are over make room. */
function endOverdue({ rules }: CommandParts, group: Group, atMs: number): void {
  const overdue = [...group.rules.of('mute')].filter(
    ({ untilMs }) => untilMs !== 0 && untilMs <= atMs,
  );
  for (const { name } of overdue) rules.end(group, 'mute', name);
}

/** Who is kept out is given nothing. */
export function bannedFault(
  { rules, name: group }: Group,
  name: string,
  identity: string,
): Refusal | undefined {
  const ban = rules.findPerson('ban', foldName(name), identity);
  if (ban === undefined) return undefined;
  return { code: 'BANNED', detail: `"${name}" is banned from "${group}"` };
}
