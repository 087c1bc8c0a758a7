/** Who may come in, as operators say: the kind of access, the list, and invitations. */

import { toHex } from '../protocol/bytes.ts';
import {
  audit,
  bytesOf,
  done,
  findTarget,
  identityNamed,
  keyField,
  notListed,
  pageOf,
} from './administration-answers.ts';
import type { Asked, Caller, CommandParts, CommandsOf } from './command.ts';
import type { Refusal } from './effects.ts';
import { longEntriesMax } from './wire-administration.ts';
import { pageEntriesMax } from './wire-fields.ts';

const dayMs = 86_400_000;

/** How many keys an invitation may admit, and for how many days. */
const invitationUsesMax = 10_000;
const invitationDaysMax = 366;

const needsOperator = true;
const needsNoRoom = true;

export const accessCommands: CommandsOf<
  | 'setAccess'
  | 'listAdmissions'
  | 'allow'
  | 'disallow'
  | 'createInvitation'
  | 'listInvitations'
  | 'revokeInvitation'
> = {
  setAccess: { needsOperator, run: setAccess },
  listAdmissions: { needsOperator, needsNoRoom, run: listAdmissions },
  allow: { needsOperator, run: allow },
  disallow: { needsOperator, run: disallow },
  createInvitation: { needsOperator, run: createInvitation },
  listInvitations: { needsOperator, run: listInvitations },
  revokeInvitation: { needsOperator, run: revokeInvitation },
};

function setAccess(
  parts: CommandParts,
  caller: Caller,
  { requestId, access, admitsKnown }: Asked<'setAccess'>,
): undefined {
  parts.doorkeeper.change({ type: 'accessChanged', access, admitsKnown });
  const whom = admitsKnown ? 'and whoever has a name' : 'and nobody besides';
  audit(parts, caller, 'access', access, access === 'open' ? undefined : whom);
  dismissStrangers(parts, caller);
  return done(parts, caller, requestId);
}

function listAdmissions(
  { doorkeeper, effects }: CommandParts,
  { link }: Caller,
  { requestId, after }: Asked<'listAdmissions'>,
): undefined {
  const { access, admissions } = doorkeeper.house;
  const { items, next } = pageOf(admissions, after, pageEntriesMax);
  effects.send(link, { type: 'admissionList', requestId, access, keys: items.map(keyField), next });
}

function allow(
  parts: CommandParts,
  caller: Caller,
  { requestId, who }: Asked<'allow'>,
): Refusal | undefined {
  const { doorkeeper, limits } = parts;
  const target = findTarget(parts, who);
  if ('code' in target) return target;
  const { admissions } = doorkeeper.house;
  if (!admissions.has(target.identity)) {
    if (admissions.size >= limits.admissions) return doorkeeper.full('admissions');
    doorkeeper.change({ type: 'keyAdmitted', ...target, invitation: '' });
    audit(parts, caller, 'allow', who);
  }
  return done(parts, caller, requestId);
}

function disallow(
  parts: CommandParts,
  caller: Caller,
  { requestId, who }: Asked<'disallow'>,
): Refusal | undefined {
  const { doorkeeper } = parts;
  const { admissions } = doorkeeper.house;
  const identity = doorkeeper.keyOf(who) ?? identityNamed(admissions.values(), who);
  if (identity === undefined || !admissions.has(identity)) {
    return notListed(who, 'not on the list');
  }
  doorkeeper.change({ type: 'keyDismissed', identity });
  audit(parts, caller, 'disallow', who);
  dismissStrangers(parts, caller);
  return done(parts, caller, requestId);
}

function createInvitation(
  parts: CommandParts,
  caller: Caller,
  { requestId, uses, days, note }: Asked<'createInvitation'>,
): Refusal | undefined {
  const { doorkeeper, limits, effects } = parts;
  if (uses < 1 || uses > invitationUsesMax || days < 1 || days > invitationDaysMax) {
    const detail = `an invitation is for 1 to ${invitationUsesMax} keys and 1 to ${invitationDaysMax} days`;
    return { code: 'BAD_REQUEST', detail };
  }
  doorkeeper.forgetExpired(caller.now);
  if (doorkeeper.house.invitations.size >= limits.invitations) {
    return doorkeeper.full('invitations');
  }
  const by = caller.session.name;
  const { invitation, token } = doorkeeper.invite(uses, days * dayMs, note, by, caller.now);
  const { id, expiresAtMs } = invitation;
  audit(parts, caller, 'invite-token create', id, note);
  effects.send(caller.link, {
    type: 'invitationCreated',
    requestId,
    invitation: bytesOf(id),
    token,
    expiresAtMs,
  });
  return undefined;
}

function listInvitations(
  { doorkeeper, effects }: CommandParts,
  { link, now }: Caller,
  { requestId, after }: Asked<'listInvitations'>,
): undefined {
  doorkeeper.forgetExpired(now);
  const { items, next } = pageOf(doorkeeper.house.invitations, after, longEntriesMax);
  const invitations = items.map(({ id, hash: _, ...rest }) => ({
    invitation: bytesOf(id),
    ...rest,
  }));
  effects.send(link, { type: 'invitationList', requestId, invitations, next });
}

function revokeInvitation(
  parts: CommandParts,
  caller: Caller,
  { requestId, invitation }: Asked<'revokeInvitation'>,
): Refusal | undefined {
  const { doorkeeper } = parts;
  const digits = toHex(invitation);
  if (!doorkeeper.house.invitations.has(digits)) return notListed(digits, 'no open invitation');
  doorkeeper.change({ type: 'invitationEnded', id: digits });
  audit(parts, caller, 'invite-token revoke', digits);
  return done(parts, caller, requestId);
}

/** Connections of keys that are admitted no more end. */
function dismissStrangers({ evictions, doorkeeper }: CommandParts, { now }: Caller): void {
  evictions.evictAll(
    ({ identity }) => doorkeeper.objection(identity) !== undefined,
    'notAdmitted',
    'this server lets in only whom it knows',
    now,
  );
}
