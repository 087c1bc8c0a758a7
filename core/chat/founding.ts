/** Requests that make a group or remove it, within the bounds of the server and of each identity. */

import { confusable } from './claim-rules.ts';
import type { Asked, Caller, CommandParts } from './command.ts';
import type { Refusal } from './effects.ts';
import { checkName } from './names.ts';
import type { Group } from './sessions.ts';
import { actorIn } from './standing.ts';

/** Who does what the server does by itself. */
const serverName = 'server';

export function createGroup(
  parts: CommandParts,
  { session, link, now }: Caller,
  { requestId, group: name }: Asked<'createGroup'>,
): Refusal | undefined {
  const { groups, effects, policy, rules, quota } = parts;
  const fault = checkName(name);
  if (fault !== undefined) {
    return { code: 'GROUP_NAME_INVALID', detail: `the name "${name}" ${fault}` };
  }
  if (groups.find(name) !== undefined) {
    effects.fact({ type: 'groupCreateRefused', group: name, by: session.name });
    return { code: 'GROUP_EXISTS', detail: `there is a group "${name}" already` };
  }
  const other = groups.findLookalike(name);
  if (other !== undefined) return confusable(name, other);
  const bound = quota.objection(link.identity, session.name) ?? makeRoom(parts, now);
  if (bound !== undefined) return bound;
  const group = groups.create(name, session);
  quota.hold(group, link.identity);
  if (policy.ownedGroups) rules.set(group, { type: 'owner', name: session.name });
  effects.send(link, { type: 'done', requestId });
  return undefined;
}

/** Its owner removes a group that nobody else is in; an operator of the server one that nobody is in. */
export function removeGroup(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name }: Asked<'removeGroup'>,
): Refusal | undefined {
  const found = parts.doorkeeper.isOperator(caller.link.identity)
    ? parts.groups.find(name)
    : undefined;
  const actor = found === undefined ? actorIn(parts, caller, name, 'remove') : { group: found };
  if ('code' in actor) return actor;
  const { group } = actor;
  const others = group.members.size - (group.members.has(caller.session.key) ? 1 : 0);
  if (others > 0) {
    return { code: 'GROUP_NOT_EMPTY', detail: `${others} other(s) are in "${group.name}"` };
  }
  remove(parts, group, caller.session.name, caller.now);
  parts.effects.send(caller.link, { type: 'done', requestId });
  return undefined;
}

/**
 * Where there are as many groups as there may be, one gives way that nobody is in and in which nothing was ever said, of
 * whoever has most: groups that were made to fill the server go before those that people use.
 */
function makeRoom(parts: CommandParts, now: number): Refusal | undefined {
  const { groups, limits, quota } = parts;
  if (groups.all.length < limits.groups) return undefined;
  let idle: Group | undefined;
  let most = -1;
  for (const group of groups.all) {
    if (group.members.size > 0 || group.log.headSeq > 0) continue;
    const count = quota.countAround(group);
    if (count <= most) continue;
    [idle, most] = [group, count];
  }
  if (idle === undefined) {
    return { code: 'SERVER_FULL', detail: `the server has ${limits.groups} groups and no more` };
  }
  remove(parts, idle, serverName, now, 'to make room');
  return undefined;
}

function remove(
  { groups, rules, invitations, quota, effects, wallClock }: CommandParts,
  group: Group,
  by: string,
  now: number,
  detail?: string,
): void {
  invitations.endAll(group);
  groups.dissolve(group, by);
  rules.forget(group);
  quota.release(group);
  effects.audit({
    atMs: wallClock(now),
    by,
    action: 'remove_group',
    group: group.name,
    ...(detail === undefined ? {} : { detail }),
  });
}
