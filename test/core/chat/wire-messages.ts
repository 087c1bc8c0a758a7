/** Arbitrary messages of every type. */

import fc from 'fast-check';
import { composeMid } from '../../../core/chat/mids.ts';
import { givenRoles, newcomerRoles, roles } from '../../../core/chat/roles.ts';
import type { ClientMessage, PeerMessage, ServerMessage } from '../../../core/chat/wire.ts';
import { hopsMax } from '../../../core/chat/wire-fields.ts';
import { hostText } from '../../../core/protocol/address.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import { type ArbitrariesOf, messageFields, requestFields } from './administration-arbitraries.ts';

/** Any integer of the wire. */
const integer: fc.Arbitrary<number> = fc.maxSafeNat();
const name = fc.string({ unit: 'grapheme', maxLength: 8 });
const text = fc.string({ unit: 'grapheme', maxLength: 200 });
/** Any bytes, so many of them. */
const bytes = (count: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: count, maxLength: count });
const hops = fc.nat(hopsMax);
const reason = fc.constantFrom(
  'left',
  'deregistered',
  'unresponsive',
  'forgotten',
  'kicked',
  'banned',
  'removed',
);
const role = fc.constantFrom(...roles);
const newcomers = fc.constantFrom(...newcomerRoles);
const retention = { keepAgeMs: integer, keepMessages: integer, keepBytes: integer };
const settings = { inviteOnly: fc.boolean(), hasPassword: fc.boolean(), newcomers, ...retention };
const names = fc.array(fc.record({ name }), { maxLength: 5 });
const bool = fc.boolean();
const seq = integer;
const requestId = integer;
const group = name;
const mid = bytes(16);
const logId = bytes(8);
const sealed = fc.uint8Array({ maxLength: 200 });
const outcome = fc.constantFrom('delivered', 'refused', 'expired');
const conversation = integer;
const address = fc.oneof(
  fc.record({
    host: fc.oneof(fc.ipV4(), bytes(16).map(hostText)),
    port: fc.nat(65_535),
  }),
  fc.constant({ host: '', port: 0 }),
);
const entry = fc.record({ name, key: bytes(32).map(toHex), address, online: bool, bot: bool });
const entries = fc.array(entry, { maxLength: 4 });
/** Of a message that has its place. */
const placedMid = fc
  .tuple(bytes(8), integer)
  .map(([processId, counter]) => composeMid(processId, counter));
const sentAtMs = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const said = { mid: placedMid, seq, from: name, bot: bool, hops, sentAtMs, text };

/** Any of the messages. */
function anyOf<Message extends { readonly type: string }>(
  fields: ArbitrariesOf<Message>,
): fc.Arbitrary<Message> {
  const records = Object.entries(fields).map(([type, record]) =>
    fc.record({ type: fc.constant(type), ...(record as Record<string, fc.Arbitrary<unknown>>) }),
  );
  // Every record has the fields that its type asks for.
  return fc.oneof(...records) as unknown as fc.Arbitrary<Message>;
}

/** Any request. */
export const clientMessage: fc.Arbitrary<ClientMessage> = anyOf<ClientMessage>({
  register: {
    requestId,
    name,
    bot: bool,
    auxiliary: bool,
    takeOver: bool,
    hidesAddress: bool,
    processId: bytes(8),
    nextCounter: integer,
    epoch: bytes(8),
    directoryVersion: integer,
    resume: fc.array(fc.record({ group, logId, seq }), { maxLength: 4 }),
  },
  deregister: { requestId },
  createGroup: { requestId, group },
  listGroups: { requestId, after: integer },
  joinGroup: { requestId, group },
  leaveGroup: { requestId, group },
  listMembers: { requestId, group, after: integer },
  sendGroup: { requestId, group, mid, hops: integer, text },
  reportUnanswered: { requestId, name },
  confirm: { conversation, seq },
  lookUp: { requestId, name },
  listNames: { requestId, prefix: name, after: integer },
  directoryCheck: { version: integer, hash: bytes(8) },
  kick: { requestId, group, name, reason: text },
  ban: { requestId, group, name, reason: text },
  unban: { requestId, group, name },
  listBans: { requestId, group, after: integer },
  mute: { requestId, group, name, minutes: integer, reason: text },
  unmute: { requestId, group, name },
  setTopic: { requestId, group, text },
  giveRole: { requestId, group, name, role: fc.constantFrom(...givenRoles) },
  transferGroup: { requestId, group, name },
  describeGroup: { requestId, group },
  listRoles: { requestId, group, after: integer },
  invite: { requestId, group, name },
  setInviteOnly: { requestId, group, isOn: bool },
  setNewcomers: { requestId, group, role: newcomers },
  setPassword: { requestId, group, proof: bytes(32) },
  clearPassword: { requestId, group },
  setRetention: { requestId, group, ...retention },
  removeGroup: { requestId, group },
  joinWithPassword: { requestId, group, proof: bytes(32) },
  history: { requestId, group, beforeSeq: seq, limit: integer },
  search: { requestId, group, words: text, beforeSeq: seq, limit: integer },
  deposit: { requestId, to: name, identity: bytes(32), mid, sealed },
  settle: { id: integer, outcome: fc.constantFrom('delivered', 'refused') },
  confirmSettled: { id: integer },
  ...requestFields,
});

