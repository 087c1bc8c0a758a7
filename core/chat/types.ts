/** The vocabulary of the chat: messages, receipts, directory, policy. Plain readonly data throughout. */

import type { Address } from '../protocol/address.ts';

/** What a server lets its clients do; it says so in its welcome. */
export interface Policy {
  /** How many groups a client may be in at a time. Default 1, the original's rule. */
  readonly groupsPerClient: number;
  /** Whether private messages may be sent, and are shown at once, while in a group. Default false. */
  readonly privateInGroup: boolean;
  /** Whether a member that does not acknowledge for `silenceMs` loses its membership. Default false. */
  readonly removeUnresponsive: boolean;
  /** Whether a group belongs to who creates it, so that somebody keeps order in it. Default true, classic false. */
  readonly ownedGroups: boolean;
  /** Milliseconds without any answer after which the other side counts as unresponsive. Default 10,000; classic 2,500. */
  readonly silenceMs: number;
  /** Whether the server keeps sealed private messages for who is absent. Default true; classic false. */
  readonly mailbox: boolean;
}

/** The rules of the original with a modern patience: what `banter serve` runs by default. */
export const defaultPolicy: Policy = {
  groupsPerClient: 1,
  privateInGroup: false,
  removeUnresponsive: false,
  ownedGroups: true,
  silenceMs: 10_000,
  mailbox: true,
};

/** The original's own rules: what `banter -s` runs. */
export const classicPolicy: Policy = {
  ...defaultPolicy,
  removeUnresponsive: true,
  ownedGroups: false,
  silenceMs: 2500,
  mailbox: false,
};

/** The policy alone, of something that tells more. */
export function policyOf(told: Policy): Policy {
  const { groupsPerClient, privateInGroup, removeUnresponsive, ownedGroups, silenceMs, mailbox } =
    told;
  const rules = { groupsPerClient, privateInGroup, removeUnresponsive, ownedGroups };
  return { ...rules, silenceMs, mailbox };
}

/** One message of a group, at its place in the group's one order. */
export interface GroupMessage {
  readonly type: 'group';
  /** 32 hex digits, chosen by the sender's process; the same message never has two. */
  readonly mid: string;
  readonly group: string;
  readonly from: string;
  readonly text: string;
  /** The place in the group's log, from 1, without gaps. */
  readonly seq: number;
  /** 16 hex digits; new whenever the group's log starts anew. */
  readonly logId: string;
  /** Milliseconds since the epoch by the server's clock. */
  readonly sentAtMs: number;
  /** The sender registered as a bot; stamped by the server. */
  readonly bot: boolean;
  /** How many bots have passed this on, 0 to 7. */
  readonly hops: number;
  /** It was missed while away, or handled before a crash, and comes (again) now; or it was read from the history. */
  readonly recovered: boolean;
}

/** One message from client to client. */
export interface PrivateMessage {
  readonly type: 'private';
  readonly mid: string;
  readonly from: string;
  readonly text: string;
  /** Milliseconds since the epoch by the sender's clock. */
  readonly sentAtMs: number;
  readonly bot: boolean;
  readonly hops: number;
  /** It arrived while this client was in a group and was kept until it left, or until the next start. */
  readonly heldBack: boolean;
  /** It was sent while this client was absent, and the server has kept it, sealed, until now. */
  readonly kept: boolean;
}

export type ChatMessage = GroupMessage | PrivateMessage;

/** What became of a private message: the peer's client has it. */
export interface Delivered {
  readonly type: 'delivered';
  readonly mid: string;
  readonly to: string;
}

/** What became of a private message to somebody absent: the server keeps it, and they get it when they are back. */
export interface Stored {
  readonly type: 'stored';
  readonly mid: string;
  readonly to: string;
  /** Whether the message survives a crash of the server. */
  readonly durable: boolean;
}

/** What became of a group message: the server gave it its place. */
export interface Committed {
  readonly type: 'committed';
  readonly mid: string;
  readonly group: string;
  readonly logId: string;
  readonly seq: number;
  /** Whether the message survives a crash of the server. */
  readonly durable: boolean;
}

/** What a send resolves with. */
export type Receipt = Delivered | Stored | Committed;

/** One name of the directory. */
export interface DirectoryEntry {
  readonly name: string;
  /** The Ed25519 identity the name is bound to, 64 hex digits. */
  readonly key: string;
  /** Where the server last saw the client; empty host and port 0 before its first presence. */
  readonly address: Address;
  readonly online: boolean;
  readonly bot: boolean;
}

/** Why a client is no longer a member of a group. */
export type LeaveReason =
  | 'left'
  | 'deregistered'
  | 'unresponsive'
  | 'kicked'
  | 'banned'
  | 'removed';
