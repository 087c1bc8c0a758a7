/** Commands that people give a plugin in messages. */

import type { GroupMessage, PrivateMessage } from '../../core/client-api.ts';
import type { Incoming } from './events.ts';
import type { Interval } from './schedule.ts';

/**
 * One argument of a command. A word is what stands between spaces, or in double quotes, in which `\"` is a quote.
 * `rest` is all that is left of the line, as it was written; it can only be the last one. `user` may be written `@ann`,
 * `group` `#lab`; neither needs to exist. `boolean` is yes or no, true or false, on or off.
 */
export type Argument = {
  /** 1 to 32 letters and digits, beginning with a letter. */
  readonly name: string;
  /** One line, at most 200 characters, for `!help <command>`. */
  readonly description?: string;
  /** May be left out, and is undefined then; so may whatever has a default. Only such may follow. */
  readonly optional?: boolean;
} & (
  | { readonly type: 'string' | 'rest'; readonly max?: number; readonly default?: string }
  | {
      readonly type: 'number' | 'integer';
      readonly min?: number;
      readonly max?: number;
      readonly default?: number;
    }
  | { readonly type: 'boolean'; readonly default?: boolean }
  /** 1 to 32 of them, in whatever case they are written. */
  | { readonly type: 'choice'; readonly choices: readonly string[]; readonly default?: string }
  | { readonly type: 'user' | 'group' }
);

/**
 * Who may give a command: everybody (the default); whoever is at least a moderator, or the owner, of the group where it is
 * given; operators of the server, which only a client sees that is one itself; or people by name.
 * All but everybody and names need `message.read`.
 */
export type CommandPermission = 'everyone' | 'moderator' | 'owner' | 'operator' | readonly string[];

/** How often a command may be given. */
export interface RateLimit {
  readonly times: number;
  readonly every: Interval;
  /** Of each person alone (the default), or of all who are in a group together. */
  readonly per?: 'person' | 'group';
  /** Whoever is refused is told once until it may be given again (the default), or not at all. */
  readonly refusal?: 'told' | 'quiet';
}

/** What is asked before a command is done. */
export interface Confirmation {
  /** Default: `really !name …?` with what follows the name; how to answer is added. At most 500 characters. */
  readonly prompt?: string;
  /** Milliseconds until it counts as no. 1 s to 10 min, default 30 s. */
  readonly timeoutMs?: number;
}

/** A command as people see it in the help. */
export interface CommandDefinition<A extends readonly Argument[] = readonly Argument[]> {
  /** What follows the prefix, in whatever case: 1 to 32 letters, digits and `-`. Two plugins cannot have the same. */
  readonly name: string;
  /** Other names, at most 8. */
  readonly aliases?: readonly string[];
  /** One line, at most 200 characters. */
  readonly description: string;
  /** What follows the name, at most 16. Whoever writes it otherwise is told how it is written. Default: nothing may follow. */
  readonly args?: A;
  /** A line that works, such as `!roll 20`; at most 200 characters. */
  readonly example?: string;
  readonly permission?: CommandPermission;
  /** One or several, which must all hold; at most 4. */
  readonly rateLimit?: RateLimit | readonly RateLimit[];
  /**
   * Whether whoever gave it is asked, and must answer `!yes <name>`: several commands may wait for their answers. Who gives
   * the same command again, there, is asked about the newest alone. Default false.
   */
  readonly confirm?: boolean | Confirmation;
  /** Whether the next message may be handled before this is done; see {@link ListenOptions}. Default false. */
  readonly parallel?: boolean;
}

/** The values of the arguments by their names. */
export type ArgumentsOf<A extends readonly Argument[]> = {
  readonly [D in A[number] as D['name']]: ValueOf<D> | MissingOf<D>;
};

type ValueOf<D extends Argument> = D extends { readonly type: 'number' | 'integer' }
  ? number
  : D extends { readonly type: 'boolean' }
    ? boolean
    : D extends { readonly choices: readonly (infer Choice)[] }
      ? Choice
      : string;

type MissingOf<D extends Argument> = D extends { readonly default: unknown }
  ? never
  : D extends { readonly optional: true }
    ? undefined
    : never;

/** A command that somebody gave. */
export interface CommandCall<A extends readonly Argument[] = readonly Argument[]> {
  readonly args: ArgumentsOf<A>;
  /** All that follows the name, trimmed. */
  readonly rest: string;
  /** How it is written, in words for people: `Write it like !roll [sides], such as !roll 20.` */
  readonly usage: string;
  readonly message: Incoming<GroupMessage | PrivateMessage>;
}

/** What a command or `hear` handler may return: a text is sent as the reply. */
export type Answer = string | undefined | Promise<string | undefined>;
