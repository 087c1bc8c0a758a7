/** The chat's messages on the wire, each a table of fields (docs/PROTOCOL.md §7). */

import { Codec, flag, lastText, list, text, varint } from '../protocol/codec.ts';
import { entryField } from './entry.ts';
import { type MailNews, type MailRequest, mailNews, mailRequests } from './mail-messages.ts';
import { placedMid, saidField } from './said.ts';
import type { DirectoryEntry } from './types.ts';
import {
  type AdministrationMessage,
  type AdministrationRequest,
  administrationMessages,
  administrationRequests,
} from './wire-administration.ts';
import {
  body,
  bodyBytesMax,
  entries,
  hops,
  mid,
  name,
  names,
  random8,
  requestId,
  type TablesOf,
  upTo,
} from './wire-fields.ts';
import {
  type HistoryNews,
  type HistoryRequest,
  historyNews,
  historyRequests,
} from './wire-history.ts';
import { type OrderNews, type OrderRequest, orderNews, orderRequests } from './wire-order.ts';

/** Requests and answers, pushes and pages of the directory travel here; every group has a conversation of its own. */
export const controlConversation = 0;

/** How many groups a registration can name and a welcome can list. */
export const groupsPerClientMax = 256;

/** Where a client stands in a group of which it was a member on its last connection. */
export interface ResumePoint {
  readonly group: string;
  readonly logId: Uint8Array;
  /** The last message it handled; 0 for none. */
  readonly seq: number;
}

/** A membership that a welcome tells of. */
export interface WelcomeGroup {
  readonly group: string;
  /** Its messages come on this conversation, which no other group had or will have on this connection. */
  readonly conversation: number;
  readonly logId: Uint8Array;
  /** Messages after this one follow. */
  readonly seq: number;
  /** Messages up to this one were missed: they are recovered, later ones are news. */
  readonly headSeq: number;
}

/** What a client asks of the server. All but those that say so are answered by `refused` or the message named with them. */
export type ClientMessage =
  /** Claims a name: `welcome`. */
  | {
      readonly type: 'register';
      readonly requestId: number;
      readonly name: string;
      readonly bot: boolean;
      /** Beside the present client of the name: no presence, no groups, no deliveries. */
      readonly auxiliary: boolean;
      /** Replace the present client of the name though it lives. */
      readonly takeOver: boolean;
      /** Nobody is to be told the client's address: its peers reach it over the relay. */
      readonly hidesAddress: boolean;
      /** Chosen at random when the client's process started; the first half of each of its mids. 8 bytes. */
      readonly processId: Uint8Array;
      /** Mids of the process from this counter on were never sent; what became of an earlier one the server may have forgotten. */
      readonly nextCounter: number;
      /** The server's boot that `directoryVersion` belongs to; zeros for none. 8 bytes. */
      readonly epoch: Uint8Array;
      /** The directory is known up to here; 0 for not at all. */
      readonly directoryVersion: number;
      /** Empty for a new process: the server then goes by what was confirmed. */
      readonly resume: readonly ResumePoint[];
    }
  /** Leaves every group and goes offline: `done`. */
  | { readonly type: 'deregister'; readonly requestId: number }
  /** Creates a group without joining it: `done`. */
  | { readonly type: 'createGroup'; readonly requestId: number; readonly group: string }
  /** One page of groups, from 0 or from `next` of the page before: `groupList`. */
  | { readonly type: 'listGroups'; readonly requestId: number; readonly after: number }
  /** Becomes a member: `joined`. */
  | { readonly type: 'joinGroup'; readonly requestId: number; readonly group: string }
  /** Ends a membership: `done`. */
  | { readonly type: 'leaveGroup'; readonly requestId: number; readonly group: string }
  /** One page of members, like `listGroups`: `memberList`. */
  | {
      readonly type: 'listMembers';
      readonly requestId: number;
      readonly group: string;
      readonly after: number;
    }
  /** Sends to a group: `committed`. Sent again with the same mid it is committed once. */
  | {
      readonly type: 'sendGroup';
      readonly requestId: number;
      readonly group: string;
      readonly mid: Uint8Array;
      readonly hops: number;
      readonly text: string;
    }
  /** Somebody did not answer a private message; the server looks for itself: `done`, at once. */
  | { readonly type: 'reportUnanswered'; readonly requestId: number; readonly name: string }
  /** Everything up to `seq` of a group's conversation is handled and need not come again. Not answered. */
  | { readonly type: 'confirm'; readonly conversation: number; readonly seq: number }
  /** How a name is now; the server tells of its changes from then on: `entry`. */
  | { readonly type: 'lookUp'; readonly requestId: number; readonly name: string }
  /** One page of the names that begin with `prefix`, like `listGroups`: `entryList`. */
  | {
      readonly type: 'listNames';
      readonly requestId: number;
      readonly prefix: string;
      readonly after: number;
    }
  /** The hash of the directory as the client has it at `version`; the server tells everything anew if it has another. Not answered. */
  | { readonly type: 'directoryCheck'; readonly version: number; readonly hash: Uint8Array }
  | AdministrationRequest
  | HistoryRequest
  | OrderRequest
  | MailRequest;

