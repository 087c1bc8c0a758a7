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
import { findingsOf, guarded, openForReading } from './sqlite-database.ts';
import { type Excess, findExcess } from './sqlite-pruning.ts';
import { type LoadLimits, Queries } from './sqlite-queries.ts';
import type { PruneQuery, StoreStats } from './store.ts';
import { perform } from './thread.ts';

interface Open {
  readonly path: string;
  readonly database: DatabaseSync;
  readonly queries: Queries;
}

let open: Open | undefined;

const tasks = {
  /** Opens a database that is there. @throws BanterError DATA_UNUSABLE, DATA_DAMAGED */
  open({ path }: { readonly path: string }): void {
    const database = openForReading(path);
    open = { path, database, queries: new Queries(path, database) };
  },

  load: (limits: LoadLimits): StoredState => opened().queries.load(limits),
  read: (query: ReadQuery): readonly StoredMessage[] => opened().queries.read(query),
  history: (query: HistoryQuery): readonly StoredMessage[] => opened().queries.history(query),
  search: (query: SearchQuery): readonly StoredMessage[] => opened().queries.search(query),
  audit: (query: { readonly limit: number }): readonly AuditEntry[] =>
    opened().queries.audit(query),

  stats: (): StoreStats => opened().queries.stats(),

  excess(query: PruneQuery): readonly Excess[] {
    const { path, database } = opened();
    return findExcess(path, database, query);
  },

  /** What is wrong with the database, in words; nothing if it is whole. */
  check(): readonly string[] {
    const { path, database } = opened();
    return guarded(path, () => findingsOf(database));
  },

  close(): void {
    open?.database.close();
    open = undefined;
  },
};

export type ReaderTasks = typeof tasks;

function opened(): Open {
  if (open === undefined) throw new Error('the database is not open');
  return open;
}

perform(tasks);
