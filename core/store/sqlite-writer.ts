/** The thread that writes a server's database, alone. */

import type { DatabaseSync } from 'node:sqlite';
import type { NameBinding } from '../chat/directory.ts';
import type { StoreChange } from '../chat/records.ts';
import { migrate } from './schema.ts';
import { ChangeWriter } from './sqlite-changes.ts';
import {
  guarded,
  inTransaction,
  type OpenDatabaseOptions,
  openForWriting,
} from './sqlite-database.ts';
import { dropExcess, type Excess } from './sqlite-pruning.ts';
import { perform } from './thread.ts';

export interface OpenWriterOptions extends OpenDatabaseOptions {
  /** Newest sends of a process that are kept. */
  readonly sendsRemembered: number;
}

interface Open {
  readonly path: string;
  readonly database: DatabaseSync;
  readonly writer: ChangeWriter;
}

let open: Open | undefined;

const tasks = {
  /** Opens the database, and brings it to the newest version. @throws BanterError as `openForWriting` and `migrate` */
  async open({ sendsRemembered, ...options }: OpenWriterOptions): Promise<void> {
    const { path } = options;
    const database = openForWriting(options);
    try {
      await migrate(path, database);
      open = { path, database, writer: new ChangeWriter(path, database, sendsRemembered) };
    } catch (error) {
      database.close();
      throw error;
    }
  },

  /** Binds names that an earlier store had, those that are bound already left out. */
  adoptNames(names: readonly NameBinding[]): void {
    const { path, database } = opened();
    inTransaction(path, database, () => {
      const bind = database.prepare('INSERT OR IGNORE INTO names (name, identity) VALUES (?, ?)');
      for (const { name, identity } of names) bind.run(name, identity);
    });
  },

  write(changes: readonly StoreChange[]): void {
    opened().writer.write(changes);
  },

  /** Lets a search find all that was written. */
  index(): void {
    opened().writer.index();
  },

  /** What is written from now on is stored with {@link commit}, or not at all. */
  begin(): void {
    opened().writer.begin();
  },

  commit(): void {
    opened().writer.commit();
  },

  rollback(): void {
    opened().writer.rollback();
  },

  /** Drops messages that were found to be beyond the bounds. */
  drop(found: readonly Excess[]): void {
    const { path, database } = opened();
    dropExcess(path, database, found);
  },

  /** Gives the room of what was dropped back to the disk; nothing is written meanwhile. */
  compact(): void {
    const { path, database } = opened();
    guarded(path, () => database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)'));
  },

  close(): void {
    open?.database.close();
    open = undefined;
  },
};

export type WriterTasks = typeof tasks;

function opened(): Open {
  if (open === undefined) throw new Error('the database is not open');
  return open;
}

perform(tasks);
