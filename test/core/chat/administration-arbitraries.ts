/** Arbitrary fields of the messages of administration, one entry for each type. */

import fc from 'fast-check';
import {
  type AdministrationMessage,
  type AdministrationRequest,
  accessModes,
} from '../../../core/chat/wire-administration.ts';

/** An arbitrary for every field of every message; the compiler sees to it that none is missing. */
export type ArbitrariesOf<Message extends { readonly type: string }> = {
  readonly [Type in Message['type']]: {
    readonly [Name in Exclude<keyof Extract<Message, { type: Type }>, 'type'>]: fc.Arbitrary<
      Extract<Message, { type: Type }>[Name]
    >;
  };
};

const integer = fc.maxSafeNat();
const requestId = integer;
const name = fc.string({ unit: 'grapheme', maxLength: 8 });
const words = fc.string({ unit: 'grapheme', maxLength: 20 });
const bool = fc.boolean();
const after = integer;
const next = integer;
const bytes = (count: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: count, maxLength: count });
const key = bytes(32);
const invitation = bytes(4);
const access = fc.constantFrom(...accessModes);

function some<Fields>(
  fields: {
    readonly [Key in keyof Fields]: fc.Arbitrary<Fields[Key]>;
  },
): fc.Arbitrary<readonly Fields[]> {
  return fc.array(fc.record<Fields>(fields), { maxLength: 4 });
}

export const requestFields: ArbitrariesOf<AdministrationRequest> = {
  admit: { requestId, token: bytes(16) },
  listOperators: { requestId },
  addOperator: { requestId, who: name },
  removeOperator: { requestId, who: name },
  listAccounts: { requestId, prefix: name, after },
  evict: { requestId, name, reason: words },
  banKey: { requestId, who: name, reason: words },
  unbanKey: { requestId, who: name },
  listBannedKeys: { requestId, after },
  releaseName: { requestId, name },
  setAccess: { requestId, access, admitsKnown: bool },
  listAdmissions: { requestId, after },
  allow: { requestId, who: name },
  disallow: { requestId, who: name },
  createInvitation: { requestId, uses: integer, days: integer, note: words },
  listInvitations: { requestId, after },
  revokeInvitation: { requestId, invitation },
  readAudit: { requestId, after },
  announce: { requestId, text: words },
};

export const messageFields: ArbitrariesOf<AdministrationMessage> = {
  nameReleased: { name, key },
  announced: { by: name, text: words, atMs: integer },
  operatorList: { requestId, operators: some({ key, name, configured: bool }) },
  accountList: {
    requestId,
    accounts: some({
      name,
      key,
      online: bool,
      bot: bool,
      operator: bool,
      banned: bool,
      admitted: bool,
    }),
    next,
  },
  bannedKeyList: {
    requestId,
    bans: some({ key, name, reason: words, by: name, atMs: integer }),
    next,
  },
  admissionList: { requestId, access, keys: some({ key, name }), next },
  invitationCreated: { requestId, invitation, token: bytes(16), expiresAtMs: integer },
  invitationList: {
    requestId,
    invitations: some({
      invitation,
      usesLeft: integer,
      expiresAtMs: integer,
      note: words,
      by: name,
    }),
    next,
  },
  auditPage: {
    requestId,
    entries: some({
      atMs: integer,
      by: name,
      action: words,
      group: name,
      target: name,
      detail: words,
    }),
    next,
  },
};
