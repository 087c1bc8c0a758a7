/** Requests about what a group is and who is what in it: roles, ownership, topic. */

import type { Asked, Caller, CommandParts } from './command.ts';
import type { Refusal } from './effects.ts';
import { settingsOf } from './group-settings.ts';
import { account, bannedFault } from './moderation.ts';
import { foldName } from './names.ts';
import { mayAct, outranks } from './roles.ts';
import type { Group } from './sessions.ts';
import { actorIn, memberTargetOf, targetOf, wordsFault } from './standing.ts';
import { pageEntriesMax } from './wire-fields.ts';

/** One gives what is below oneself, to those below oneself, whether they are in the group or not. */
export function giveRole(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, name: whom, role }: Asked<'giveRole'>,
): Refusal | undefined {
  const actor = actorIn(parts, caller, name, 'giveRole');
  if ('code' in actor) return actor;
  const target = targetOf(parts, actor, whom);
  if ('code' in target) return target;
  const { group } = actor;
  if (role !== 'newcomer' && !outranks(actor.role, role)) {
    return { code: 'NOT_ALLOWED', detail: `a ${actor.role} gives lower roles than its own only` };
  }
  const fault =
    role === 'newcomer'
      ? undefined
      : (bannedFault(group, target.name, target.key) ??
        parts.rules.objection(group, 'role', target.name));
  if (fault !== undefined) return fault;
  if (role === 'newcomer') parts.rules.end(group, 'role', target.name);
  else parts.rules.set(group, { type: 'role', name: target.name, role });
  tellRole(parts, group, target.name, actor.name);
  account(parts, caller, actor, 'role', target.name, role);
  parts.effects.send(caller.link, { type: 'done', requestId });
  return undefined;
}

/** The owner makes a member the owner, and is a moderator from then on. */
export function transferGroup(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, name: whom }: Asked<'transferGroup'>,
): Refusal | undefined {
  const actor = actorIn(parts, caller, name, 'transfer');
  if ('code' in actor) return actor;
  const target = memberTargetOf(parts, actor, whom);
  if ('code' in target) return target;
  const { group } = actor;
  const fault = parts.rules.objection(group, 'role', actor.name);
  if (fault !== undefined) return fault;
  giveOwner(parts, group, target.name, actor.name);
  parts.rules.set(group, { type: 'role', name: actor.name, role: 'moderator' });
  tellRole(parts, group, actor.name, actor.name);
  account(parts, caller, actor, 'transfer', target.name);
  parts.effects.send(caller.link, { type: 'done', requestId });
  return undefined;
}

/** Makes a name the owner of a group, in place of the one before, and tells the members. */
function giveOwner(parts: CommandParts, group: Group, name: string, by: string): void {
  parts.rules.end(group, 'role', name);
  parts.rules.end(group, 'mute', name);
  parts.rules.set(group, { type: 'owner', name });
  tellRole(parts, group, name, by);
}

/** Sets the topic; an empty one takes it away. */
export function setTopic(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, text }: Asked<'setTopic'>,
): Refusal | undefined {
  const actor = actorIn(parts, caller, name, 'setTopic');
  if ('code' in actor) return actor;
  const { group } = actor;
  const fault = wordsFault(text) ?? parts.rules.objection(group, 'topic');
  if (fault !== undefined) return fault;
  const topic = { text, by: actor.name, atMs: parts.wallClock(caller.now) };
  if (text === '') parts.rules.end(group, 'topic');
  else parts.rules.set(group, { type: 'topic', ...topic });
  parts.groups.tell(group, { type: 'topicChanged', group: group.name, ...topic });
  account(parts, caller, actor, 'topic', undefined, text);
  parts.effects.send(caller.link, { type: 'done', requestId });
  return undefined;
}

export function describeGroup(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name }: Asked<'describeGroup'>,
): Refusal | undefined {
  const actor = actorIn(parts, caller, name, 'read');
  if ('code' in actor) return actor;
  const { group, role } = actor;
  const topic = group.rules.find('topic');
  parts.effects.send(caller.link, {
    type: 'groupDescription',
    requestId,
    group: group.name,
    owner: group.rules.owner ?? '',
    role,
    members: group.members.size,
    topic: topic?.text ?? '',
    topicBy: topic?.by ?? '',
    topicAtMs: topic?.atMs ?? 0,
    ...settingsOf(group),
  });
  return undefined;
}

/** The owner first, then who was given a role, in the order in which they were; all of them, members or not. */
export function listRoles(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, after }: Asked<'listRoles'>,
): Refusal | undefined {
  const actor = actorIn(parts, caller, name, 'read');
  if ('code' in actor) return actor;
  const { rules } = actor.group;
  const owner = after === 0 && rules.owner !== undefined ? [ownerRole(rules.owner)] : [];
  const page = rules.page('role', after, pageEntriesMax - owner.length);
  const roles = [...owner, ...page.rules];
  parts.effects.send(caller.link, { type: 'roleList', requestId, roles, next: page.next });
  return undefined;
}

/** Tells who has just become a member what it should know of the group. */
export function introduceGroup(
  { effects }: CommandParts,
  { session, link }: Caller,
  { name: group, rules }: Group,
): void {
  const topic = rules.find('topic');
  if (topic !== undefined) {
    const { text, by, atMs } = topic;
    effects.send(link, { type: 'topicChanged', group, text, by, atMs });
  }
  const role = rules.roleOf(session.key);
  // Who may not speak should know.
  if (mayAct(role, 'speak')) return;
  effects.send(link, { type: 'roleChanged', group, name: session.name, role, by: '' });
}

function tellRole({ groups }: CommandParts, group: Group, name: string, by: string): void {
  const role = group.rules.roleOf(foldName(name));
  groups.tell(group, { type: 'roleChanged', group: group.name, name, role, by });
}

function ownerRole(name: string): { readonly name: string; readonly role: 'owner' } {
  return { name, role: 'owner' };
}
