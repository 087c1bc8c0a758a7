/** The messages of the chat (docs/PROTOCOL.md §7), the hash of a directory and the folding of names. */

import {
  type AdministrationWords,
  administrationNews,
  administrationRequests,
  administrationWords,
} from './administration.ts';
import {
  block,
  bytes,
  encoded,
  type Field,
  flag,
  list,
  Malformed,
  type OneOf,
  oneOf,
  record,
  text,
  u8,
  u16,
  varint,
  word,
} from './notation.ts';
import { type OrderWords, orderFields, orderNews, orderRequests } from './order.ts';
import { lastText, message, type Origin, origin, placedMid, type Said, time } from './said.ts';

const name = text(128);
const outcomes = ['delivered', 'refused', 'expired'] as const;
const reasons = [
  'left',
  'deregistered',
  'unresponsive',
  'forgotten',
  'kicked',
  'banned',
  'removed',
] as const;

/** Where a member stands in the log of its group. */
export interface Cursor {
  readonly group: string;
  readonly logId: Uint8Array;
  readonly seq: number;
}

/** A membership that lasted. */
export interface Membership extends Cursor {
  readonly conversation: number;
  readonly headSeq: number;
}

/** A host of a kind: none, 4 bytes of IPv4 or 16 of IPv6. */
const hostBytes = [0, 4, 16];

/** One name of the directory. */
export interface Entry {
  readonly name: string;
  readonly identity: Uint8Array;
  readonly online: boolean;
  readonly bot: boolean;
  /** Of 0, 4 or 16 bytes; the port is 0 without one. */
  readonly host: Uint8Array;
  readonly port: number;
}

export const entry: Field<Entry> = {
  read(reader) {
    const named = record({ name, identity: bytes(32), flags: entryFlags }).read(reader);
    const { kind, ...flags } = named.flags;
    const host = reader.take(hostBytes[kind] ?? 0);
    const port = kind === 0 ? 0 : u16.read(reader);
    return { name: named.name, identity: named.identity, ...flags, host, port };
  },
  write(to, { host, port, online, bot, ...named }) {
    const kind = hostBytes.indexOf(host.length);
    const flags = { kind, online, bot };
    record({ name, identity: bytes(32), flags: entryFlags }).write(to, { ...named, flags });
    to.push(...host);
    if (kind !== 0) u16.write(to, port);
  },
};

const entryFlags: Field<{ kind: number; online: boolean; bot: boolean }> = {
  read(reader) {
    const bits = u8.read(reader);
    if (bits > 15 || (bits & 3) === 3) throw new Malformed(`flags ${bits}`);
    return { kind: bits & 3, online: (bits & 4) !== 0, bot: (bits & 8) !== 0 };
  },
  write: (to, { kind, online, bot }) => u8.write(to, kind | (online ? 4 : 0) | (bot ? 8 : 0)),
};

/** Of what has been said; how many hops a request may bear is for the server to judge. */
const hops: Field<number> = {
  read(reader) {
    const count = varint.read(reader);
    if (count > 7) throw new Malformed(`${count} hops`);
    return count;
  },
  write: (to, value) => varint.write(to, value),
};

/** What the words in the tables below stand for. */
interface Words extends AdministrationWords, OrderWords {
  readonly varint: number;
  readonly flag: boolean;
  readonly bytes8: Uint8Array;
  readonly bytes32: Uint8Array;
  readonly envelope: Uint8Array;
  readonly outcome: (typeof outcomes)[number];
  readonly mid: Uint8Array;
  readonly placedMid: Uint8Array;
  readonly hops: number;
  readonly origin: Origin;
  readonly time: number;
  readonly name: string;
  readonly lastText: string;
  readonly message: string;
  readonly detail: string;
  readonly reason: (typeof reasons)[number];
  readonly entry: Entry;
  readonly cursors: readonly Cursor[];
  readonly memberships: readonly Membership[];
  readonly names: readonly { readonly name: string }[];
  readonly said: readonly Said[];
  readonly entries: readonly Entry[];
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
}

const logId = bytes(8);
const membership = { group: name, conversation: varint, logId, seq: varint, headSeq: varint };

