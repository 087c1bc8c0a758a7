/** Opening the database of what plugins keep, and bringing it to the newest version: forward only, and nobody else's. */

import { existsSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import {
  guarded,
  inTransaction,
  makePrivateFile,
  openForReading,
  openForWriting,
  pragma,
} from '../core/database-api.ts';
import { BanterError } from '../core/error-api.ts';

/** By this a file is known for that of plugins: "BntP". */
const applicationId = 0x42_6e_74_50;

/** Milliseconds for which the thread of the chat waits for another process; whoever asks tries again. */
const busyTimeoutMs = 10;

/** What leads from each version to the next, from nothing on. What was released is never changed. */
const migrations: readonly string[] = [
  // AUTOINCREMENT never gives a number twice, so that a version of a value stands for one writing of it.
  `CREATE TABLE entries (
     version INTEGER PRIMARY KEY AUTOINCREMENT,
     plugin TEXT NOT NULL,
     key TEXT NOT NULL,
     value TEXT NOT NULL,
     bytes INTEGER NOT NULL,
     UNIQUE (plugin, key)
   ) STRICT;
   CREATE TABLE usage (
     plugin TEXT PRIMARY KEY,
     keys INTEGER NOT NULL,
     bytes INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE jobs (
     client TEXT NOT NULL,
     plugin TEXT NOT NULL,
     job TEXT NOT NULL,
     key TEXT NOT NULL,
     spec TEXT NOT NULL,
     data TEXT NOT NULL,
     next_at INTEGER NOT NULL,
     attempts INTEGER NOT NULL,
     PRIMARY KEY (client, plugin, job, key)
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE sent (
     client TEXT NOT NULL,
     plugin TEXT NOT NULL,
     key TEXT NOT NULL,
     mid TEXT NOT NULL,
     receipt TEXT NOT NULL,
     at INTEGER NOT NULL,
     PRIMARY KEY (client, plugin, key)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX sent_by_age ON sent (client, plugin, at);`,
  // What stands as "plugin" in the other tables is a keeper.
  `CREATE TABLE keepers (
     keeper TEXT PRIMARY KEY,
     plugin TEXT NOT NULL,
     source TEXT NOT NULL,
     UNIQUE (plugin, source)
   ) STRICT, WITHOUT ROWID;`,
];

/**
 * Opens the file, made for its owner only where there is none. One that is damaged, newer or somebody else's is left as it is.
 * @throws BanterError DATA_UNUSABLE, DATA_DAMAGED, DATA_TOO_NEW, STORE_FULL
 */
export function openDatabase(path: string): DatabaseSync {
  makeIfAbsent(path);
  checkOwn(path);
  const database = openForWriting({
    path,
    synchronous: 'NORMAL',
    busyTimeoutMs,
    checkpoints: false,
  });
  try {
    migrate(path, database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Makes the tables that are missing. @throws BanterError */
export function migrate(path: string, database: DatabaseSync): void {
  inTransaction(path, database, () => {
    const version = versionOf(path, database);
    if (version === migrations.length) return;
    for (const statements of migrations.slice(version)) database.exec(statements);
    database.exec(
      `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`,
    );
  });
}

function makeIfAbsent(path: string): void {
  try {
    if (!existsSync(path)) makePrivateFile(path);
  } catch (error) {
    // Another process may have made it at the same moment.
    if (!existsSync(path)) throw error;
  }
}

/** Opening for writing changes a file before anybody has looked whose it is. */
function checkOwn(path: string): void {
  if (statSync(path).size === 0) return;
  const database = openForReading(path);
  try {
    guarded(path, () => versionOf(path, database));
  } finally {
    database.close();
  }
}

/** The version of a database; 0 for one without tables. */
function versionOf(path: string, database: DatabaseSync): number {
  const application = Number(pragma(database, 'application_id'));
  const version = Number(pragma(database, 'user_version'));
  if (application === 0 && version === 0) {
    const tables = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get();
    if (tables?.['tables'] === 0) return 0;
  }
  if (application !== applicationId) {
    throw new BanterError(
      'DATA_UNUSABLE',
      `cannot use ${path}: it is a database, but not that of plugins`,
      {
        data: { path },
      },
    );
  }
  if (version <= migrations.length) return version;
  throw new BanterError(
    'DATA_TOO_NEW',
    `cannot use ${path}: it has version ${version} of the schema, this program knows up to ${migrations.length}`,
    { data: { path, version, known: migrations.length } },
  );
}
