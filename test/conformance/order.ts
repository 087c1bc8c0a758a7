/** The messages about order in groups (docs/PROTOCOL.md §7). */

import { bytes, type Field, list, record, text, varint, word } from './notation.ts';

const name = text(128);
const role = ['guest', 'member', 'moderator', 'owner'] as const;
const newcomer = ['guest', 'member'] as const;
const givenRole = ['newcomer', 'guest', 'member', 'moderator'] as const;

/** A ban as a page tells it. */
export interface Ban {
  readonly name: string;
  readonly by: string;
  readonly atMs: number;
  readonly reason: string;
}

/** What a name was given. */
export interface Given {
  readonly name: string;
  readonly role: (typeof role)[number];
}

/** What the words in the tables below stand for. */
export interface OrderWords {
  readonly words: string;
  readonly role: (typeof role)[number];
  readonly givenRole: (typeof givenRole)[number];
  readonly newcomer: (typeof newcomer)[number];
  readonly proof: Uint8Array;
  readonly bans: readonly Ban[];
  readonly roles: readonly Given[];
}

/** How they are written. */
export const orderFields: { readonly [Word in keyof OrderWords]: Field<OrderWords[Word]> } = {
  words: text(1024),
  role: word(role),
  givenRole: word(givenRole),
  newcomer: word(newcomer),
  proof: bytes(32),
  bans: list(record({ name, by: name, atMs: varint, reason: text(1024) }), 64),
  roles: list(record({ name, role: word(role) }), 200),
};

/** What a client says to its server. */
export const orderRequests = {
  kick: [20, { requestId: 'varint', group: 'name', name: 'name', reason: 'words' }],
  ban: [21, { requestId: 'varint', group: 'name', name: 'name', reason: 'words' }],
  unban: [22, { requestId: 'varint', group: 'name', name: 'name' }],
  listBans: [23, { requestId: 'varint', group: 'name', after: 'varint' }],
  mute: [
    24,
    { requestId: 'varint', group: 'name', name: 'name', minutes: 'varint', reason: 'words' },
  ],
  unmute: [25, { requestId: 'varint', group: 'name', name: 'name' }],
  setTopic: [26, { requestId: 'varint', group: 'name', text: 'words' }],
  giveRole: [27, { requestId: 'varint', group: 'name', name: 'name', role: 'givenRole' }],
  transferGroup: [28, { requestId: 'varint', group: 'name', name: 'name' }],
  describeGroup: [29, { requestId: 'varint', group: 'name' }],
  invite: [31, { requestId: 'varint', group: 'name', name: 'name' }],
  setInviteOnly: [32, { requestId: 'varint', group: 'name', isOn: 'flag' }],
  setNewcomers: [33, { requestId: 'varint', group: 'name', role: 'newcomer' }],
  setPassword: [34, { requestId: 'varint', group: 'name', proof: 'proof' }],
  clearPassword: [35, { requestId: 'varint', group: 'name' }],
  setRetention: [
    38,
    {
      requestId: 'varint',
      group: 'name',
      keepAgeMs: 'varint',
      keepMessages: 'varint',
      keepBytes: 'varint',
    },
  ],
  removeGroup: [37, { requestId: 'varint', group: 'name' }],
  joinWithPassword: [36, { requestId: 'varint', group: 'name', proof: 'proof' }],
  listRoles: [30, { requestId: 'varint', group: 'name', after: 'varint' }],
} as const;

/** What a server says to its client. */
export const orderNews = {
  memberLeft: [20, { group: 'name', name: 'name', reason: 'reason', by: 'name', words: 'words' }],
  groupLost: [21, { group: 'name', reason: 'reason', by: 'name', words: 'words' }],
  roleChanged: [24, { group: 'name', name: 'name', role: 'role', by: 'name' }],
  topicChanged: [25, { group: 'name', text: 'words', by: 'name', atMs: 'varint' }],
  muteChanged: [
    26,
    {
      group: 'name',
      name: 'name',
      isMuted: 'flag',
      untilMs: 'varint',
      by: 'name',
      reason: 'words',
    },
  ],
  banList: [27, { requestId: 'varint', bans: 'bans', next: 'varint' }],
  groupDescription: [
    28,
    {
      requestId: 'varint',
      group: 'name',
      owner: 'name',
      role: 'role',
      members: 'varint',
      topic: 'words',
      topicBy: 'name',
      topicAtMs: 'varint',
      inviteOnly: 'flag',
      hasPassword: 'flag',
      newcomers: 'newcomer',
      keepAgeMs: 'varint',
      keepMessages: 'varint',
      keepBytes: 'varint',
    },
  ],
  invited: [30, { group: 'name', by: 'name', untilMs: 'varint' }],
  settingsChanged: [
    31,
    {
      group: 'name',
      inviteOnly: 'flag',
      hasPassword: 'flag',
      newcomers: 'newcomer',
      keepAgeMs: 'varint',
      keepMessages: 'varint',
      keepBytes: 'varint',
      by: 'name',
    },
  ],
  roleList: [29, { requestId: 'varint', roles: 'roles', next: 'varint' }],
} as const;
