/** What a plugin is told of. */

import type { GroupMessage, LeaveReason, PrivateMessage } from '../../core/client-api.ts';
import type { Answer } from './commands.ts';
import type { SendReceipt } from './sending.ts';

/** A message with the means to answer it. */
export type Incoming<M> = M & {
  /**
   * Answers: to the group for a group message, to the sender for a private one; resolves when the message has arrived
   * (group: has its place), or, with a receipt `stored`, when the server keeps it for a sender who is absent. One hop more than the message; a message of 7 hops cannot be answered.
   * What a listener answers to a message that comes again is not sent again. Rejects like {@link PluginContext.send}.
   */
  reply(text: string): Promise<SendReceipt>;
};

/** The events of {@link PluginContext.on}. The plugin's own messages are never among them. */
export interface PluginEvents {
  /** A message of a group. Needs `message.read`. */
  readonly message: Incoming<GroupMessage>;
  /** A message of a group that names this client, as `@name` anywhere or as `name:` at its beginning. Needs `message.read`. */
  readonly mention: Incoming<GroupMessage>;
  /** A private message. Needs `private.read`. */
  readonly private: Incoming<PrivateMessage>;
  /** Somebody joined a group. Needs `message.read`. */
  readonly joined: { readonly group: string; readonly name: string; readonly bot: boolean };
  /** Somebody left a group. Needs `message.read`. */
  readonly left: { readonly group: string; readonly name: string; readonly reason: LeaveReason };
  /** The server took this client out of a group. Needs `message.read`. */
  readonly removed: { readonly group: string; readonly reason: LeaveReason | 'forgotten' };
  /** Messages of a group are gone for ever; `count` of them where that is known. Needs `message.read`. */
  readonly gap: { readonly group: string; readonly count: number | undefined };
  /** The server answers: told once after `setup`, and whenever the client came back. */
  readonly connected: { readonly type: 'connected' };
  /** The server does not answer. */
  readonly disconnected: { readonly reason: string };
}

/** Which events a listener wants; all that apply must hold. */
export interface ListenOptions {
  /** Only of this group. */
  readonly group?: string;
  /** Only of this sender (joined, left: of this member). */
  readonly from?: string;
  /** Also of bots. Default false, so that two bots never answer each other for ever. */
  readonly includeBots?: boolean;
  /** Also messages that were missed while away (`recovered`, private ones `kept`), or were being handled when the plugin died. Default false. */
  readonly includeRecovered?: boolean;
  /**
   * Of messages: whether the next one of the same group (privately: of the same person) may come before what the listener
   * returns has settled. Default false: they are handled one at a time, for 60 s at most.
   */
  readonly parallel?: boolean;
}

/** Which messages a pattern is held against; all that apply must hold. */
export interface HearOptions extends ListenOptions {
  /** What it is called in logs, 1 to 64 characters; of its own within the plugin. Default: `hear` or `respond` and a number. */
  readonly id?: string;
}

/** What is done with a message that matches. */
export type HearHandler = (
  match: RegExpExecArray,
  message: Incoming<GroupMessage | PrivateMessage>,
) => Answer;
