/** The part of Banter's public API that runs a server and cares for what it keeps. */

export type { AuditEntry } from './chat/audit.ts';
export type { ServerFact } from './chat/facts.ts';
export type { HubLimits } from './chat/limits.ts';
export type {
  HistoryQuery,
  ReadQuery,
  SearchQuery,
  StoreChange,
  StoredMessage,
  StoredState,
} from './chat/records.ts';
export type { Retention } from './chat/retention.ts';
export type { AdmissionLimits } from './protocol/admission.ts';
export { clientTable, narrate } from './server/console.ts';
export type { CloseOptions, ServerEvents, ServerOptions } from './server/options.ts';
export { Server } from './server/server.ts';
export type { ServerProblem, ServerStats } from './server/server-stats.ts';
export { type Imported, importHistory } from './store/history-import.ts';
export { MemoryStore } from './store/memory-store.ts';
export {
  backupServer,
  checkServerData,
  compactServer,
  type Restored,
  type RestoreOptions,
  restoreServer,
  serverOwner,
  serverStats,
} from './store/server-folder.ts';
export { SqliteStore, type SqliteStoreOptions } from './store/sqlite-store.ts';
export type { GroupStats, PruneQuery, Store, StoreStats } from './store/store.ts';
export { storedHistory } from './store/stored-history.ts';
