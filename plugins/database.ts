/** The database of what plugins keep: opened with its first use, written in transactions that gather what is asked for meanwhile. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { checkpoint, inTransaction } from '../core/database-api.ts';
import { BanterError } from '../core/error-api.ts';
import { migrate, openDatabase } from './database-schema.ts';
import { JobTable } from './job-table.ts';
import { KeeperTable } from './keeper-table.ts';
import { OpenWork } from './open-work.ts';
import { SentTable } from './sent-table.ts';
import { StorageTable } from './storage-table.ts';

/** What a transaction can work on. */
export interface Tables {
  readonly keepers: KeeperTable;
  readonly storage: StorageTable;
  readonly jobs: JobTable;
  readonly sent: SentTable;
}

interface Task {
  /** Does it inside a transaction. @throws what SQLite throws, which undoes the transaction */
  perform(tables: Tables): void;
  /** The transaction is written: what came of it holds. */
  settle(): void;
  fail(error: unknown): void;
}

interface Open {
  readonly database: DatabaseSync;
  readonly tables: Tables;
}

/** Milliseconds of work in one transaction; what is left over goes into the next, after everybody else had a turn. */
const sliceMs = 10;

/** Milliseconds until it is tried again while another process holds the file, and until whatever waits is refused. */
const busyRetryMs = 50;
const busyMaxMs = 5000;

const sqliteBusy = 5;

/** The log of writes is taken over into the database once it has grown to this, and to twice as much after each failure. Bytes. */
const logBytesMax = 4_194_304;

/** Where it is in a folder for what plugins keep. */
export function databasePathOf(dataDir: string): string {
  return join(dataDir, 'plugins', 'storage.db');
}

/**
 * Works on the thread of the chat. What is answered is in the hands of the system, so that the end of the process loses
 * nothing; nobody waits until it is on the disk, so that a power cut may lose the newest.
 */
export class PluginDatabase {
  readonly #path: string | undefined;
  readonly #work: OpenWork;
  /** Bounded by those who ask: a plugin has so many operations without an answer, and a runtime so many plugins. */
  readonly #waiting: Task[] = [];
  #open: Open | undefined;
  /** The transaction that is about to be. */
  #next: NodeJS.Immediate | NodeJS.Timeout | undefined;
  #busySinceMs: number | undefined;
  #checkpoint: Promise<void> | undefined;
  #logBytesMax = logBytesMax;
  #closing: Promise<void> | undefined;
  #written: () => void = () => undefined;

  /** `path` is that of the file; without one everything is in memory and ends with this object. */
  constructor(path: string | undefined, work: OpenWork = new OpenWork(() => undefined)) {
    this.#path = path;
    this.#work = work;
  }

  /**
   * Does `work` in a transaction, after what was asked for before, and resolves with its result once that is written.
   * `work` may throw to refuse, but only before it writes anything.
   * @throws BanterError DATA_UNUSABLE, DATA_DAMAGED, DATA_TOO_NEW, STORE_FULL, CLOSED, and what `work` throws
   */
  run<Result>(work: (tables: Tables) => Result): Promise<Result> {
    if (this.#closing !== undefined) {
      return Promise.reject(new BanterError('CLOSED', 'the plugin runtime has been closed'));
    }
    const done = new Promise<Result>((resolve, reject) => {
      let settle = (): void => undefined;
      this.#waiting.push({
        perform: (tables) => {
          settle = outcomeOf(() => work(tables), resolve, reject);
        },
        settle: () => settle(),
        fail: reject,
      });
      this.#next ??= setImmediate(() => this.#write());
    });
    return this.#work.during(done);
  }

  /** Writes what was asked for and closes the file. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    if (this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        this.#written = resolve;
      });
    }
    await this.#checkpoint;
    this.#release();
  }

  #write(): void {
    this.#next = undefined;
    try {
      const done = this.#transact();
      this.#busySinceMs = undefined;
      for (const { settle } of this.#waiting.splice(0, done)) settle();
      if (this.#waiting.length > 0) this.#next = setImmediate(() => this.#write());
      this.#checkpoint ??= this.#shortenLog();
    } catch (error) {
      if (this.#mayWait(error)) {
        this.#next = setTimeout(() => this.#write(), busyRetryMs);
      } else {
        this.#fail(error);
      }
    }
    if (this.#waiting.length === 0) this.#written();
  }

  /** One transaction of as much as fits into its time; returns how many tasks that was. */
  #transact(): number {
    this.#open ??= open(this.#path);
    const { database, tables } = this.#open;
    return inTransaction(this.#path ?? 'memory', database, () => {
      const untilMs = performance.now() + sliceMs;
      let done = 0;
      for (const { perform } of this.#waiting) {
        perform(tables);
        done += 1;
        if (performance.now() >= untilMs) break;
      }
      return done;
    });
  }

  #mayWait(error: unknown): boolean {
    if (!(error instanceof BanterError) || (Number(error.data['sqlite']) & 0xff) !== sqliteBusy) {
      return false;
    }
    const now = performance.now();
    this.#busySinceMs ??= now;
    return now - this.#busySinceMs < busyMaxMs;
  }

  #fail(error: unknown): void {
    this.#busySinceMs = undefined;
    // Looked at anew with the next task: the file may be repaired by then, or the disk have room.
    if (this.#path !== undefined) this.#release();
    for (const { fail } of this.#waiting.splice(0)) fail(error);
  }

  /** In a thread of its own, as it waits for the disk, which no commit does. */
  #shortenLog(): Promise<void> | undefined {
    const path = this.#path;
    const log = path && statSync(`${path}-wal`, { throwIfNoEntry: false });
    if (path === undefined || !log || log.size < this.#logBytesMax) return undefined;
    const over = (bytesMax: number) => () => {
      this.#logBytesMax = bytesMax;
      this.#checkpoint = undefined;
    };
    // What is wrong with the file is told whoever uses it next; here it only lets the log grow.
    return checkpoint(path).then(over(logBytesMax), over(2 * log.size));
  }

  #release(): void {
    this.#open?.database.close();
    this.#open = undefined;
  }
}

function open(path: string | undefined): Open {
  const database = path === undefined ? new DatabaseSync(':memory:') : openDatabase(path);
  if (path === undefined) migrate('memory', database);
  const keepers = new KeeperTable(database);
  return {
    database,
    tables: {
      keepers,
      storage: new StorageTable(database, keepers),
      jobs: new JobTable(database, keepers),
      sent: new SentTable(database, keepers),
    },
  };
}

/** What to call once the transaction is written. An error of SQLite is thrown on: it undoes what others did, too. */
function outcomeOf<Result>(
  work: () => Result,
  resolve: (result: Result) => void,
  reject: (error: unknown) => void,
): () => void {
  try {
    const result = work();
    return () => resolve(result);
  } catch (error) {
    if (error instanceof Error && 'errcode' in error) throw error;
    return () => reject(error);
  }
}