const words: { readonly [Word in keyof Words]: Field<Words[Word]> } = {
  ...administrationWords,
  varint,
  flag,
  bytes8: bytes(8),
  bytes32: bytes(32),
  envelope: block(65_000),
  outcome: word(outcomes),
  mid: bytes(16),
  hops,
  name,
  message,
  detail: text(1024),
  reason: word(reasons),
  entry,
  cursors: list(record({ group: name, logId, seq: varint }), 256),
  memberships: list(record(membership), 256),
  names: list(record({ name }), 200),
  placedMid,
  origin,
  time,
  lastText,
  said: list(
    record({ mid: placedMid, seq: varint, from: name, origin, sentAtMs: time, text: message }),
    64,
  ),
  entries: list(entry, 200),
  addresses: list(record({ host: text(64), port: varint }), 8),
  ...orderFields,
};

/** What a client says to its server. */
const requests = {
  register: [
    1,
    {
      requestId: 'varint',
      name: 'name',
      bot: 'flag',
      auxiliary: 'flag',
      takeOver: 'flag',
      hidesAddress: 'flag',
      processId: 'bytes8',
      nextCounter: 'varint',
      epoch: 'bytes8',
      directoryVersion: 'varint',
      resume: 'cursors',
    },
  ],
  deregister: [2, { requestId: 'varint' }],
  createGroup: [3, { requestId: 'varint', group: 'name' }],
  listGroups: [4, { requestId: 'varint', after: 'varint' }],
  joinGroup: [5, { requestId: 'varint', group: 'name' }],
  leaveGroup: [6, { requestId: 'varint', group: 'name' }],
  listMembers: [7, { requestId: 'varint', group: 'name', after: 'varint' }],
  sendGroup: [
    8,
    { requestId: 'varint', group: 'name', mid: 'mid', hops: 'varint', text: 'message' },
  ],
  reportUnanswered: [9, { requestId: 'varint', name: 'name' }],
  confirm: [10, { conversation: 'varint', seq: 'varint' }],
  lookUp: [11, { requestId: 'varint', name: 'name' }],
  listNames: [12, { requestId: 'varint', prefix: 'name', after: 'varint' }],
  directoryCheck: [13, { version: 'varint', hash: 'bytes8' }],
  history: [14, { requestId: 'varint', group: 'name', beforeSeq: 'varint', limit: 'varint' }],
  search: [
    15,
    {
      requestId: 'varint',
      group: 'name',
      words: 'detail',
      beforeSeq: 'varint',
      limit: 'varint',
    },
  ],
  deposit: [
    40,
    { requestId: 'varint', to: 'name', identity: 'bytes32', mid: 'mid', sealed: 'envelope' },
  ],
  settle: [41, { id: 'varint', outcome: 'outcome' }],
  confirmSettled: [42, { id: 'varint' }],
} as const;

/** What a server says to its client. */
const news = {
  refused: [1, { requestId: 'varint', code: 'varint', retryMs: 'varint', detail: 'detail' }],
  done: [2, { requestId: 'varint' }],
  welcome: [
    3,
    {
      requestId: 'varint',
      name: 'name',
      groupsPerClient: 'varint',
      privateInGroup: 'flag',
      removeUnresponsive: 'flag',
      ownedGroups: 'flag',
      silenceMs: 'varint',
      mailbox: 'flag',
      epoch: 'bytes8',
      directoryVersion: 'varint',
      wholeDirectory: 'flag',
      groups: 'memberships',
    },
  ],
  groupList: [4, { requestId: 'varint', names: 'names', next: 'varint' }],
  memberList: [5, { requestId: 'varint', names: 'names', next: 'varint' }],
  joined: [
    6,
    {
      requestId: 'varint',
      group: 'name',
      conversation: 'varint',
      logId: 'bytes8',
      seq: 'varint',
    },
  ],
  committed: [
    7,
    { requestId: 'varint', mid: 'placedMid', logId: 'bytes8', seq: 'varint', durable: 'flag' },
  ],
  entry: [8, { requestId: 'varint', entry: 'entry' }],
  entryList: [9, { requestId: 'varint', entries: 'entries', next: 'varint' }],
  messageList: [10, { requestId: 'varint', logId: 'bytes8', messages: 'said', next: 'varint' }],
  directoryDelta: [16, { version: 'varint', entries: 'entries' }],
  groupMessage: [
    17,
    {
      mid: 'placedMid',
      seq: 'varint',
      from: 'name',
      origin: 'origin',
      sentAtMs: 'time',
      text: 'lastText',
    },
  ],
  gap: [18, { count: 'varint', fromSeq: 'varint' }],
  memberJoined: [19, { group: 'name', name: 'name', bot: 'flag' }],
  directoryEntries: [22, { entries: 'entries' }],
  directoryReset: [23, { directoryVersion: 'varint', wholeDirectory: 'flag' }],
  deposited: [40, { requestId: 'varint', mid: 'mid', to: 'name', durable: 'flag' }],
  envelope: [41, { id: 'varint', from: 'name', mid: 'mid', sealed: 'envelope' }],
  settled: [42, { id: 'varint', mid: 'mid', to: 'name', outcome: 'outcome' }],
  restarting: [50, { returnMs: 'varint' }],
} as const;

