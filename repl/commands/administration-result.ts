/** What orders of an operator give back: plain data for scripts and `--json`. */

import type {
  AccessMode,
  Account,
  Invitation,
  KeyBan,
  NamedKey,
  NewInvitation,
  Operator,
} from '../../core/client-api.ts';
import type { AuditEntry } from '../../core/server-api.ts';

/** What was done to somebody or something. */
export type AdministrationAction =
  | 'addOperator'
  | 'removeOperator'
  | 'kick'
  | 'ban'
  | 'unban'
  | 'release'
  | 'setAccess'
  | 'allow'
  | 'disallow'
  | 'revoke'
  | 'announce';

export type AdministrationResult =
  | {
      readonly type: 'administered';
      readonly action: AdministrationAction;
      /** A name, a key, a kind of access, an invitation, or what was announced. */
      readonly target: string;
    }
  | { readonly type: 'operators'; readonly operators: readonly Operator[] }
  | { readonly type: 'accounts'; readonly accounts: readonly Account[] }
  | { readonly type: 'bannedKeys'; readonly bans: readonly KeyBan[] }
  | {
      readonly type: 'access';
      readonly access: AccessMode;
      readonly keys: readonly NamedKey[];
    }
  | ({ readonly type: 'invited' } & NewInvitation)
  | { readonly type: 'invitations'; readonly invitations: readonly Invitation[] }
  /** Newest first. */
  | { readonly type: 'audit'; readonly entries: readonly AuditEntry[] };
