/** Hooks: what a plugin makes of messages before anybody else sees them. */

import type { GroupMessage, PrivateMessage } from '../../core/client-api.ts';

/** A message that this client is about to send. */
export type Draft = (
  | { readonly type: 'group'; readonly group: string }
  | { readonly type: 'private'; readonly to: string }
) & {
  readonly text: string;
  /** The id of the plugin that sends it; empty for the person, or a program, at this client. */
  readonly origin: string;
};

/**
 * Where a hook stands.
 *
 * - `receive`: before a message is shown to the person, kept for `chat.next()` and told to plugins, this one included.
 * - `send`: before a message leaves this client, whoever of it sends; a plugin's own messages are not told to its own hooks.
 * - `listen`: before this plugin's own handlers, with what all `receive` hooks have left; nobody else sees what becomes of it.
 *   In groups and with each person the next message waits.
 *
 * Hooks change what this client shows and sends, and nothing else: the server keeps what was said as it was said, so
 * `history`, `search` and other clients show it unchanged.
 */
export interface HookPoints {
  /** Those of bots and missed ones (`recovered`, `kept`) are among them. */
  readonly receive: GroupMessage | PrivateMessage;
  readonly send: Draft;
  /** Those that this plugin is told. */
  readonly listen: GroupMessage | PrivateMessage;
}

/** A name of {@link HookPoints}. */
export type HookPoint = keyof HookPoints;

/**
 * What becomes of a message: nothing (it goes on as it is), another text (1 to 60,000 bytes), or its end, with a reason
 * for people of at most 200 characters. A send that is stopped rejects with `STOPPED_BY_PLUGIN` and the reason.
 */
export type Verdict = undefined | { readonly text: string } | { readonly stop: string };

/** How a hook is asked. */
export interface HookOptions {
  /** Only about messages of this group. Default: about all, as far as permitted. */
  readonly group?: string;
  /** Milliseconds in which the verdict has to be there, 1 to 5000, by the clock; later it counts for nothing. Default 200. */
  readonly deadlineMs?: number;
  /**
   * What becomes of a message when the hook is late, throws, answers nonsense, or its plugin is in quarantine: `open`, it
   * goes on as it is; `closed`, it is stopped. Default `open`. When the plugin is unloaded, its hooks are gone either way.
   */
  readonly onFailure?: 'open' | 'closed';
}

/** Decides about one message; may be asynchronous. */
export type Hook<P extends HookPoint> = (message: HookPoints[P]) => Verdict | Promise<Verdict>;

/** `ctx.use`. */
export interface UseHook {
  /**
   * Asks `hook` about every message that passes `point`. Needs `message.change` for those of groups, `private.change`
   * for private ones, and is asked about those it has the permission for; at `listen`, `message.read` or `private.read`. In
   * `setup` only, 16 hooks at most.
   *
   * Plugins are asked in the order in which they were loaded, each about the text that the one before has left.
   * Messages keep their order, however long a hook takes; all hooks together get 10 s for one message, and the rest
   * of them counts as late then. A plugin whose hooks have failed 20 times in a row, for 10 s or longer, is quarantined.
   */
  <P extends HookPoint>(point: P, hook: Hook<P>): void;
  <P extends HookPoint>(point: P, options: HookOptions, hook: Hook<P>): void;
}
