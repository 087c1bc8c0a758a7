/** What of a hub outlives it, as plain data: what a start begins with, and each change since, for a store to keep. */

import type { AuditEntry } from './audit.ts';
import type { NameBinding } from './directory.ts';
import type { GroupRule, RuleType } from './group-rules.ts';
import { type HouseChange, openHouse, type StoredHouse } from './house.ts';
import type { EnvelopeOutcome } from './mail-messages.ts';
import type { GroupRetention } from './retention.ts';
import type { ServerMessage } from './wire.ts';

/** A message at its place in a group's log. */
export type StoredMessage = Omit<Extract<ServerMessage, { readonly type: 'groupMessage' }>, 'type'>;

/** Asks for the messages of a group after `afterSeq`, oldest first, at most `limit`. */
export interface ReadQuery {
  /** As it was first spelt. */
  readonly group: string;
  readonly afterSeq: number;
  readonly limit: number;
}

/** Asks for the newest messages of a group, newest first, at most `limit`. */
export interface HistoryQuery {
  /** As it was first spelt. */
  readonly group: string;
  /** Only those before; all where it is undefined. */
  readonly beforeSeq: number | undefined;
  readonly limit: number;
}

/** The same for messages that contain all the words; none do if there are none. */
export interface SearchQuery extends HistoryQuery {
  /** Case and accents do not matter; what stands together, like `10:30`, must be found together. 32 words count. */
  readonly words: string;
}

/** A member and where it stands. */
export interface StoredMember {
  readonly name: string;
  /** Its number among all that ever joined the group. */
  readonly ordinal: number;
  /** Everything up to here it has handled. */
  readonly confirmedSeq: number;
}

/** A log that a group had before it was restored from a backup: up to `seq` it is the present one. */
export interface FormerLog {
  /** 8 bytes. */
  readonly logId: Uint8Array;
  readonly seq: number;
}

/** Messages of a log that a store has let go of: the oldest, up to one. */
export interface Dropped {
  /** As it was first spelt. */
  readonly group: string;
  /** 8 bytes; another group of the name has another one. */
  readonly logId: Uint8Array;
  /** The oldest that is left, or the next one. */
  readonly firstSeq: number;
  /** How many went. */
  readonly messages: number;
}

/** A group as it was when its last change was stored. */
export interface StoredGroup {
  readonly name: string;
  /** 8 bytes. */
  readonly logId: Uint8Array;
  /** The number of the newest message; 0 before the first. */
  readonly headSeq: number;
  /** The newest messages without a gap, up to `headSeq`: as many as the store gives back. */
  readonly messages: readonly StoredMessage[];
  /** In the order in which they joined. */
  readonly members: readonly StoredMember[];
  /** The newest last. */
  readonly formerLogs: readonly FormerLog[];
  /** Of each type and name the newest, and none that was ended; those of a type in the order in which they were set. */
  readonly rules: readonly GroupRule[];
  /** Bounds of its own, beside those of the server: of each the stricter one holds. */
  readonly retention: GroupRetention;
}

/** Where a message of a process was put. */
export interface StoredSend {
  readonly counter: number;
  readonly logId: Uint8Array;
  readonly seq: number;
}

/** What is known of the sends of one process of a client. */
export interface StoredProcess {
  /** Of the client, 64 hex digits. */
  readonly identity: string;
  /** 8 bytes. */
  readonly id: Uint8Array;
  /** What became of counters below is not known, unless `sends` tells. */
  readonly forgottenBelow: number;
  /** Counters that are not below and not among these were never sent. */
  readonly sends: readonly StoredSend[];
}

/** A sealed private message that waits for its recipient. Names are as they were first spelt. */
export interface StoredEnvelope {
  /** Larger than those of all before. */
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly mid: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly storedAtMs: number;
  /** Opaque to a server. */
  readonly sealed: Uint8Array;
}

/** What became of an envelope and its sender has not confirmed to know. */
export interface StoredOutcome extends Omit<StoredEnvelope, 'sealed' | 'storedAtMs'> {
  readonly outcome: EnvelopeOutcome;
}

/** Everything that was stored, in the order in which it came to be. */
export interface StoredState {
  readonly names: readonly NameBinding[];
  readonly groups: readonly StoredGroup[];
  readonly processes: readonly StoredProcess[];
  readonly house: StoredHouse;
  readonly envelopes: readonly StoredEnvelope[];
  /** In the order in which they came about. */
  readonly outcomes: readonly StoredOutcome[];
}

/** A change of {@link StoredState}; names of groups and members are as they were first spelt. */
export type StoreChange =
  | { readonly type: 'nameBound'; readonly name: string; readonly identity: string }
  /** The name is free again; its memberships have ended before. */
  | { readonly type: 'nameReleased'; readonly name: string }
  | HouseChange
  /** A process has registered of which nothing is known; counters below `nextCounter` were used before. */
  | {
      readonly type: 'processOpened';
      readonly identity: string;
      readonly id: Uint8Array;
      readonly nextCounter: number;
    }
  /** The process was away longest of too many. */
  | { readonly type: 'processForgotten'; readonly identity: string; readonly id: Uint8Array }
  | { readonly type: 'groupCreated'; readonly group: string; readonly logId: Uint8Array }
  /** These are the group's own bounds from now on. */
  | {
      readonly type: 'retentionSet';
      readonly group: string;
      readonly retention: GroupRetention;
    }
  /** With its messages, members and rules; its name is free again. What became of sends to it stays known. */
  | { readonly type: 'groupRemoved'; readonly group: string }
  /** The member reads what comes after `seq`. */
  | {
      readonly type: 'memberJoined';
      readonly group: string;
      readonly name: string;
      readonly ordinal: number;
      readonly seq: number;
    }
  | { readonly type: 'memberLeft'; readonly group: string; readonly name: string }
  /** The member has handled everything up to `seq`. */
  | {
      readonly type: 'memberConfirmed';
      readonly group: string;
      readonly name: string;
      readonly seq: number;
    }
  /** The message follows the newest of its group; by its mid it is a send of its sender's process. */
  | {
      readonly type: 'messageAppended';
      readonly group: string;
      /** Of the sender. */
      readonly identity: string;
      readonly message: StoredMessage;
      /** The sender had handled everything before, and thereby stands at its own message. */
      readonly isHandled: boolean;
    }
  /** The rule takes the place of the one of its type and name, or of its type where a group has one of it. */
  | { readonly type: 'ruleSet'; readonly group: string; readonly rule: GroupRule }
  | {
      readonly type: 'ruleEnded';
      readonly group: string;
      readonly rule: RuleType;
      /** Empty where a group has one of the type. */
      readonly name: string;
    }
  | { readonly type: 'envelopeStored'; readonly envelope: StoredEnvelope }
  /** The envelope is kept no more; its outcome is, for its sender. */
  | { readonly type: 'envelopeSettled'; readonly id: number; readonly outcome: EnvelopeOutcome }
  /** The outcome is kept no more: its sender knows it, or there are too many. */
  | { readonly type: 'outcomeForgotten'; readonly id: number }
  /** Kept for {@link AuditEntry}'s readers; no part of {@link StoredState}. */
  | { readonly type: 'audited'; readonly entry: AuditEntry };

/** Before anything was stored. */
export const nothingStored: StoredState = {
  names: [],
  groups: [],
  processes: [],
  house: openHouse,
  envelopes: [],
  outcomes: [],
};
