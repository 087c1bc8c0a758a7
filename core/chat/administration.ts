/** The requests of a server's operators: what each does, and what it is called in the audit trail. */

import { accessCommands } from './administration-access.ts';
import {
  audit,
  done,
  findTarget,
  identityNamed,
  keyField,
  notListed,
  pageOf,
  userUnknown,
} from './administration-answers.ts';
import type { AuditEntry } from './audit.ts';
import type { Asked, Caller, CommandParts, CommandsOf } from './command.ts';
import type { Refusal } from './effects.ts';
import {
  type AdministrationRequest,
  auditDetailBytesMax,
  auditPageEntriesMax,
  longEntriesMax,
} from './wire-administration.ts';

/** What the store cannot read now it may read after this long. Milliseconds. */
const unreadableMs = 1000;

const needsOperator = true;
const needsNoRoom = true;

export const administrationCommands: CommandsOf<AdministrationRequest['type']> = {
  ...accessCommands,
  admit: { needsNoRoom, run: admit },
  listOperators: { needsOperator, needsNoRoom, run: listOperators },
  addOperator: { needsOperator, run: addOperator },
  removeOperator: { needsOperator, run: removeOperator },
  listAccounts: { needsOperator, needsNoRoom, run: listAccounts },
  evict: { needsOperator, run: evict },
  banKey: { needsOperator, run: banKey },
  unbanKey: { needsOperator, run: unbanKey },
  listBannedKeys: { needsOperator, needsNoRoom, run: listBannedKeys },
  releaseName: { needsOperator, run: releaseName },
  readAudit: { needsOperator, needsNoRoom, run: readAudit },
  announce: { needsOperator, run: announce },
};

/** Who has a name was admitted already. */
function admit(
  { effects }: CommandParts,
  caller: Caller,
  { requestId }: Asked<'admit'>,
): undefined {
  effects.send(caller.link, { type: 'done', requestId });
}

function listOperators(
  { doorkeeper, effects }: CommandParts,
  { link }: Caller,
  { requestId }: Asked<'listOperators'>,
): undefined {
  const { configured, house } = doorkeeper;
  const fixed = Array.from(configured, ([identity, name]) => ({ identity, name }));
  const added = [...house.operators.values()].filter(({ identity }) => !configured.has(identity));
  const operators = [...fixed, ...added].map((operator) => ({
    ...keyField(operator),
    configured: configured.has(operator.identity),
  }));
  effects.send(link, { type: 'operatorList', requestId, operators });
}

function addOperator(
  parts: CommandParts,
  caller: Caller,
  { requestId, who }: Asked<'addOperator'>,
): Refusal | undefined {
  const { doorkeeper, limits } = parts;
  const { operators, bans } = doorkeeper.house;
  const target = findTarget(parts, who);
  if ('code' in target) return target;
  if (bans.has(target.identity)) {
    return { code: 'BANNED_FROM_SERVER', detail: `"${who}" is banned; lift the ban first` };
  }
  if (!doorkeeper.isOperator(target.identity)) {
    if (operators.size >= limits.operators) return doorkeeper.full('operators');
    doorkeeper.change({ type: 'operatorAdded', ...target });
    audit(parts, caller, 'operators add', who);
  }
  return done(parts, caller, requestId);
}

function removeOperator(
  parts: CommandParts,
  caller: Caller,
  { requestId, who }: Asked<'removeOperator'>,
): Refusal | undefined {
  const { doorkeeper } = parts;
  const { house, configured } = doorkeeper;
  const target = findTarget(parts, who);
  if ('code' in target) return target;
  const { identity } = target;
  if (configured.has(identity)) {
    const detail = `"${who}" is an operator by the configuration of the server; change it there`;
    return { code: 'OPERATOR_STAYS', detail };
  }
  if (!house.operators.has(identity)) return notListed(who, 'no operator');
  if (house.operators.size === 1 && configured.size === 0) {
    return {
      code: 'OPERATOR_STAYS',
      detail: `"${who}" is the last operator; add another one first`,
    };
  }
  doorkeeper.change({ type: 'operatorRemoved', identity });
  audit(parts, caller, 'operators remove', who);
  return done(parts, caller, requestId);
}

function listAccounts(
  { directory, doorkeeper, effects }: CommandParts,
  { link }: Caller,
  { requestId, prefix, after }: Asked<'listAccounts'>,
): undefined {
  const { bans, admissions } = doorkeeper.house;
  const { entries, next } = directory.page(prefix, after);
  const accounts = entries.map(({ name, key, online, bot }) => ({
    ...keyField({ identity: key, name }),
    online,
    bot,
    operator: doorkeeper.isOperator(key),
    banned: bans.has(key),
    admitted: admissions.has(key),
  }));
  effects.send(link, { type: 'accountList', requestId, accounts, next });
}

