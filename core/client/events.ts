/** What a client tells its owner: facts, in the order in which they happened. */

import type {
  ChatMessage,
  DirectoryEntry,
  GroupMessage,
  LeaveReason,
  PrivateMessage,
} from '../chat/types.ts';

/** A group message or private message that arrived; `message` covers both. */
export interface ClientEvents {
  /** Every message for this client, of either kind, in arrival order. */
  messageReceived: [message: ChatMessage];
  /** A group message (also told as `messageReceived`). */
  groupMessageReceived: [message: GroupMessage];
  /** A private message that may be shown now (also told as `messageReceived`). */
  privateMessageReceived: [message: PrivateMessage];
  /** A private message arrived inside a group and is kept until this client leaves it. */
  privateMessageHeldBack: [from: string];
  /** Somebody else joined a group of this client. */
  memberJoined: [member: { readonly group: string; readonly name: string; readonly bot: boolean }];
  /** Somebody else left a group of this client. */
  memberLeft: [
    member: { readonly group: string; readonly name: string; readonly reason: LeaveReason },
  ];
  /** Names came, went online or offline, or moved; the entries that changed, as they are now. */
  directoryChanged: [entries: readonly DirectoryEntry[]];
  /** The server took this client out of a group. */
  groupLost: [group: string, reason: LeaveReason | 'forgotten'];
  /** Messages of a group are gone for ever; `count` of them where that is known. */
  gapFound: [group: string, count: number | undefined];
  /**
   * The server does not answer; the client keeps trying to come back. `returnMs` is after how long the server said that
   * it would be back, when it said so; the client looks for it no sooner.
   */
  disconnected: [reason: string, returnMs?: number | undefined];
  /** The client is registered again; groups it was in are joined again where the server still has them. */
  reconnected: [];
  /** The end: `close()` was called, or the client gave up (then with the error). */
  closed: [error: Error | undefined];
}