/** Answers of the server, each with the number of its request, and pushes. */
export type ServerMessage =
  | {
      readonly type: 'refused';
      readonly requestId: number;
      /** See `errorTable`. */
      readonly code: number;
      /** It may be granted after so many milliseconds, and hardly before; 0 where nobody knows. */
      readonly retryMs: number;
      readonly detail: string;
    }
  | { readonly type: 'done'; readonly requestId: number }
  | {
      readonly type: 'welcome';
      readonly requestId: number;
      /** The claimed name as it was first spelt. */
      readonly name: string;
      readonly groupsPerClient: number;
      readonly privateInGroup: boolean;
      readonly removeUnresponsive: boolean;
      readonly ownedGroups: boolean;
      readonly silenceMs: number;
      readonly mailbox: boolean;
      /** Random at each start of the server. 8 bytes. */
      readonly epoch: Uint8Array;
      /** The directory is complete once deltas up to this version have come. */
      readonly directoryVersion: number;
      /** Whether the client is told of every name; else of those it watches (docs/PROTOCOL.md §8). */
      readonly wholeDirectory: boolean;
      readonly groups: readonly WelcomeGroup[];
    }
  /** `next` asks for the page after this one; 0 for the end. */
  | {
      readonly type: 'groupList';
      readonly requestId: number;
      readonly names: readonly { readonly name: string }[];
      readonly next: number;
    }
  /** In the order in which they joined. */
  | {
      readonly type: 'memberList';
      readonly requestId: number;
      readonly names: readonly { readonly name: string }[];
      readonly next: number;
    }
  | {
      readonly type: 'joined';
      readonly requestId: number;
      /** As it was first spelt. */
      readonly group: string;
      readonly conversation: number;
      readonly logId: Uint8Array;
      /** Messages after this one follow. */
      readonly seq: number;
    }
  | {
      readonly type: 'committed';
      readonly requestId: number;
      readonly mid: Uint8Array;
      readonly logId: Uint8Array;
      readonly seq: number;
      readonly durable: boolean;
    }
  | { readonly type: 'entry'; readonly requestId: number; readonly entry: DirectoryEntry }
  /** `next` asks for the page after this one, which may be empty; 0 for the end. */
  | {
      readonly type: 'entryList';
      readonly requestId: number;
      readonly entries: readonly DirectoryEntry[];
      readonly next: number;
    }
  /** Push: the directory up to `version`, as far as the client does not have it. */
  | {
      readonly type: 'directoryDelta';
      readonly version: number;
      readonly entries: readonly DirectoryEntry[];
    }
  /** Push: watched names as they are now, beside any version. */
  | { readonly type: 'directoryEntries'; readonly entries: readonly DirectoryEntry[] }
  /** Push: from here on the directory is told anew, as after a welcome with these fields. */
  | {
      readonly type: 'directoryReset';
      readonly directoryVersion: number;
      readonly wholeDirectory: boolean;
    }
  /** Push, on the group's conversation. */
  | {
      readonly type: 'groupMessage';
      readonly mid: Uint8Array;
      readonly seq: number;
      readonly from: string;
      readonly bot: boolean;
      readonly hops: number;
      readonly sentAtMs: number;
      readonly text: string;
    }
  /** Push, on the group's conversation: `count` messages are gone for ever, 0 for nobody knows how many. */
  | { readonly type: 'gap'; readonly count: number; readonly fromSeq: number }
  | {
      readonly type: 'memberJoined';
      readonly group: string;
      readonly name: string;
      readonly bot: boolean;
    }
  | AdministrationMessage
  /** Push: the server is about to end, and expects to be back after this time. */
  | { readonly type: 'restarting'; readonly returnMs: number }
  | HistoryNews
  | OrderNews
  | MailNews;

