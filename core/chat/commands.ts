/** The requests of a registered client: for each who may make it, and what it does. */

import { toHex } from '../protocol/bytes.ts';
import { administrationCommands } from './administration.ts';
import { history, search } from './archive.ts';
import {
  type Asked,
  type Caller,
  type Command,
  type CommandParts,
  type CommandsOf,
  chargeRequest,
  findMembership,
  type Request,
  storeDelay,
  storeFault,
} from './command.ts';
import { deposit } from './deposit.ts';
import { noRoom, type Refusal } from './effects.ts';
import { createGroup, removeGroup } from './founding.ts';
import type { NamePage } from './group-list.ts';
import {
  describeGroup,
  giveRole,
  introduceGroup,
  listRoles,
  setTopic,
  transferGroup,
} from './group-roles.ts';
import {
  clearPassword,
  invite,
  setInviteOnly,
  setNewcomers,
  setPassword,
  setRetention,
} from './group-settings.ts';
import { memberNames } from './groups.ts';
import type { HubLimits } from './limits.ts';
import { parseMid } from './mids.ts';
import { ban, kick, listBans, mute, unban, unmute } from './moderation.ts';
import { voiceFault } from './standing.ts';
import { hopsMax } from './wire-fields.ts';

const commands: CommandsOf<Request['type']> = {
  ...administrationCommands,
  // Whoever has talked too fast may still leave.
  deregister: { needsNoRoom: true, isFree: () => true, run: deregister },
  createGroup: { run: createGroup },
  removeGroup: { needsNoRoom: true, run: removeGroup },
  listGroups: { needsNoRoom: true, run: listGroups },
  joinGroup: { needsPresence: true, run: joinGroup },
  joinWithPassword: { needsPresence: true, run: joinGroup },
  leaveGroup: { needsPresence: true, run: leaveGroup },
  listMembers: { needsNoRoom: true, run: listMembers },
  // What was sent before has its place already.
  sendGroup: { needsNoRoom: true, isFree: isSentAgain, run: sendGroup },
  reportUnanswered: { needsNoRoom: true, run: reportUnanswered },
  lookUp: { needsNoRoom: true, run: lookUp },
  listNames: { needsNoRoom: true, run: listNames },
  // What ends something, or takes it away, frees room.
  kick: { needsNoRoom: true, run: kick },
  ban: { run: ban },
  unban: { needsNoRoom: true, run: unban },
  listBans: { needsNoRoom: true, run: listBans },
  mute: { run: mute },
  unmute: { needsNoRoom: true, run: unmute },
  setTopic: { run: setTopic },
  giveRole: { run: giveRole },
  transferGroup: { run: transferGroup },
  invite: { run: invite },
  setInviteOnly: { run: setInviteOnly },
  setNewcomers: { run: setNewcomers },
  setPassword: { run: setPassword },
  clearPassword: { needsNoRoom: true, run: clearPassword },
  setRetention: { run: setRetention },
  describeGroup: { needsNoRoom: true, run: describeGroup },
  listRoles: { needsNoRoom: true, run: listRoles },
  history: { needsNoRoom: true, run: history },
  // It may have to look at all that was said.
  search: { needsNoRoom: true, cost: 10, run: search },
  deposit: { run: (parts, ...asked) => storeFault(parts) ?? deposit(parts, ...asked) },
};

/** Carries out a request, or says why not. A refused request changes nothing but the caller's rate. */
export function runCommand(
  parts: CommandParts,
  caller: Caller,
  request: Request,
): Refusal | undefined {
  // The table pairs each type of request with its command; the compiler cannot follow the pair through the look-up.
  const command = commands[request.type] as Command<Request>;
  if (command.isFree?.(caller, request) !== true) {
    const { limits } = parts;
    const excess = chargeRequest(limits, caller.link, caller.bytes, caller.now, command.cost);
    const fault = excess ?? storeDelay(parts);
    if (fault !== undefined) return fault;
  }
  if (command.needsPresence && caller.isAuxiliary) {
    return { code: 'BAD_REQUEST', detail: 'an auxiliary connection has no groups of its own' };
  }
  if (command.needsOperator && !parts.doorkeeper.isOperator(caller.link.identity)) {
    return { code: 'NOT_OPERATOR', detail: `${caller.session.name} is no operator of this server` };
  }
  if (command.needsNoRoom !== true && parts.effects.isStoreFull) return noRoom;
  return command.run(parts, caller, request);
}

function deregister(
  { desk, effects }: CommandParts,
  caller: Caller,
  { requestId }: Asked<'deregister'>,
): undefined {
  desk.deregister(caller.link, caller);
  effects.send(caller.link, { type: 'done', requestId });
}

function listGroups(
  { groups, effects }: CommandParts,
  { session, link }: Caller,
  { requestId, after }: Asked<'listGroups'>,
): undefined {
  effects.send(link, { type: 'groupList', requestId, ...groups.page(after) });
  if (after > 0) return;
  effects.fact({
    type: 'groupsListed',
    by: session.name,
    // Put together when somebody looks at it.
    get groups(): readonly string[] {
      return groups.all.map(({ name }) => name);
    },
  });
}

