/** The durable store of a server: a SQLite database in its folder, written by one thread and read by another. */

import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEntry } from '../chat/audit.ts';
import { type HubLimits, parseLimits } from '../chat/limits.ts';
import type {
  HistoryQuery,
  ReadQuery,
  SearchQuery,
  StoreChange,
  StoredMessage,
  StoredState,
} from '../chat/records.ts';
import { ownedBytes } from './cloning.ts';
import { FolderLock } from './folder-lock.ts';
import { readNames } from './names-file.ts';
import { makePrivate, readOrMakeSeed } from './private-files.ts';
import type { Synchronous } from './sqlite-database.ts';
import type { ReaderTasks } from './sqlite-reader.ts';
import type { WriterTasks } from './sqlite-writer.ts';
import type { Store } from './store.ts';
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

/** The newest messages of each group that a start is given; older ones are read when somebody asks. */
const tailMessages = 200;

/** One process at a time has a folder. */
export class SqliteStore implements Store {
  readonly seed: Uint8Array;
  readonly isDurable: boolean;
  readonly #lock: FolderLock;
  readonly #writer: Thread<WriterTasks>;
  readonly #reader: Thread<ReaderTasks>;
  readonly #sendsRemembered: number;

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

  load(): Promise<StoredState> {
    return this.#reader.ask('load', { tailMessages, sendsRemembered: this.#sendsRemembered });
  }

  write(changes: readonly StoreChange[]): Promise<void> {
    return this.#writer.ask('write', changes.map(ownedBytes));
  }

  read(query: ReadQuery): Promise<readonly StoredMessage[]> {
    return this.#reader.ask('read', query);
  }

  history(query: HistoryQuery): Promise<readonly StoredMessage[]> {
    return this.#reader.ask('history', query);
  }

  search(query: SearchQuery): Promise<readonly StoredMessage[]> {
    return this.#reader.ask('search', query);
  }

  audit(query: { readonly limit: number }): Promise<readonly AuditEntry[]> {
    return this.#reader.ask('audit', query);
  }

  async close(): Promise<void> {
    for (const thread of [this.#reader, this.#writer]) {
      // A thread that is gone has nothing open.
      await thread.ask('close', undefined as never).catch(() => undefined);
      await thread.close();
    }
    this.#lock.release();
  }

  async #open({ folder, bytesMax, synchronous = 'FULL' }: SqliteStoreOptions): Promise<void> {
    const path = join(folder, 'chat.db');
    const sendsRemembered = this.#sendsRemembered;
    await this.#writer.ask('open', { path, bytesMax, synchronous, sendsRemembered });
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) makePrivate(path + suffix);
    }
    await this.#adoptNames(join(folder, 'names.jsonl'));
    await this.#reader.ask('open', { path });
  }

  /** Names of a server from before there was a database; the file steps aside once they are in it. */
  async #adoptNames(path: string): Promise<void> {
    if (!existsSync(path)) return;
    await this.#writer.ask('adoptNames', readNames(path));
    renameSync(path, `${path}.adopted`);
  }
}
