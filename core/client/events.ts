/** What a client tells its owner: facts, in the order in which they happened. */

import type { EnvelopeOutcome } from '../chat/mail-messages.ts';
import type { GroupRetention } from '../chat/retention.ts';
import type { NewcomerRole, Role } from '../chat/roles.ts';
import type {
  ChatMessage,
  DirectoryEntry,
  GroupMessage,
  LeaveReason,
  PrivateMessage,
} from '../chat/types.ts';
import type { SentMessage } from './outgoing.ts';

/** What an operator tells everybody. */
export interface Announcement {
  /** The operator's name. */
  readonly by: string;
  readonly text: string;
  /** Milliseconds since the epoch by the server's clock. */
  readonly atMs: number;
}

/** Who took a client out of a group, and why in its words, which may be empty. */
export interface Removal {
  readonly by: string;
  readonly words: string;
}

/** A group message or private message that arrived; `message` covers both. */
export interface ClientEvents {
  /** Every message for this client, of either kind, in arrival order. */
  messageReceived: [message: ChatMessage];
  /** A group message (also told as `messageReceived`). */
  groupMessageReceived: [message: GroupMessage];
  /** A private message that may be shown now (also told as `messageReceived`). */
  privateMessageReceived: [message: PrivateMessage];
  /** A message of this client was sent, or could not be: told after the promise of the send is settled. */
  messageSent: [message: SentMessage];
  /** A private message arrived inside a group and is kept until this client leaves it. */
  privateMessageHeldBack: [from: string];
  /** Somebody who was absent has a private message of this name now: `send` had told that it was `stored`. */
  privateMessageDelivered: [message: { readonly mid: string; readonly to: string }];
  /** A private message that was `stored` will not arrive: nobody came for it in time, or its recipient refused it. */
  privateMessageLost: [
    message: {
      readonly mid: string;
      readonly to: string;
      readonly reason: Exclude<EnvelopeOutcome, 'delivered'>;
    },
  ];
  /** Somebody else joined a group of this client. */
  memberJoined: [member: { readonly group: string; readonly name: string; readonly bot: boolean }];
  /** Somebody else left a group of this client. */
  memberLeft: [
    member: {
      readonly group: string;
      readonly name: string;
      readonly reason: LeaveReason;
      /** Who ended it, if somebody else did. */
      readonly by?: string;
      /** Why, in the words of who did; may be empty. */
      readonly words?: string;
    },
  ];
  /** Somebody in a group of this client, perhaps itself, is something else from now on; `by` is empty for a newcomer. */
  roleChanged: [
    change: {
      readonly group: string;
      readonly name: string;
      readonly role: Role;
      readonly by: string;
    },
  ];
  /** The topic of a group, when it is joined and when it changes; empty if it was taken away. */
  topicChanged: [
    topic: {
      readonly group: string;
      readonly text: string;
      readonly by: string;
      /** Milliseconds since the epoch by the server's clock. */
      readonly atMs: number;
    },
  ];
  /** Somebody has invited this client, which may join until then; told once to each process. */
  invited: [
    invitation: {
      readonly group: string;
      readonly by: string;
      /** Milliseconds since the epoch by the server's clock. */
      readonly untilMs: number;
    },
  ];
  /** How a group of this client is from now on: who is let in and as what, and what is kept of what is said. */
  settingsChanged: [
    settings: {
      readonly group: string;
      readonly inviteOnly: boolean;
      readonly hasPassword: boolean;
      readonly newcomers: NewcomerRole;
      /** Bounds of its own; the server may keep less. */
      readonly retention: GroupRetention;
      readonly by: string;
    },
  ];
  /** Somebody in a group of this client, perhaps itself, may not speak, or may again. */
  muteChanged: [
    mute: {
      readonly group: string;
      readonly name: string;
      readonly isMuted: boolean;
      /** Milliseconds since the epoch by the server's clock; 0: until it is taken back. */
      readonly untilMs: number;
      readonly by: string;
      readonly reason: string;
    },
  ];
  /** Names came, went online or offline, or moved; the entries that changed, as they are now. */
  directoryChanged: [entries: readonly DirectoryEntry[]];
  /** The server took this client out of a group. */
  groupLost: [group: string, reason: LeaveReason | 'forgotten', removal?: Removal];
  /** Messages of a group are gone for ever; `count` of them where that is known. */
  gapFound: [group: string, count: number | undefined];
  /** An operator of the server tells everybody something. */
  announced: [announcement: Announcement];
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
