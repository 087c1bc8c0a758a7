/** Opening a database the one way that keeps what it acknowledges, and saying in codes what goes wrong with one. */

import { DatabaseSync } from 'node:sqlite';
import { BanterError, type ErrorCode } from '../errors.ts';

/** When what is written is on the disk: at every commit, or some time later, so that a power cut loses the newest. */
export type Synchronous = 'FULL' | 'NORMAL';

export interface OpenDatabaseOptions {
  readonly path: string;
  readonly synchronous?: Synchronous;
  /** The file grows no further; beyond, it is as if the disk were full. Bytes. */
  readonly bytesMax?: number | undefined;
  /** Whoever else holds the database has this long to let go, and the thread waits. Milliseconds, default 5000. */
  readonly busyTimeoutMs?: number;
  /** Whether commits take the log of writes over into the database whenever it has grown, and wait for the disk. Default true. */
  readonly checkpoints?: boolean;
}

/** Whoever else holds the database, a backup for instance, has this long to let go. Milliseconds. */
const busyTimeoutMsDefault = 5000;

/** The log of writes is cut back to this once it has been taken over into the database. Bytes. */
const journalBytesMax = 64 * 1024 * 1024;

/** Bytes of a page, as the database is made with. */
export const pageBytes = 4096;

const levels = { FULL: 2, NORMAL: 1 } as const;

/** Opens for writing, and makes the database if there is none. @throws BanterError DATA_UNUSABLE, DATA_DAMAGED, STORE_FULL */
export function openForWriting(options: OpenDatabaseOptions): DatabaseSync {
  const { path, synchronous = 'FULL', bytesMax, checkpoints = true } = options;
  const { busyTimeoutMs = busyTimeoutMsDefault } = options;
  return guarded(path, () => {
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    try {
      database.exec(`
        PRAGMA page_size = ${pageBytes};
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = ${synchronous};
        PRAGMA journal_size_limit = ${journalBytesMax};
      `);
      // A setting that does not hold says nothing; what is acknowledged depends on these two.
      const held = [pragma(database, 'journal_mode'), pragma(database, 'synchronous')];
      if (held[0] !== 'wal' || held[1] !== levels[synchronous]) {
        throw unusable(path, `it does not keep to its settings (${held.join(', ')})`);
      }
      if (bytesMax !== undefined) {
        database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytesMax / pageBytes))}`);
      }
      if (!checkpoints) database.exec('PRAGMA wal_autocheckpoint = 0');
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Opens for reading only; the database must be there. @throws BanterError DATA_UNUSABLE, DATA_DAMAGED */
export function openForReading(path: string): DatabaseSync {
  return guarded(
    path,
    () => new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMsDefault }),
  );
}

/** What is wrong with a database, in SQLite's words; nothing if it is whole. Reads all of it. */
export function findingsOf(database: DatabaseSync): readonly string[] {
  const rows = database.prepare('PRAGMA quick_check').all();
  return rows.map((row) => String(row['quick_check'])).filter((finding) => finding !== 'ok');
}

/** A number or text that SQLite tells of itself. */
export function pragma(database: DatabaseSync, name: string): unknown {
  const [row = {}] = database.prepare(`PRAGMA ${name}`).all();
  return Object.values(row)[0];
}

/** A value of a column of bytes; empty where there is none. */
export function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}

/** Does something with a database, and says in a code what goes wrong. */
export function guarded<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw asBanterError(path, error);
  }
}

/** The same in one transaction: what fails leaves nothing. Within another transaction it is a part of that. */
export function inTransaction<Result>(
  path: string,
  database: DatabaseSync,
  work: () => Result,
): Result {
  if (database.isTransaction) return guarded(path, work);
  try {
    database.exec('BEGIN IMMEDIATE');
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // Some errors have undone everything already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw asBanterError(path, error);
  }
}

/** Codes by SQLite's own (https://sqlite.org/rescode.html); whatever else it may be makes the data unusable. */
const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [11, 'DATA_DAMAGED'],
  [13, 'STORE_FULL'],
  [26, 'DATA_DAMAGED'],
]);

/** SQLITE_IOERR_SHMSIZE: there is no room for the index of the log of writes. */
const noRoomForIndex = 4874;

function asBanterError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error;
  const number = Number(error.errcode);
  const code = number === noRoomForIndex ? 'STORE_FULL' : codes.get(number & 0xff);
  return new BanterError(code ?? 'DATA_UNUSABLE', `cannot use ${path}: ${error.message}`, {
    cause: error,
    data: { path, sqlite: number },
  });
}

function unusable(path: string, reason: string): BanterError {
  return new BanterError('DATA_UNUSABLE', `cannot use ${path}: ${reason}`, { data: { path } });
}