function joinGroup(
  parts: CommandParts,
  caller: Caller,
  request: Asked<'joinGroup' | 'joinWithPassword'>,
): Refusal | undefined {
  const { groups, effects, policy, limits, bulletin, entrance } = parts;
  const { session, link, bot, now } = caller;
  const { requestId, group: name } = request;
  const group = groups.find(name);
  if (group === undefined) {
    effects.fact({ type: 'groupJoinRefused', group: name, by: session.name });
    return { code: 'GROUP_UNKNOWN', detail: `there is no group "${name}"` };
  }
  if (session.memberships.has(group.key)) {
    return { code: 'ALREADY_MEMBER', detail: `already a member of "${group.name}"` };
  }
  const { groupsPerClient } = policy;
  if (session.memberships.size >= groupsPerClient) {
    const detail = `already in ${groupsPerClient} group(s), as many as this server allows`;
    return { code: 'GROUP_LIMIT', detail };
  }
  if (link.nextConversation > limits.conversations) {
    return { code: 'SERVER_FULL', detail: 'this connection has joined too often; connect again' };
  }
  const proof = request.type === 'joinWithPassword' ? request.proof : undefined;
  const fault = entrance.objection(group, { session, link, proof, now });
  if (fault !== undefined) return fault;
  entrance.enter(group, session, now);
  const joined = groups.join(group, session, link, bot);
  effects.send(link, { type: 'joined', requestId, ...joined });
  bulletin.introduce(link, session, group);
  introduceGroup(parts, caller, group);
  return undefined;
}

function leaveGroup(
  { groups, effects }: CommandParts,
  caller: Caller,
  { requestId, group }: Asked<'leaveGroup'>,
): Refusal | undefined {
  const membership = findMembership(caller, group);
  if ('code' in membership) return membership;
  groups.leave(membership, { reason: 'left', by: '', words: '' });
  effects.send(caller.link, { type: 'done', requestId });
  return undefined;
}

function listMembers(
  { groups, effects }: CommandParts,
  caller: Caller,
  { requestId, group: name, after }: Asked<'listMembers'>,
): Refusal | undefined {
  const membership = findMembership(caller, name);
  if ('code' in membership) return membership;
  const { group } = membership;
  const page: NamePage = groups.memberPage(group, after);
  effects.send(caller.link, { type: 'memberList', requestId, ...page });
  if (after > 0) return undefined;
  effects.fact({
    type: 'membersListed',
    by: caller.session.name,
    group: group.name,
    get members(): readonly string[] {
      return memberNames(group);
    },
  });
  return undefined;
}

function sendGroup(
  parts: CommandParts,
  caller: Caller,
  request: Asked<'sendGroup'>,
): Refusal | undefined {
  const { groups, effects, limits, wallClock } = parts;
  const { link, process, session, bot, now } = caller;
  const { requestId, mid, hops, text } = request;
  const counter = counterOf(caller, request);
  if (counter === undefined) {
    return { code: 'BAD_REQUEST', detail: 'the message id belongs to another process' };
  }
  const outcome = process.history.find(counter);
  if (outcome === 'forgotten') {
    return { code: 'OUTCOME_UNKNOWN', detail: 'whether this message was sent is forgotten' };
  }
  let commit = outcome;
  if (commit === 'fresh') {
    const membership = findMembership(caller, request.group);
    if ('code' in membership) return membership;
    const sentAtMs = wallClock(now);
    const { group } = membership;
    const fault =
      messageFault(request, limits) ??
      voiceFault(group, session, link.identity, sentAtMs) ??
      storeFault(parts);
    if (fault !== undefined) return fault;
    const sender = { from: session, identity: link.identity, bot };
    const seq = groups.append(group, { mid, ...sender, hops, sentAtMs, text });
    commit = { logId: group.logId, seq };
    process.history.record(counter, commit);
  }
  const { isDurable: durable } = effects;
  effects.sendCommitted(link, { type: 'committed', requestId, mid, ...commit, durable });
  return undefined;
}

function reportUnanswered(
  { desk, directory, effects }: CommandParts,
  { link, now }: Caller,
  { requestId, name }: Asked<'reportUnanswered'>,
): Refusal | undefined {
  if (directory.find(name) === undefined) return userUnknown(name);
  desk.examine(name, now);
  effects.send(link, { type: 'done', requestId });
  return undefined;
}

function lookUp(
  { bulletin, effects }: CommandParts,
  { link }: Caller,
  { requestId, name }: Asked<'lookUp'>,
): Refusal | undefined {
  const entry = bulletin.lookUp(link, name);
  if (entry === undefined) return userUnknown(name);
  effects.send(link, { type: 'entry', requestId, entry });
  return undefined;
}

function listNames(
  { directory, effects }: CommandParts,
  { link }: Caller,
  { requestId, prefix, after }: Asked<'listNames'>,
): undefined {
  effects.send(link, { type: 'entryList', requestId, ...directory.page(prefix, after) });
}

function userUnknown(name: string): Refusal {
  return { code: 'USER_UNKNOWN', detail: `there is no user "${name}"` };
}

/** A message sent again after a loss is not the caller's haste; its answer must not depend on the rate. */
function isSentAgain(caller: Caller, request: Asked<'sendGroup'>): boolean {
  const counter = counterOf(caller, request);
  return counter !== undefined && caller.process.history.find(counter) !== 'fresh';
}

function counterOf({ process }: Caller, { mid }: Asked<'sendGroup'>): number | undefined {
  const parts = parseMid(mid);
  if (parts === undefined || toHex(parts.processId) !== process.id) return undefined;
  return parts.counter;
}

function messageFault({ hops, text }: Asked<'sendGroup'>, limits: HubLimits): Refusal | undefined {
  if (hops > hopsMax) {
    return { code: 'TOO_MANY_HOPS', detail: `${hops} bots have passed this message on` };
  }
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > limits.textBytes) {
    const detail = `the text has ${bytes} bytes, more than ${limits.textBytes}`;
    return { code: 'MESSAGE_TOO_LONG', detail };
  }
  return undefined;
}