/** Any answer or push. */
export const serverMessage: fc.Arbitrary<ServerMessage> = anyOf<ServerMessage>({
  refused: { requestId, code: integer, retryMs: integer, detail: text },
  done: { requestId },
  welcome: {
    requestId,
    name,
    groupsPerClient: integer,
    privateInGroup: bool,
    removeUnresponsive: bool,
    ownedGroups: bool,
    silenceMs: integer,
    mailbox: bool,
    epoch: bytes(8),
    directoryVersion: integer,
    wholeDirectory: bool,
    groups: fc.array(fc.record({ group, conversation, logId, seq, headSeq: integer }), {
      maxLength: 4,
    }),
  },
  groupList: { requestId, names, next: integer },
  memberList: { requestId, names, next: integer },
  joined: { requestId, group, conversation, logId, seq },
  committed: { requestId, mid: placedMid, logId, seq, durable: bool },
  entry: { requestId, entry },
  entryList: { requestId, entries, next: integer },
  directoryDelta: { version: integer, entries },
  directoryEntries: { entries },
  directoryReset: { directoryVersion: integer, wholeDirectory: bool },
  groupMessage: said,
  messageList: {
    requestId,
    logId,
    messages: fc.array(fc.record(said), { maxLength: 4 }),
    next: integer,
  },
  gap: { count: integer, fromSeq: integer },
  memberJoined: { group, name, bot: bool },
  memberLeft: { group, name, reason, by: name, words: text },
  groupLost: { group, reason, by: name, words: text },
  roleChanged: { group, name, role, by: name },
  topicChanged: { group, text, by: name, atMs: integer },
  muteChanged: { group, name, isMuted: bool, untilMs: integer, by: name, reason: text },
  banList: {
    requestId,
    bans: fc.array(fc.record({ name, by: name, atMs: integer, reason: text }), { maxLength: 4 }),
    next: integer,
  },
  groupDescription: {
    requestId,
    group,
    owner: name,
    role,
    members: integer,
    topic: text,
    topicBy: name,
    topicAtMs: integer,
    ...settings,
  },
  invited: { group, by: name, untilMs: integer },
  settingsChanged: { group, ...settings, by: name },
  roleList: {
    requestId,
    roles: fc.array(fc.record({ name, role }), { maxLength: 4 }),
    next: integer,
  },
  deposited: { requestId, mid, to: name, durable: bool },
  envelope: { id: integer, from: name, mid, sealed },
  settled: { id: integer, mid, to: name, outcome },
  restarting: { returnMs: integer },
  ...messageFields,
});

/** Anything between clients. */
export const peerMessage: fc.Arbitrary<PeerMessage> = anyOf<PeerMessage>({
  privateMessage: { mid, from: name, hops, bot: bool, sentAtMs: integer, text },
  privateReceived: { mid },
  reachableAt: {
    addresses: fc.array(fc.record({ host: fc.string({ maxLength: 16 }), port: fc.nat(65_535) }), {
      maxLength: 8,
    }),
  },
});
