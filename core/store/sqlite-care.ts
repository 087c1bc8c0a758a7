/** The thread that looks after the database of a server from outside: copies, restores, checks and counts. */

import { randomBytes } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type BackupLabel, sealBackup, unsealBackup } from './backup-file.ts';
import { makePrivateFile, syncFolder } from './private-files.ts';
import { migrate } from './schema.ts';
import {
  findingsOf,
  guarded,
  inTransaction,
  openForReading,
  openForWriting,
} from './sqlite-database.ts';
import { Queries } from './sqlite-queries.ts';
import type { StoreStats } from './store.ts';
import { perform } from './thread.ts';

export interface BackupTask {
  /** The database. */
  readonly path: string;
  /** The file to make; it appears when it is complete. */
  readonly to: string;
  readonly label: BackupLabel;
}

export interface RestoreTask {
  readonly from: string;
  /** The database to make; there must be none. */
  readonly path: string;
}

/** So many of the logs that a group had are remembered; who comes from an older one meets a gap, and nothing twice. */
const formerLogsMax = 16;

const tasks = {
  /**
   * Copies a database while a server may write to it. All is of one moment: it is read in one transaction, where SQLite's
   * own backup would begin anew each time that another connection has written.
   */
  backup({ path, to, label }: BackupTask): void {
    const partial = `${to}.partial`;
    rmSync(partial, { force: true });
    makePrivateFile(partial);
    try {
      reading(path, (database) =>
        guarded(partial, () => database.prepare('VACUUM INTO ?').run(partial)),
      );
      sealBackup(partial, label);
      renameSync(partial, to);
      syncFolder(dirname(to));
    } finally {
      rmSync(partial, { force: true });
    }
  },

  /** Makes a database from a backup, if every byte of that is as it was; what fails leaves nothing. */
  async restore({ from, path }: RestoreTask): Promise<BackupLabel> {
    makePrivateFile(path);
    try {
      const label = unsealBackup(from, path);
      const database = openForWriting({ path });
      try {
        await migrate(path, database);
        inTransaction(path, database, () => renewLogs(database));
      } finally {
        database.close();
      }
      return label;
    } catch (error) {
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
      throw error;
    }
  },

  stats: (path: string): StoreStats =>
    reading(path, (database) => new Queries(path, database).stats()),

  /** What is wrong with a database, in words; nothing if it is whole. */
  check: (path: string): readonly string[] =>
    reading(path, (database) => guarded(path, () => findingsOf(database))),
};

export type CareTasks = typeof tasks;

function reading<Result>(path: string, work: (database: DatabaseSync) => Result): Result {
  const database = openForReading(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/**
 * What was said after the backup is lost, and its numbers will be given to other messages: so every log gets a new id, and
 * remembers the old one and how far it goes (docs/PROTOCOL.md §8).
 */
function renewLogs(database: DatabaseSync): void {
  const remember = database.prepare(
    'INSERT INTO former_logs (group_id, log_id, seq) SELECT id, log_id, head_seq FROM groups WHERE id = ?',
  );
  const forget = database.prepare(
    `DELETE FROM former_logs WHERE group_id = :id AND place NOT IN
      (SELECT place FROM former_logs WHERE group_id = :id ORDER BY place DESC LIMIT ${formerLogsMax})`,
  );
  const rename = database.prepare('UPDATE groups SET log_id = ? WHERE id = ?');
  for (const { id = null } of database.prepare('SELECT id FROM groups').all()) {
    remember.run(id);
    forget.run({ id });
    rename.run(randomBytes(8), id);
  }
}

perform(tasks);
