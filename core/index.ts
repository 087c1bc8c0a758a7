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
} from './chat/types.ts';
export { classicPolicy, defaultPolicy } from './chat/types.ts';
export { Client } from './client/client.ts';
export type { ClientEvents } from './client/events.ts';
export type {
  ConnectOptions,
  HistoryOptions,
  ListUsersOptions,
  SendOptions,
} from './client/options.ts';
export {
  type TrustPeerOptions,
  type TrustServerOptions,
  trustPeer,
  trustServer,
} from './client/trust.ts';
export { BanterError, type ErrorCode, errorTable } from './errors.ts';
export type { Address } from './protocol/address.ts';
export type { AdmissionLimits } from './protocol/admission.ts';
export { clientTable, narrate } from './server/console.ts';
export type { CloseOptions, ServerEvents, ServerOptions } from './server/options.ts';
export { Server } from './server/server.ts';
export type { ServerProblem, ServerStats } from './server/server-stats.ts';
export { MemoryStore } from './store/memory-store.ts';
export type { Store } from './store/store.ts';
