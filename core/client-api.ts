/** The part of Banter's public API that a client needs; whoever runs no server loads no more than this. */

export { checkName, foldName } from './chat/names.ts';
export type { GroupRetention } from './chat/retention.ts';
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
export { Cursors } from './client/cursors.ts';
export type { Announcement, ClientEvents, Removal } from './client/events.ts';
export type { JoinOptions } from './client/group-password.ts';
export { type Ban, type GroupDescription, Moderation, type Topic } from './client/moderation.ts';
export type {
  ConnectOptions,
  HistoryOptions,
  ListUsersOptions,
  SendOptions,
} from './client/options.ts';
export type { Outgoing, SentMessage } from './client/outgoing.ts';
export { type Interceptor, Passage } from './client/passage.ts';
export {
  examineServer,
  type ServerExamination,
  type TrustPeerOptions,
  type TrustServerOptions,
  trustPeer,
  trustServer,
} from './client/trust.ts';
export { type HistoryPart, wholeHistory } from './client/whole-history.ts';
export { BanterError, type ErrorCode, errorTable } from './error-api.ts';
export type { Address } from './protocol/address.ts';
export { beginLine, endLine, type HistoryMessage, messageLine } from './store/history-file.ts';
