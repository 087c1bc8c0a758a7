/** What a plugin sends, and what it reads of what was said. */

import type { GroupMessage, Receipt } from '../../core/client-api.ts';

/** Where to send. */
export type SendTarget = { readonly group: string } | { readonly to: string };

/** How to send. */
export interface PluginSendOptions {
  /**
   * 1 to 150 characters on one line. What this plugin sends under the same key is sent once, whatever text it has, also
   * after a crash of the plugin or the client: further calls get the receipt of the first. The newest 1,000 keys are kept.
   * A private message that was under way when the client ended rejects with `OUTCOME_UNKNOWN`: nobody knows whether it arrived.
   */
  readonly idempotencyKey?: string;
}

/** The receipt of a dry run, in which a plugin is tried: nothing was sent. */
export interface NotSent {
  readonly type: 'notSent';
}

/** What became of a message. */
export type SendReceipt = (Receipt | NotSent) & {
  /**
   * Whether whom it was sent to has it. At once true for groups, in which it has its place, and for private messages that
   * were `delivered`; for one that is `stored` true once its recipient has come for it, and false if nobody will or this
   * client cannot know any more, as after its restart. 64 can be waited for; one more rejects with `RATE_LIMITED`.
   */
  delivered(): Promise<boolean>;
};

/** Which messages of a group to read. */
export interface PluginHistoryOptions {
  /** How many at most, 1 to 200. Default 50. */
  readonly limit?: number;
  /** Only those before the message of this place (`seq`). Default: all. */
  readonly before?: number;
  /** Only those that contain all of these words. Default: all. */
  readonly query?: string;
}

/**
 * What was said in a group of this client, newest first, as far as the server keeps it; own messages included. Fewer than
 * asked for if they are long together (256 Ki characters); `before` goes on from the last one. Needs `history.read`.
 * Rejects with `PERMISSION_DENIED`, `RATE_LIMITED` (120 looks of 50 messages a minute), or what the client says.
 */
export type PluginHistory = (
  group: string,
  options?: PluginHistoryOptions,
) => Promise<readonly GroupMessage[]>;
