/** Requests about how a group is: who is let in, what newcomers are, how long what is said is kept. */

import type { Asked, Caller, CommandParts } from './command.ts';
import type { Refusal } from './effects.ts';
import { isClosed } from './entrance.ts';
import { account, bannedFault } from './moderation.ts';
import { foldName } from './names.ts';
import { type GroupRetention, readRetention, tellRetention } from './retention.ts';
import type { Group } from './sessions.ts';
import { type Actor, actorIn } from './standing.ts';
import type { GroupSettings } from './wire-order.ts';

/** Into a closed group only those invite who may let in. */
export function invite(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, name: whom }: Asked<'invite'>,
): Refusal | undefined {
  const found = parts.groups.find(name);
  const action = found !== undefined && isClosed(found) ? 'letIn' : 'invite';
  const actor = actorIn(parts, caller, name, action);
  if ('code' in actor) return actor;
  const { group } = actor;
  const target = parts.directory.find(whom);
  if (target === undefined) return { code: 'USER_UNKNOWN', detail: `there is no user "${whom}"` };
  if (group.members.has(foldName(whom))) {
    return { code: 'ALREADY_MEMBER', detail: `"${target.name}" is in "${group.name}" already` };
  }
  const fault =
    bannedFault(group, target.name, target.key) ?? inviteOnce(parts, caller, actor, target.name);
  if (fault !== undefined) return fault;
  parts.effects.send(caller.link, { type: 'done', requestId });
  return undefined;
}

/** An invitation that is still good is not told again: nobody is rung for as often as somebody likes. */
function inviteOnce(
  parts: CommandParts,
  caller: Caller,
  actor: Actor,
  name: string,
): Refusal | undefined {
  const { invitations, limits } = parts;
  const { group } = actor;
  if (invitations.find(group, foldName(name), caller.now) !== undefined) return undefined;
  const retryMs = parts.inviting.waitMs(actor.identity, caller.now);
  if (retryMs > 0) {
    const detail = `more than ${limits.invitesAtOnce} invitations, and one in ten seconds from then on`;
    return { code: 'RATE_LIMITED', detail, retryMs };
  }
  const fault = invitations.add(group, name, actor.name, caller.now);
  if (fault !== undefined) return fault;
  parts.inviting.take(actor.identity, caller.now);
  account(parts, caller, actor, 'invite', name);
  return undefined;
}

export function setInviteOnly(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, isOn }: Asked<'setInviteOnly'>,
): Refusal | undefined {
  const detail = `invite_only ${isOn ? 'on' : 'off'}`;
  return change(parts, caller, { requestId, name, detail }, (group) => {
    const { newcomers } = group.rules;
    parts.rules.set(group, { type: 'settings', inviteOnly: isOn, newcomers });
  });
}

export function setNewcomers(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, role: newcomers }: Asked<'setNewcomers'>,
): Refusal | undefined {
  const detail = `newcomers ${newcomers}`;
  return change(parts, caller, { requestId, name, detail }, (group) => {
    const { isInviteOnly: inviteOnly } = group.rules;
    parts.rules.set(group, { type: 'settings', inviteOnly, newcomers });
  });
}

export function setPassword(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, proof }: Asked<'setPassword'>,
): Refusal | undefined {
  return change(parts, caller, { requestId, name, detail: 'password' }, (group) =>
    parts.rules.set(group, parts.entrance.lock(proof)),
  );
}

export function clearPassword(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name }: Asked<'clearPassword'>,
): Refusal | undefined {
  return change(parts, caller, { requestId, name, detail: 'no password' }, (group) => {
    parts.rules.end(group, 'password');
  });
}

export function setRetention(
  parts: CommandParts,
  caller: Caller,
  { requestId, group: name, ...told }: Asked<'setRetention'>,
): Refusal | undefined {
  const retention = readRetention(told);
  const detail = retentionWords(retention);
  return change(parts, caller, { requestId, name, detail }, (group) =>
    parts.groups.setRetention(group, retention),
  );
}

/**
 * Has the owner change something, and tells the members how the group is then. Who was invited while everybody might be let in was not invited
 * by who may let in: those invitations end when a group closes.
 */
function change(
  parts: CommandParts,
  caller: Caller,
  {
    requestId,
    name,
    detail,
  }: { readonly requestId: number; readonly name: string; readonly detail: string },
  carryOut: (group: Group) => void,
): Refusal | undefined {
  const actor = actorIn(parts, caller, name, 'configure');
  if ('code' in actor) return actor;
  const { group } = actor;
  const wasClosed = isClosed(group);
  carryOut(group);
  if (!wasClosed && isClosed(group)) parts.invitations.endAll(group);
  parts.groups.tell(group, {
    type: 'settingsChanged',
    group: group.name,
    ...settingsOf(group),
    by: actor.name,
  });
  account(parts, caller, actor, 'set_group', undefined, detail);
  parts.effects.send(caller.link, { type: 'done', requestId });
  return undefined;
}

/** What anybody in the group may know of its settings. */
export function settingsOf({ rules, retention }: Group): GroupSettings {
  const { isInviteOnly: inviteOnly, newcomers } = rules;
  const hasPassword = rules.find('password') !== undefined;
  return { inviteOnly, hasPassword, newcomers, ...tellRetention(retention) };
}

/** For the audit trail: `keep 5 messages, 1000 bytes`, or `keep all`. */
function retentionWords({ ageMs, messages, bytes }: GroupRetention): string {
  const bounds = [
    ageMs === undefined ? [] : `${ageMs} ms`,
    messages === undefined ? [] : `${messages} messages`,
    bytes === undefined ? [] : `${bytes} bytes`,
  ].flat();
  return `keep ${bounds.length === 0 ? 'all' : bounds.join(', ')}`;
}
