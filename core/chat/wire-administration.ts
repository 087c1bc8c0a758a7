/** What operators of a server ask of it, and what it tells them: messages 50 to 69 (docs/PROTOCOL.md §7, §8). */

import { bytes, type Field, flag, list, text, varint } from '../protocol/codec.ts';
import { choice, name, pageEntriesMax, requestId, type TablesOf } from './wire-fields.ts';

/** Who may come in: everybody; who was put on the list; who was, or brings an invitation. */
export const accessModes = ['open', 'allow-list', 'invitation'] as const;

/** One of {@link accessModes}. */
export type AccessMode = (typeof accessModes)[number];

/** The longest reason, note or announcement. Bytes of UTF-8. */
export const reasonBytesMax = 200;

/** Bans and invitations on a page, and entries of the audit trail: the longest still fit one message. */
export const longEntriesMax = 100;
export const auditPageEntriesMax = 50;

/** The longest detail of an entry that is told; other parts of the server may have more to say than operators do. */
export const auditDetailBytesMax = 400;

/** A name that is bound, or a key of 64 hex digits: no name is that long. */
type Who = string;

/** Requests. All but `admit` are for operators. */
export type AdministrationRequest =
  /** Before `register`: shows an invitation, by which the key of the connection is admitted: `done`. */
  | { readonly type: 'admit'; readonly requestId: number; readonly token: Uint8Array }
  | { readonly type: 'listOperators'; readonly requestId: number }
  | { readonly type: 'addOperator'; readonly requestId: number; readonly who: Who }
  | { readonly type: 'removeOperator'; readonly requestId: number; readonly who: Who }
  /** One page of the names that begin with `prefix`, from 0 or from `next` of the page before. */
  | {
      readonly type: 'listAccounts';
      readonly requestId: number;
      readonly prefix: string;
      readonly after: number;
    }
  /** Ends every connection of a name. */
  | {
      readonly type: 'evict';
      readonly requestId: number;
      readonly name: string;
      readonly reason: string;
    }
  /** Lets a key register no more, and ends its connections. */
  | {
      readonly type: 'banKey';
      readonly requestId: number;
      readonly who: Who;
      readonly reason: string;
    }
  | { readonly type: 'unbanKey'; readonly requestId: number; readonly who: Who }
  | { readonly type: 'listBannedKeys'; readonly requestId: number; readonly after: number }
  /** A name is nobody's any more. */
  | { readonly type: 'releaseName'; readonly requestId: number; readonly name: string }
  | {
      readonly type: 'setAccess';
      readonly requestId: number;
      readonly access: AccessMode;
      /** Whoever has a name is put on the list. */
      readonly admitsKnown: boolean;
    }
  | { readonly type: 'listAdmissions'; readonly requestId: number; readonly after: number }
  | { readonly type: 'allow'; readonly requestId: number; readonly who: Who }
  | { readonly type: 'disallow'; readonly requestId: number; readonly who: Who }
  | {
      readonly type: 'createInvitation';
      readonly requestId: number;
      readonly uses: number;
      readonly days: number;
      readonly note: string;
    }
  | { readonly type: 'listInvitations'; readonly requestId: number; readonly after: number }
  | {
      readonly type: 'revokeInvitation';
      readonly requestId: number;
      readonly invitation: Uint8Array;
    }
  /** One page of the audit trail, newest first. */
  | { readonly type: 'readAudit'; readonly requestId: number; readonly after: number }
  | { readonly type: 'announce'; readonly requestId: number; readonly text: string };

