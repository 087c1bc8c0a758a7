/** The thread that reads a server's database, so that nobody's search keeps others waiting. */

import type { DatabaseSync } from 'node:sqlite';
import type { AuditEntry } from '../chat/audit.ts';
import type {
  HistoryQuery,
  ReadQuery,
  SearchQuery,
  StoredMessage,
  StoredState,
} from '../chat/records.ts';
import { openForReading } from './sqlite-database.ts';
import { type LoadLimits, Queries } from './sqlite-queries.ts';
import { perform } from './thread.ts';

let open: { readonly database: DatabaseSync; readonly queries: Queries } | undefined;

const tasks = {
  /** Opens a database that is there. @throws BanterError DATA_UNUSABLE, DATA_DAMAGED */
  open({ path }: { readonly path: string }): void {
    const database = openForReading(path);
    open = { database, queries: new Queries(path, database) };
  },

  load: (limits: LoadLimits): StoredState => opened().queries.load(limits),
  read: (query: ReadQuery): readonly StoredMessage[] => opened().queries.read(query),
  history: (query: HistoryQuery): readonly StoredMessage[] => opened().queries.history(query),
  search: (query: SearchQuery): readonly StoredMessage[] => opened().queries.search(query),
  audit: (query: { readonly limit: number }): readonly AuditEntry[] =>
    opened().queries.audit(query),

  close(): void {
    open?.database.close();
    open = undefined;
  },
};

export type ReaderTasks = typeof tasks;

function opened(): { readonly database: DatabaseSync; readonly queries: Queries } {
  if (open === undefined) throw new Error('the database is not open');
  return open;
}

perform(tasks);
