/** What a server outlives a crash by: a place for its identity and for every change that must not be undone. */

import type { AuditEntry } from '../chat/audit.ts';
import type {
  Dropped,
  HistoryQuery,
  ReadQuery,
  SearchQuery,
  StoreChange,
  StoredMessage,
  StoredState,
} from '../chat/records.ts';
import type { Retention } from '../chat/retention.ts';

/** What is to go. */
export interface PruneQuery {
  readonly retention: Retention;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** How much of a group is kept. */
export interface GroupStats {
  readonly name: string;
  readonly members: number;
  /** The number of the newest message, kept or not; 0 before the first. */
  readonly headSeq: number;
  readonly messages: number;
  /** What these take, roughly. */
  readonly bytes: number;
}

/** How much a store keeps. */
export interface StoreStats {
  readonly names: number;
  readonly processes: number;
  /** In the order of their creation. */
  readonly groups: readonly GroupStats[];
  /** Of all groups. */
  readonly messages: number;
  /** What the store takes altogether where it is kept, roughly. */
  readonly bytes: number;
}

/**
 * One server uses a store at a time: it loads once and then writes. What a server tells anybody is stored before.
 * How much of a log or of a process' sends a store gives back is its own affair: members meet a gap, and senders
 * `OUTCOME_UNKNOWN`, where it gives less than there was.
 */
export interface Store {
  /** 32 bytes from which the server's identity follows; the same at every start. */
  readonly seed: Uint8Array;
  /** Whether messages that are stored outlive a crash of this process; clients are told so. */
  readonly isDurable: boolean;
  /** Everything that was stored. @throws BanterError DATA_UNUSABLE */
  load(): Promise<StoredState>;
  /**
   * Stores changes in their order, so that a crash leaves all up to some change and none after it. It is not called
   * again before it is done, and not after it has failed for good; what gathers meanwhile comes in one call.
   * @returns nothing if they are stored already
   * @throws BanterError DATA_UNUSABLE, at once or by the promise; STORE_FULL where there is no room: none of the changes is
   *   stored then, and the same may be written again
   */
  write(changes: readonly StoreChange[]): Promise<void> | undefined;
  /**
   * The messages of a group after one. Fewer than asked for come only at the end; the first is a later one than the next
   * where those between were dropped.
   * @throws BanterError DATA_UNUSABLE
   */
  read(query: ReadQuery): Promise<readonly StoredMessage[]>;
  /** The newest messages of a group. @throws BanterError DATA_UNUSABLE */
  history(query: HistoryQuery): Promise<readonly StoredMessage[]>;
  /** The newest messages of a group that contain all the words. @throws BanterError DATA_UNUSABLE */
  search(query: SearchQuery): Promise<readonly StoredMessage[]>;
  /**
   * Drops the oldest messages of what is beyond the bounds: so few at a time that nobody waits long.
   * @returns what went; once that is nothing, nothing is beyond
   * @throws BanterError DATA_UNUSABLE, STORE_FULL
   */
  prune(query: PruneQuery): Promise<readonly Dropped[]>;
  /** How much there is. @throws BanterError DATA_UNUSABLE */
  stats(): Promise<StoreStats>;
  /** The newest entries of the audit trail, newest first, at most `limit`. */
  audit(query: { readonly limit: number }): Promise<readonly AuditEntry[]>;
  /** Whether what it keeps can be found again: no longer once somebody has deleted or replaced the files that it writes. */
  isInPlace(): Promise<boolean>;
  /** Frees what it holds; whoever opened the store closes it. */
  close(): Promise<void>;
}
