/** The durable store of a server: a SQLite database in its folder, written by one thread and read by another. */

import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEntry } from '../chat/audit.ts';
import { type HubLimits, parseLimits } from '../chat/limits.ts';
import type {
  Dropped,
  HistoryQuery,
  ReadQuery,
  SearchQuery,
  StoreChange,
  StoredMessage,
  StoredState,
} from '../chat/records.ts';
import { BanterError } from '../errors.ts';
import { ownedBytes } from './cloning.ts';
import { FilePlaces } from './file-places.ts';
import { FolderLock } from './folder-lock.ts';
import { readOrMakeSeed } from './identity-file.ts';
import { readNames } from './names-file.ts';
import { makePrivate, makePrivateFile } from './private-files.ts';
import type { Synchronous } from './sqlite-database.ts';
import type { ReaderTasks } from './sqlite-reader.ts';
import type { WriterTasks } from './sqlite-writer.ts';
import type { PruneQuery, Store, StoreStats } from './store.ts';
import { Thread } from './thread.ts';

/** How to keep what a server must not forget. */
export interface SqliteStoreOptions {
  /** The server's folder, made if there is none: identity, database, and the lock of who uses it. */
  readonly folder: string;
  /** 32 random bytes for the identity of a new server. */
  readonly newSeed: () => Uint8Array;
  /** Of the servers on it; those of sends count here. */
  readonly limits?: Partial<HubLimits>;
  /** Bytes that the database may take; beyond, it is as if the disk were full. Default: no bound but the disk's. */
  readonly bytesMax?: number;
  /** `NORMAL` is faster and loses the newest messages when power fails; the store is then not durable. Default `FULL`. */
  readonly synchronous?: Synchronous;
}

/** One process at a time has a folder. */
export class SqliteStore implements Store {
  readonly seed: Uint8Array;
  readonly isDurable: boolean;
  readonly #lock: FolderLock;
  readonly #writer: Thread<WriterTasks>;
  readonly #reader: Thread<ReaderTasks>;
  readonly #sendsRemembered: number;
  #places = new FilePlaces([]);
  /** Whether there may be messages that the index of words does not know yet. */
  #isIndexBehind = true;

  private constructor(
    seed: Uint8Array,
    lock: FolderLock,
    { limits, synchronous = 'FULL' }: SqliteStoreOptions,
  ) {
    this.seed = seed;
    this.isDurable = synchronous === 'FULL';
    this.#lock = lock;
    this.#sendsRemembered = parseLimits(limits ?? {}).sendsRemembered;
    this.#writer = new Thread('sqlite-writer');
    this.#reader = new Thread('sqlite-reader');
  }

  /**
   * Opens a server's folder, makes what is missing and brings the database to the newest version.
   * @throws BanterError DATA_UNUSABLE, also naming the process that has the folder, DATA_TOO_NEW, DATA_DAMAGED,
   *   STORE_FULL, OPTION_INVALID
   */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const { folder, newSeed } = options;
    const lock = FolderLock.take(folder);
    let store: SqliteStore | undefined;
    try {
      const seed = readOrMakeSeed(join(folder, 'server-key'), newSeed);
      store = new SqliteStore(seed, lock, options);
      await store.#open(options);
      return store;
    } catch (error) {
      if (store === undefined) lock.release();
      else await store.close();
      throw error;
    }
  }

  /** Without messages, which are read when somebody asks: a start takes as long as there are groups, members and processes. */
  load(): Promise<StoredState> {
    return this.#reader.ask('load', { sendsRemembered: this.#sendsRemembered });
  }

  write(changes: readonly StoreChange[]): Promise<void> {
    this.#isIndexBehind = true;
    return this.#writer.ask('write', changes.map(ownedBytes));
  }

  /**
   * Stores changes that come bit by bit: all of them or, if their source or the store fails or the process ends before,
   * none. Nothing else may be written meanwhile. @throws BanterError as {@link write}, and what the source throws
   */
  async writeWhole(parts: AsyncIterable<readonly StoreChange[]>): Promise<void> {
    await this.#writer.ask('begin', undefined);
    try {
      for await (const changes of parts) await this.write(changes);
      await this.#writer.ask('commit', undefined);
    } catch (error) {
      await this.#writer.ask('rollback', undefined);
      throw error;
    }
  }

  read(query: ReadQuery): Promise<readonly StoredMessage[]> {
    return this.#reader.ask('read', query);
  }

  history(query: HistoryQuery): Promise<readonly StoredMessage[]> {
    return this.#reader.ask('history', query);
  }

  async search(query: SearchQuery): Promise<readonly StoredMessage[]> {
    await this.#index();
    return this.#reader.ask('search', query);
  }

  audit(query: { readonly limit: number }): Promise<readonly AuditEntry[]> {
    return this.#reader.ask('audit', query);
  }

  async prune(query: PruneQuery): Promise<readonly Dropped[]> {
    const found = await this.#reader.ask('excess', query);
    if (found.length > 0) await this.#writer.ask('drop', found);
    return found;
  }

  stats(): Promise<StoreStats> {
    return this.#reader.ask('stats', undefined);
  }

  isInPlace(): Promise<boolean> {
    return this.#places.hold();
  }

  /** What is wrong with the database, in words; nothing if it is whole. Reads all of it. @throws BanterError DATA_UNUSABLE, DATA_DAMAGED */
  check(): Promise<readonly string[]> {
    return this.#reader.ask('check', undefined);
  }

  /** Gives the room of messages that were dropped back to the disk, for which it takes as much again meanwhile; writes wait. @throws BanterError DATA_UNUSABLE, STORE_FULL */
  compact(): Promise<void> {
    return this.#writer.ask('compact', undefined);
  }

  async close(): Promise<void> {
    // A thread that is gone has nothing open.
    await this.#reader.ask('close', undefined).catch(() => undefined);
    await this.#writer.ask('close', undefined).catch(() => undefined);
    await Promise.all([this.#reader.close(), this.#writer.close()]);
    this.#lock.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Where there is no room for it, what was indexed before is found nonetheless. */
  async #index(): Promise<void> {
    if (!this.#isIndexBehind) return;
    this.#isIndexBehind = false;
    try {
      await this.#writer.ask('index', undefined);
    } catch (error) {
      if (!(error instanceof BanterError && error.code === 'STORE_FULL')) throw error;
      this.#isIndexBehind = true;
    }
  }

  async #open({ folder, bytesMax, synchronous = 'FULL' }: SqliteStoreOptions): Promise<void> {
    const path = join(folder, 'chat.db');
    // Of a server from before there was a database; the file steps aside once its names are in it.
    const namesPath = join(folder, 'names.jsonl');
    const names = readNames(namesPath);
    const sendsRemembered = this.#sendsRemembered;
    // What SQLite puts beside it gets the same mode.
    if (existsSync(path)) makePrivate(path);
    else makePrivateFile(path);
    await this.#writer.ask('open', { path, bytesMax, synchronous, sendsRemembered });
    if (names.length > 0) await this.#writer.ask('adoptNames', names);
    if (existsSync(namesPath)) renameSync(namesPath, `${namesPath}.adopted`);
    await this.#reader.ask('open', { path });
    this.#places = new FilePlaces([path, `${path}-wal`]);
  }
}