function evict(
  parts: CommandParts,
  caller: Caller,
  { requestId, name, reason }: Asked<'evict'>,
): Refusal | undefined {
  const { directory, evictions } = parts;
  const entry = directory.find(name);
  if (entry === undefined) return userUnknown(name);
  const words = reasonOf(caller, reason);
  const count = evictions.evictName(entry.name, 'kicked', words, caller.now);
  if (count === 0) return { code: 'NOT_LISTED', detail: `${entry.name} has no connection` };
  audit(parts, caller, 'kick', entry.name, reason);
  return done(parts, caller, requestId);
}

function banKey(
  parts: CommandParts,
  caller: Caller,
  { requestId, who, reason }: Asked<'banKey'>,
): Refusal | undefined {
  const { doorkeeper, limits, evictions, wallClock } = parts;
  const target = findTarget(parts, who);
  if ('code' in target) return target;
  const { identity } = target;
  if (doorkeeper.isOperator(identity)) {
    const detail = `"${who}" is an operator; take that away first`;
    return { code: 'IS_OPERATOR', detail };
  }
  const { bans } = doorkeeper.house;
  if (!bans.has(identity) && bans.size >= limits.bans) return doorkeeper.full('bans');
  const by = caller.session.name;
  const atMs = wallClock(caller.now);
  doorkeeper.change({ type: 'keyBanned', ...target, reason, by, atMs });
  audit(parts, caller, 'ban', who, reason);
  evictions.evictKey(identity, 'banned', reasonOf(caller, reason), caller.now);
  return done(parts, caller, requestId);
}

function unbanKey(
  parts: CommandParts,
  caller: Caller,
  { requestId, who }: Asked<'unbanKey'>,
): Refusal | undefined {
  const { doorkeeper } = parts;
  const { bans } = doorkeeper.house;
  // Somebody whose name was released since is known by the name of then.
  const identity = doorkeeper.keyOf(who) ?? identityNamed(bans.values(), who);
  if (identity === undefined || !bans.has(identity)) return notListed(who, 'not banned');
  doorkeeper.change({ type: 'keyUnbanned', identity });
  audit(parts, caller, 'unban', who);
  return done(parts, caller, requestId);
}

function listBannedKeys(
  { doorkeeper, effects }: CommandParts,
  { link }: Caller,
  { requestId, after }: Asked<'listBannedKeys'>,
): undefined {
  const { items, next } = pageOf(doorkeeper.house.bans, after, longEntriesMax);
  const bans = items.map(({ reason, by, atMs, ...target }) => ({
    ...keyField(target),
    reason,
    by,
    atMs,
  }));
  effects.send(link, { type: 'bannedKeyList', requestId, bans, next });
}

function releaseName(
  parts: CommandParts,
  caller: Caller,
  { requestId, name }: Asked<'releaseName'>,
): Refusal | undefined {
  const { directory, evictions } = parts;
  const entry = directory.find(name);
  if (entry === undefined) return userUnknown(name);
  if (entry.key === caller.link.identity) {
    return { code: 'BAD_REQUEST', detail: `"${name}" is your own name; leave it with "dereg"` };
  }
  audit(parts, caller, 'release', entry.name, `it belonged to ${entry.key}`);
  evictions.releaseName(entry, `${caller.session.name} has released the name`, caller.now);
  return done(parts, caller, requestId);
}

function readAudit(
  { queries, effects }: CommandParts,
  { link }: Caller,
  { requestId, after }: Asked<'readAudit'>,
): undefined {
  // One more than fit tells whether there are others.
  queries.ask({ type: 'audit', limit: after + auditPageEntriesMax + 1 }, (found) => {
    if (found === undefined) {
      const detail = 'the store of the server cannot be read at the moment';
      effects.refuse(link, requestId, { code: 'RATE_LIMITED', detail, retryMs: unreadableMs });
      return;
    }
    const rest = found.slice(after);
    const entries = rest.slice(0, auditPageEntriesMax).map(entryField);
    const next = rest.length > auditPageEntriesMax ? after + auditPageEntriesMax : 0;
    effects.send(link, { type: 'auditPage', requestId, entries, next });
  });
}

function announce(
  parts: CommandParts,
  caller: Caller,
  { requestId, text }: Asked<'announce'>,
): undefined {
  const { effects, evictions, wallClock } = parts;
  const atMs = wallClock(caller.now);
  audit(parts, caller, 'announce', undefined, text);
  effects.sendAll(evictions.registered, { type: 'announced', by: caller.session.name, text, atMs });
  return done(parts, caller, requestId);
}

/** What who is sent away reads. */
function reasonOf({ session }: Caller, reason: string): string {
  return reason === '' ? `by ${session.name}` : `by ${session.name}: ${reason}`;
}

/** As it goes on the wire: what it does not have is empty, and what would not fit ends earlier. */
function entryField(entry: AuditEntry): Required<AuditEntry> {
  const { atMs, by, action, group = '', target = '', detail = '' } = entry;
  const fits = new TextEncoder().encode(detail).length <= auditDetailBytesMax;
  // No unit of a string takes more than three bytes.
  const told = fits ? detail : detail.slice(0, Math.floor(auditDetailBytesMax / 3));
  return { atMs, by, action, group, target, detail: told };
}