/** What clients tell each other, on conversation 0 of a connection of their own. */
export type PeerMessage =
  /** `from` must be a name of the connection's identity; whoever receives it looks into the directory. */
  | {
      readonly type: 'privateMessage';
      readonly mid: Uint8Array;
      readonly from: string;
      readonly hops: number;
      readonly bot: boolean;
      readonly sentAtMs: number;
      readonly text: string;
    }
  /** The message is kept, shown or held back. */
  | { readonly type: 'privateReceived'; readonly mid: Uint8Array }
  /** Where the sender can be reached on the networks it is on. */
  | {
      readonly type: 'reachableAt';
      readonly addresses: readonly { readonly host: string; readonly port: number }[];
    };

/** Requests. */
export const clientCodec: Codec<TablesOf<ClientMessage>> = new Codec<TablesOf<ClientMessage>>({
  register: {
    number: 1,
    fields: {
      requestId,
      name,
      bot: flag,
      auxiliary: flag,
      takeOver: flag,
      hidesAddress: flag,
      processId: random8,
      nextCounter: varint,
      epoch: random8,
      directoryVersion: varint,
      resume: list({ group: name, logId: random8, seq: varint }, groupsPerClientMax),
    },
  },
  deregister: { number: 2, fields: { requestId } },
  createGroup: { number: 3, fields: { requestId, group: name } },
  listGroups: { number: 4, fields: { requestId, after: varint } },
  joinGroup: { number: 5, fields: { requestId, group: name } },
  leaveGroup: { number: 6, fields: { requestId, group: name } },
  listMembers: { number: 7, fields: { requestId, group: name, after: varint } },
  sendGroup: { number: 8, fields: { requestId, group: name, mid, hops: varint, text: body } },
  reportUnanswered: { number: 9, fields: { requestId, name } },
  confirm: { number: 10, fields: { conversation: varint, seq: varint } },
  lookUp: { number: 11, fields: { requestId, name } },
  listNames: { number: 12, fields: { requestId, prefix: name, after: varint } },
  directoryCheck: { number: 13, fields: { version: varint, hash: random8 } },
  ...administrationRequests,
  ...orderRequests,
  ...historyRequests,
  ...mailRequests,
});

/** Answers and pushes. */
export const serverCodec: Codec<TablesOf<ServerMessage>> = new Codec<TablesOf<ServerMessage>>({
  refused: { number: 1, fields: { requestId, code: varint, retryMs: varint, detail: text(1024) } },
  done: { number: 2, fields: { requestId } },
  welcome: {
    number: 3,
    fields: {
      requestId,
      name,
      groupsPerClient: varint,
      privateInGroup: flag,
      removeUnresponsive: flag,
      ownedGroups: flag,
      silenceMs: varint,
      mailbox: flag,
      epoch: random8,
      directoryVersion: varint,
      wholeDirectory: flag,
      groups: list(
        { group: name, conversation: varint, logId: random8, seq: varint, headSeq: varint },
        groupsPerClientMax,
      ),
    },
  },
  groupList: { number: 4, fields: { requestId, names, next: varint } },
  memberList: { number: 5, fields: { requestId, names, next: varint } },
  joined: {
    number: 6,
    fields: { requestId, group: name, conversation: varint, logId: random8, seq: varint },
  },
  committed: {
    number: 7,
    fields: { requestId, mid: placedMid, logId: random8, seq: varint, durable: flag },
  },
  entry: { number: 8, fields: { requestId, entry: entryField } },
  entryList: { number: 9, fields: { requestId, entries, next: varint } },
  directoryDelta: { number: 16, fields: { version: varint, entries } },
  groupMessage: { number: 17, record: saidField(lastText(bodyBytesMax)) },
  gap: { number: 18, fields: { count: varint, fromSeq: varint } },
  memberJoined: { number: 19, fields: { group: name, name, bot: flag } },
  directoryEntries: { number: 22, fields: { entries } },
  directoryReset: { number: 23, fields: { directoryVersion: varint, wholeDirectory: flag } },
  ...administrationMessages,
  ...orderNews,
  ...historyNews,
  ...mailNews,
  restarting: { number: 50, fields: { returnMs: varint } },
});

/** Private messages. */
export const peerCodec: Codec<TablesOf<PeerMessage>> = new Codec<TablesOf<PeerMessage>>({
  privateMessage: {
    number: 1,
    fields: { mid, from: name, hops, bot: flag, sentAtMs: varint, text: body },
  },
  privateReceived: { number: 2, fields: { mid } },
  reachableAt: {
    number: 3,
    fields: { addresses: list({ host: text(64), port: upTo(65_535) }, 8) },
  },
});
