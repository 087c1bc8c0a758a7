/** Commands that people give a plugin in messages. */

import type { GroupMessage, PrivateMessage } from '../../core/client-api.ts';
import type { Incoming } from './events.ts';

/** A command as people see it in the help. */
export interface CommandDefinition {
  /** What follows the prefix: 1 to 32 letters, digits and `-`. Two plugins cannot have the same. */
  readonly name: string;
  /** One line, at most 200 characters. */
  readonly description: string;
  /** How the arguments are written, such as `[sides]`; at most 100 characters. */
  readonly args?: string;
  /** A line that works, such as `!roll 20`; at most 200 characters. */
  readonly example?: string;
}

/** A command that somebody gave. */
export interface CommandCall {
  /** The words after the name. */
  readonly args: readonly string[];
  /** All that follows the name, trimmed. */
  readonly rest: string;
  readonly message: Incoming<GroupMessage | PrivateMessage>;
}

/** What a command or `hear` handler may return: a text is sent as the reply. */
export type Answer = string | undefined | Promise<string | undefined>;