/** What clients say to each other. */
const peerMessages = {
  privateMessage: [
    1,
    { mid: 'mid', from: 'name', hops: 'hops', bot: 'flag', sentAtMs: 'varint', text: 'message' },
  ],
  privateReceived: [2, { mid: 'mid' }],
  reachableAt: [3, { addresses: 'addresses' }],
} as const;

export type ClientMessage = OneOf<
  typeof requests & typeof administrationRequests & typeof orderRequests,
  Words
>;
export type ServerMessage = OneOf<
  typeof news & typeof administrationNews & typeof orderNews,
  Words
>;
export type PeerMessage = OneOf<typeof peerMessages, Words>;
/** A message of one type. */
export type Of<Message, Type> = Extract<Message, { readonly type: Type }>;

export const clientToServer: Field<ClientMessage> = oneOf(
  { ...requests, ...administrationRequests, ...orderRequests },
  words,
  varint,
);
export const serverToClient: Field<ServerMessage> = oneOf(
  { ...news, ...administrationNews, ...orderNews },
  words,
  varint,
);
export const clientToClient: Field<PeerMessage> = oneOf(peerMessages, words, varint);

/** Which answer a request has, if it is not refused. */
export const answers = {
  register: 'welcome',
  deregister: 'done',
  createGroup: 'done',
  listGroups: 'groupList',
  joinGroup: 'joined',
  leaveGroup: 'done',
  listMembers: 'memberList',
  sendGroup: 'committed',
  reportUnanswered: 'done',
  lookUp: 'entry',
  listNames: 'entryList',
  kick: 'done',
  ban: 'done',
  unban: 'done',
  listBans: 'banList',
  mute: 'done',
  unmute: 'done',
  setTopic: 'done',
  giveRole: 'done',
  transferGroup: 'done',
  describeGroup: 'groupDescription',
  listRoles: 'roleList',
  invite: 'done',
  setInviteOnly: 'done',
  setNewcomers: 'done',
  setRetention: 'done',
  setPassword: 'done',
  clearPassword: 'done',
  removeGroup: 'done',
  joinWithPassword: 'joined',
  history: 'messageList',
  search: 'messageList',
  deposit: 'deposited',
} as const;

export type Request = keyof typeof answers;
/** The fields that a request has beside its number. */
export type FieldsOf<R extends Request> = Omit<Of<ClientMessage, R>, 'type' | 'requestId'>;
/** The answer to a request. */
export type AnswerTo<R extends Request> = Of<ServerMessage, (typeof answers)[R]>;

/** Two names are the same if their foldings are. */
export function folded(spelling: string): string {
  return spelling.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
}

/** The hash of a directory: the sums of both halves of the hashes of its entries. */
export function directoryHash(entries: Iterable<Entry>): Uint8Array {
  let [first, second] = [0, 0];
  for (const one of entries) {
    const [h1, h2] = entryHash(encoded(entry, one));
    first += h1;
    second += h2;
  }
  const sums = new DataView(new ArrayBuffer(8));
  sums.setUint32(0, first);
  sums.setUint32(4, second);
  return new Uint8Array(sums.buffer);
}

function entryHash(from: Uint8Array): readonly [number, number] {
  let [h1, h2] = [0xdeadbeef, 0x41c6ce57];
  for (const byte of from) {
    h1 = Math.imul(h1 ^ byte, 0x9e3779b1);
    h2 = Math.imul(h2 ^ byte, 0x5f356495);
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 0x85ebca6b) ^ Math.imul(h2 ^ (h2 >>> 13), 0xc2b2ae35);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 0x85ebca6b) ^ Math.imul(h1 ^ (h1 >>> 13), 0xc2b2ae35);
  return [h1 >>> 0, h2 >>> 0];
}
