/** The messages of operators (docs/PROTOCOL.md §7): their tables, and what the words in them stand for. */

import { bytes, type Field, flag, list, record, text, varint, word } from './notation.ts';

const accessModes = ['open', 'allow-list', 'invitation'] as const;

/** A key and the name that it had. */
interface Named {
  readonly key: Uint8Array;
  readonly name: string;
}

/** What the words in the tables below stand for, beside those of the chat. */
export interface AdministrationWords {
  readonly bytes4: Uint8Array;
  readonly bytes16: Uint8Array;
  readonly short: string;
  readonly access: (typeof accessModes)[number];
  readonly operators: readonly (Named & { readonly configured: boolean })[];
  readonly accounts: readonly (Named & {
    readonly online: boolean;
    readonly bot: boolean;
    readonly operator: boolean;
    readonly banned: boolean;
    readonly admitted: boolean;
  })[];
  readonly bannedKeys: readonly (Named & {
    readonly reason: string;
    readonly by: string;
    readonly atMs: number;
  })[];
  readonly keys: readonly Named[];
  readonly invitations: readonly {
    readonly invitation: Uint8Array;
    readonly usesLeft: number;
    readonly expiresAtMs: number;
    readonly note: string;
    readonly by: string;
  }[];
  readonly trail: readonly {
    readonly atMs: number;
    readonly by: string;
    readonly action: string;
    readonly group: string;
    readonly target: string;
    readonly detail: string;
  }[];
}

const name = text(128);
const key = bytes(32);
const short = text(200);

export const administrationWords: {
  readonly [Word in keyof AdministrationWords]: Field<AdministrationWords[Word]>;
} = {
  bytes4: bytes(4),
  bytes16: bytes(16),
  short,
  access: word(accessModes),
  operators: list(record({ key, name, configured: flag }), 200),
  accounts: list(
    record({ name, key, online: flag, bot: flag, operator: flag, banned: flag, admitted: flag }),
    200,
  ),
  bannedKeys: list(record({ key, name, reason: short, by: name, atMs: varint }), 100),
  keys: list(record({ key, name }), 200),
  invitations: list(
    record({
      invitation: bytes(4),
      usesLeft: varint,
      expiresAtMs: varint,
      note: short,
      by: name,
    }),
    100,
  ),
  trail: list(
    record({
      atMs: varint,
      by: name,
      action: text(64),
      group: name,
      target: name,
      detail: text(400),
    }),
    50,
  ),
};

/** What an operator says to the server; admit anybody. */
export const administrationRequests = {
  admit: [50, { requestId: 'varint', token: 'bytes16' }],
  listOperators: [51, { requestId: 'varint' }],
  addOperator: [52, { requestId: 'varint', who: 'name' }],
  removeOperator: [53, { requestId: 'varint', who: 'name' }],
  listAccounts: [54, { requestId: 'varint', prefix: 'name', after: 'varint' }],
  evict: [55, { requestId: 'varint', name: 'name', reason: 'short' }],
  banKey: [56, { requestId: 'varint', who: 'name', reason: 'short' }],
  unbanKey: [57, { requestId: 'varint', who: 'name' }],
  listBannedKeys: [58, { requestId: 'varint', after: 'varint' }],
  releaseName: [59, { requestId: 'varint', name: 'name' }],
  setAccess: [60, { requestId: 'varint', access: 'access', admitsKnown: 'flag' }],
  listAdmissions: [61, { requestId: 'varint', after: 'varint' }],
  allow: [62, { requestId: 'varint', who: 'name' }],
  disallow: [63, { requestId: 'varint', who: 'name' }],
  createInvitation: [64, { requestId: 'varint', uses: 'varint', days: 'varint', note: 'short' }],
  listInvitations: [65, { requestId: 'varint', after: 'varint' }],
  revokeInvitation: [66, { requestId: 'varint', invitation: 'bytes4' }],
  readAudit: [67, { requestId: 'varint', after: 'varint' }],
  announce: [68, { requestId: 'varint', text: 'short' }],
} as const;

/** What the server says to operators, and two things to everybody. */
export const administrationNews = {
  nameReleased: [51, { name: 'name', key: 'bytes32' }],
  announced: [52, { by: 'name', text: 'short', atMs: 'varint' }],
  operatorList: [53, { requestId: 'varint', operators: 'operators' }],
  accountList: [54, { requestId: 'varint', accounts: 'accounts', next: 'varint' }],
  bannedKeyList: [55, { requestId: 'varint', bans: 'bannedKeys', next: 'varint' }],
  admissionList: [56, { requestId: 'varint', access: 'access', keys: 'keys', next: 'varint' }],
  invitationCreated: [
    57,
    { requestId: 'varint', invitation: 'bytes4', token: 'bytes16', expiresAtMs: 'varint' },
  ],
  invitationList: [58, { requestId: 'varint', invitations: 'invitations', next: 'varint' }],
  auditPage: [59, { requestId: 'varint', entries: 'trail', next: 'varint' }],
} as const;
