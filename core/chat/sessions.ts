/** What a hub knows of connections and clients: a link ends with its connection, a session stays with its name. */

import type { Address } from '../protocol/address.ts';
import type { Reading } from './catch-up.ts';
import { nowhere } from './directory.ts';
import type { GroupLog } from './group-log.ts';
import type { GroupRules } from './group-rules.ts';
import type { MailView } from './mailboxes.ts';
import type { FormerLog } from './records.ts';
import type { GroupRetention } from './retention.ts';
import type { Process } from './send-history.ts';
import type { TokenBucket } from './token-bucket.ts';
import type { LeaveReason } from './types.ts';

/** One connection of a client. */
export interface Link {
  readonly number: number;
  /** What the connection has proved, 64 hex digits. */
  readonly identity: string;
  /** Where it comes from at present. */
  address: Address;
  readonly requests: TokenBucket;
  readonly requestBytes: TokenBucket;
  /** False once it is down or closed; somebody may still hold it. */
  isUp: boolean;
  /** Undefined until it has a name. */
  registration: Registration | undefined;
  /** It has de-registered: one connection, one name. */
  hasLeft: boolean;
  /** Its claim waits for a probe of another link. */
  isClaiming: boolean;
  /** Others are not told its address. */
  hidesAddress: boolean;
  /** It does not answer: its name is offline until it does. */
  isSilent: boolean;
  /** Whether the owner knows that there is something to read. */
  isReadable: boolean;
  nextConversation: number;
  /** Memberships with something to read, in turn. */
  readonly ready: Membership[];
  readonly view: DirectoryView;
  /** Undefined until it was handed any. */
  mail: MailView | undefined;
}

/** What others are told of where a client is. */
export function toldAddress({ hidesAddress, address }: Link): Address {
  return hidesAddress ? nowhere : address;
}

/** What a link has read of the directory, and what it may read. */
export interface DirectoryView {
  /** Whether it is told of everybody; else of itself, its contacts, and the members of its groups. */
  isWhole: boolean;
  /** Everything up to here was read, and everything up to there is for it to read. */
  readVersion: number;
  offeredVersion: number;
  /** Folded names that it looked up, the one asked for longest ago first. */
  contacts: Set<string> | undefined;
  /** Folded names of which it is to be told besides: as many at most as it watches. */
  news: Set<string> | undefined;
  /** It is not told everything anew before. */
  resyncableAt: number;
}

/** Under which name and in which role a link speaks. */
export interface Registration {
  readonly session: Session;
  readonly process: Process;
  readonly bot: boolean;
  readonly isAuxiliary: boolean;
}

/** What lasts of a client: its memberships and where it stands in them. */
export interface Session {
  readonly name: string;
  /** The folded name. */
  readonly key: string;
  /** By folded name of the group. */
  readonly memberships: Map<string, Membership>;
  /** Why it lost groups that it has not used since, by folded name; as many as there are groups; undefined for none. */
  removedFrom: Map<string, Departure> | undefined;
  /** Where it is present; undefined while it is absent. */
  link: Link | undefined;
}

/** Why a membership has ended. */
export interface Departure {
  readonly reason: LeaveReason;
  /** Who ended it; empty where nobody but the member or the server did. */
  readonly by: string;
  /** The reason that was given; may be empty. */
  readonly words: string;
}

/** A group; it stays until it is removed. */
export interface Group {
  /** Counted from 1 among all groups since the start. */
  readonly ordinal: number;
  readonly name: string;
  /** The folded name. */
  readonly key: string;
  readonly logId: Uint8Array;
  readonly log: GroupLog;
  /** Logs that it had before it was restored from a backup, the newest last. */
  readonly formerLogs: readonly FormerLog[];
  readonly rules: GroupRules;
  /** Bounds of its own, beside those of the server: of each the stricter one holds. */
  retention: GroupRetention;
  /** By folded name of the member, in the order in which they joined. */
  readonly members: Map<string, Membership>;
  /** Members with a conversation: those to whom news are to be told. */
  readonly listeners: Set<Membership>;
  nextOrdinal: number;
}

/** One client in one group: a cursor into the log, whoever reads or does not. */
export interface Membership {
  readonly group: Group;
  readonly session: Session;
  /** Counted from 1 in the group's history. */
  readonly ordinal: number;
  /** Everything up to here was handed to its connection or is its own. */
  readSeq: number;
  /** The last message handed to its connection; after it come its own at most, up to `readSeq`. */
  handedSeq: number;
  /** Everything up to here it has handled or sent; reading goes on here after an absence. */
  confirmedSeq: number;
  /** It stood in another log: it is told so before anything else. */
  isGapDue: boolean;
  /** Whether its link has it among those with something to read. */
  isReady: boolean;
  /** How far it is in the store; undefined while it reads what is in memory. */
  reading: Reading | undefined;
  /** Undefined while it is absent. */
  listener: { readonly link: Link; readonly conversation: number } | undefined;
}