/** Answers and pushes. */
export type AdministrationMessage =
  /** Push: a name belongs to this key no more. */
  | { readonly type: 'nameReleased'; readonly name: string; readonly key: Uint8Array }
  /** Push: an operator tells everybody. */
  | {
      readonly type: 'announced';
      readonly by: string;
      readonly text: string;
      readonly atMs: number;
    }
  | {
      readonly type: 'operatorList';
      readonly requestId: number;
      readonly operators: readonly {
        readonly key: Uint8Array;
        readonly name: string;
        readonly configured: boolean;
      }[];
    }
  | {
      readonly type: 'accountList';
      readonly requestId: number;
      readonly accounts: readonly {
        readonly name: string;
        readonly key: Uint8Array;
        readonly online: boolean;
        readonly bot: boolean;
        readonly operator: boolean;
        readonly banned: boolean;
        readonly admitted: boolean;
      }[];
      readonly next: number;
    }
  | {
      readonly type: 'bannedKeyList';
      readonly requestId: number;
      readonly bans: readonly {
        readonly key: Uint8Array;
        readonly name: string;
        readonly reason: string;
        readonly by: string;
        readonly atMs: number;
      }[];
      readonly next: number;
    }
  | {
      readonly type: 'admissionList';
      readonly requestId: number;
      readonly access: AccessMode;
      readonly keys: readonly { readonly key: Uint8Array; readonly name: string }[];
      readonly next: number;
    }
  | {
      readonly type: 'invitationCreated';
      readonly requestId: number;
      readonly invitation: Uint8Array;
      readonly token: Uint8Array;
      readonly expiresAtMs: number;
    }
  | {
      readonly type: 'invitationList';
      readonly requestId: number;
      readonly invitations: readonly {
        readonly invitation: Uint8Array;
        readonly usesLeft: number;
        readonly expiresAtMs: number;
        readonly note: string;
        readonly by: string;
      }[];
      readonly next: number;
    }
  | {
      readonly type: 'auditPage';
      readonly requestId: number;
      /** What an entry does not have is empty. */
      readonly entries: readonly {
        readonly atMs: number;
        readonly by: string;
        readonly action: string;
        readonly group: string;
        readonly target: string;
        readonly detail: string;
      }[];
      readonly next: number;
    };

const key = bytes(32);
const words = text(reasonBytesMax);
const access = choice<AccessMode>(accessModes);

/** A token of an invitation, which nobody guesses. */
const token: Field<Uint8Array> = bytes(16);

/** The beginning of a token's hash. */
const invitation: Field<Uint8Array> = bytes(4);

const auditDetail = text(auditDetailBytesMax);

const page = { requestId, after: varint };

export const administrationRequests: TablesOf<AdministrationRequest> = {
  admit: { number: 50, fields: { requestId, token } },
  listOperators: { number: 51, fields: { requestId } },
  addOperator: { number: 52, fields: { requestId, who: name } },
  removeOperator: { number: 53, fields: { requestId, who: name } },
  listAccounts: { number: 54, fields: { requestId, prefix: name, after: varint } },
  evict: { number: 55, fields: { requestId, name, reason: words } },
  banKey: { number: 56, fields: { requestId, who: name, reason: words } },
  unbanKey: { number: 57, fields: { requestId, who: name } },
  listBannedKeys: { number: 58, fields: page },
  releaseName: { number: 59, fields: { requestId, name } },
  setAccess: { number: 60, fields: { requestId, access, admitsKnown: flag } },
  listAdmissions: { number: 61, fields: page },
  allow: { number: 62, fields: { requestId, who: name } },
  disallow: { number: 63, fields: { requestId, who: name } },
  createInvitation: {
    number: 64,
    fields: { requestId, uses: varint, days: varint, note: words },
  },
  listInvitations: { number: 65, fields: page },
  revokeInvitation: { number: 66, fields: { requestId, invitation } },
  readAudit: { number: 67, fields: page },
  announce: { number: 68, fields: { requestId, text: words } },
};

export const administrationMessages: TablesOf<AdministrationMessage> = {
  nameReleased: { number: 51, fields: { name, key } },
  announced: { number: 52, fields: { by: name, text: words, atMs: varint } },
  operatorList: {
    number: 53,
    fields: { requestId, operators: list({ key, name, configured: flag }, pageEntriesMax) },
  },
  accountList: {
    number: 54,
    fields: {
      requestId,
      accounts: list(
        { name, key, online: flag, bot: flag, operator: flag, banned: flag, admitted: flag },
        pageEntriesMax,
      ),
      next: varint,
    },
  },
  bannedKeyList: {
    number: 55,
    fields: {
      requestId,
      bans: list({ key, name, reason: words, by: name, atMs: varint }, longEntriesMax),
      next: varint,
    },
  },
  admissionList: {
    number: 56,
    fields: { requestId, access, keys: list({ key, name }, pageEntriesMax), next: varint },
  },
  invitationCreated: { number: 57, fields: { requestId, invitation, token, expiresAtMs: varint } },
  invitationList: {
    number: 58,
    fields: {
      requestId,
      invitations: list(
        { invitation, usesLeft: varint, expiresAtMs: varint, note: words, by: name },
        longEntriesMax,
      ),
      next: varint,
    },
  },
  auditPage: {
    number: 59,
    fields: {
      requestId,
      entries: list(
        {
          atMs: varint,
          by: name,
          action: text(64),
          group: name,
          target: name,
          detail: auditDetail,
        },
        auditPageEntriesMax,
      ),
      next: varint,
    },
  },
};
