/** What happened in one simulated conversation, as those who took part were told. */

import type {
  Committed,
  Delivered,
  DirectoryEntry,
  GroupMessage,
  PrivateMessage,
  Stored,
} from '../../core/index.ts';

/** What became of a send; undefined while nobody knows. */
export type Outcome<Receipt> =
  | { readonly type: 'acknowledged'; readonly receipt: Receipt }
  | { readonly type: 'failed'; readonly code: string }
  | undefined;

/** The number of something that happened: what has a higher one happened later. */
export type Step = number;

/** A group message as it was told, and when. */
export type HeardMessage = GroupMessage & { readonly heardAt: Step };

/** One process of a member; a member that crashed has another one. */
export interface ProcessHistory {
  readonly member: string;
  /** Nothing more is heard of it, and what it had under way stays open. */
  crashed: boolean;
  readonly groupMessages: HeardMessage[];
  readonly privateMessages: PrivateMessage[];
  /** How many messages of which group it was told are missing. */
  readonly gaps: {
    readonly group: string;
    readonly count: number | undefined;
    readonly heardAt: Step;
  }[];
  /** When it lost the server. Milliseconds. */
  readonly losses: number[];
}

/** A time in which somebody is surely a member. */
export interface Stay {
  readonly member: string;
  readonly group: string;
  readonly beganAt: Step;
  /** Undefined to the end. */
  endedAt: Step | undefined;
}

export interface GroupSend {
  readonly by: ProcessHistory;
  readonly group: string;
  /** Unique. */
  readonly text: string;
  readonly calledAt: Step;
  settledAt: Step | undefined;
  outcome: Outcome<Pick<Committed, 'seq' | 'logId' | 'durable'>>;
}

export interface PrivateSend {
  readonly by: ProcessHistory;
  readonly to: string;
  /** Unique. */
  readonly text: string;
  outcome: Outcome<Delivered | Stored>;
}

/** What a client and the server know when everything has come to rest. */
export interface Rest {
  readonly clients: readonly {
    readonly name: string;
    readonly connected: boolean;
    readonly groups: readonly string[];
    readonly directory: readonly DirectoryEntry[];
  }[];
  readonly directory: readonly DirectoryEntry[];
  /** By name of a client: its groups. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** Messages that the server still keeps for somebody. */
  readonly mail: number;
}

/** Sends stand in the order of their calls. */
export interface History {
  readonly processes: readonly ProcessHistory[];
  readonly stays: readonly Stay[];
  readonly groupSends: readonly GroupSend[];
  readonly privateSends: readonly PrivateSend[];
  /** When the server's process died. */
  readonly serverCrashes: readonly Step[];
  /** Nothing disturbed the network: no send had a reason to fail and nobody one to lose the server. */
  readonly calm: boolean;
  /** How many of the newest messages of a group the store keeps; undefined if it keeps all. */
  readonly storeMessages: number | undefined;
  readonly rest: Rest;
}

/** Long texts are padded; their beginning tells them apart. */
export function label(text: string): string {
  return `"${text.slice(0, 24).trimEnd()}"`;
}
