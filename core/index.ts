/** The public API of Banter's core. */

export type { AuditEntry } from './chat/audit.ts';
export type { ServerFact } from './chat/facts.ts';
export type { HubLimits } from './chat/limits.ts';
export { checkName } from './chat/names.ts';
export type {
  HistoryQuery,
  ReadQuery,
  SearchQuery,
  StoreChange,
  StoredMessage,
  StoredState,
} from './chat/records.ts';
export type { GroupRetention, Retention } from './chat/retention.ts';
export {
  type GivenRole,
  givenRoles,
  type NewcomerRole,
  newcomerRoles,
  type Role,
  roles,
} from './chat/roles.ts';
export type {
  ChatMessage,
  Committed,
  Delivered,
  DirectoryEntry,
  GroupMessage,
  LeaveReason,
  Policy,
  PrivateMessage,
  Receipt,
  Stored,
} from './chat/types.ts';
export { classicPolicy, defaultPolicy } from './chat/types.ts';
export { type AccessMode, accessModes } from './chat/wire-administration.ts';
export type {
  Access,
  AccessOptions,
  Account,
  Invitation,
  InvitationOptions,
  KeyBan,
  NamedKey,
  NewInvitation,
  Operator,
} from './client/administration.ts';
export { Administration } from './client/administration.ts';
export { Client } from './client/client.ts';
export type { Announcement, ClientEvents, Removal } from './client/events.ts';
export type { JoinOptions } from './client/group-password.ts';
export { type Ban, type GroupDescription, Moderation, type Topic } from './client/moderation.ts';
export type {
  ConnectOptions,
  HistoryOptions,
  ListUsersOptions,
  SendOptions,
} from './client/options.ts';
export {
  examineServer,
  type ServerExamination,
  type TrustPeerOptions,
  type TrustServerOptions,
  trustPeer,
  trustServer,
} from './client/trust.ts';
export { type HistoryPart, wholeHistory } from './client/whole-history.ts';
export { BanterError, type ErrorCode, errorTable } from './errors.ts';
export type { Address } from './protocol/address.ts';
export type { AdmissionLimits } from './protocol/admission.ts';
export { clientTable, narrate } from './server/console.ts';
export type { CloseOptions, ServerEvents, ServerOptions } from './server/options.ts';
export { Server } from './server/server.ts';
export type { ServerProblem, ServerStats } from './server/server-stats.ts';
export { beginLine, endLine, type HistoryMessage, messageLine } from './store/history-file.ts';
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
