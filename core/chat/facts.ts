/** What happened at a server, as facts for whoever narrates, logs or counts them. */

import type { Address } from '../protocol/address.ts';
import type { AuditEntry } from './audit.ts';
import type { DirectoryEntry, LeaveReason } from './types.ts';

export type ServerFact =
  | { readonly type: 'clientRegistered'; readonly name: string; readonly address: Address }
  | { readonly type: 'clientDeregistered'; readonly name: string }
  | { readonly type: 'clientLost'; readonly name: string }
  /** The directory changed; `entries` is all of it when there are listeners. */
  | { readonly type: 'directoryChanged'; readonly entries: readonly DirectoryEntry[] }
  | { readonly type: 'groupCreated'; readonly group: string; readonly by: string }
  | { readonly type: 'groupRemoved'; readonly group: string; readonly by: string }
  | { readonly type: 'groupCreateRefused'; readonly group: string; readonly by: string }
  | { readonly type: 'groupJoined'; readonly group: string; readonly by: string }
  | { readonly type: 'groupJoinRefused'; readonly group: string; readonly by: string }
  | { readonly type: 'groupsListed'; readonly by: string; readonly groups: readonly string[] }
  | {
      readonly type: 'membersListed';
      readonly by: string;
      readonly group: string;
      readonly members: readonly string[];
    }
  | {
      readonly type: 'groupMessageSent';
      readonly group: string;
      readonly by: string;
      readonly text: string;
    }
  | { readonly type: 'privateMessageKept'; readonly by: string; readonly to: string }
  | {
      readonly type: 'groupLeft';
      readonly group: string;
      readonly by: string;
      readonly reason: LeaveReason;
    }
  /** Somebody used power over others. */
  | { readonly type: 'audited'; readonly entry: AuditEntry }
  /** Memberships changed; all groups with their members. */
  | {
      readonly type: 'groupsChanged';
      readonly groups: ReadonlyMap<string, readonly string[]>;
    };
