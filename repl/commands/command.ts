/** What a command is, what it gives back, and how its arguments are read from a line or an object. */

import {
  type Ban,
  BanterError,
  type DirectoryEntry,
  type GivenRole,
  type GroupDescription,
  type GroupMessage,
  type Receipt,
  type Role,
  type Topic,
} from '../../core/client-api.ts';
import type { KeptValues, RecordingSummary, Trace } from '../../plugins/index.ts';
import type { MessageCommand, PluginSummary } from '../chat-client.ts';
import type { ChatSession } from '../session.ts';
import type { AdministrationResult } from './administration-result.ts';

/** The headings of the help, in their order. */
export const sections = ['Talk', 'Groups', 'Order', 'You', 'Scripts & plugins'] as const;

/** A heading of the help. */
export type Section = (typeof sections)[number];

/**
 * What an argument names; completion and checks go by it.
 * `text` is the rest of the line, verbatim; it can only be the last parameter.
 */
export type ParameterType =
  | 'user'
  | 'group'
  | 'joinedGroup'
  | 'member'
  | 'word'
  | 'text'
  | 'plugin'
  | 'command';

/** One argument of a command. */
export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  /** May be left out; only parameters after it may follow that are optional too. */
  readonly optional?: true;
  /** The only words it may be, for completion and checks. */
  readonly words?: readonly string[];
}

/** The values of the arguments by parameter name; an optional one that was left out is absent. */
export type Arguments = Readonly<Record<string, string | undefined>>;

type ArgumentsOf<Parameters extends readonly Parameter[]> = {
  readonly [P in Parameters[number] as P['name']]: P extends { readonly optional: true }
    ? string | undefined
    : string;
};

/** What a running command may use beside the session. */
export interface CommandContext {
  /** Fires when the person or the script gives up. */
  readonly signal: AbortSignal;
}

/** What was done to somebody, as the command is called. */
export type ModerationAction =
  | 'invite'
  | 'kick'
  | 'ban'
  | 'unban'
  | 'mute'
  | 'unmute'
  | 'role'
  | 'transfer';

/** What a command gives back: plain data for scripts and `--json`; `format.ts` makes lines for people of it. */
export type CommandResult =
  | { readonly type: 'sent'; readonly receipt: Receipt; readonly text: string }
  | { readonly type: 'groupCreated'; readonly group: string }
  | { readonly type: 'groupJoined'; readonly group: string }
  | { readonly type: 'groupLeft'; readonly group: string }
  | { readonly type: 'groups'; readonly groups: readonly string[] }
  | { readonly type: 'members'; readonly group: string; readonly members: readonly string[] }
  /** Newest first. */
  | { readonly type: 'history'; readonly group: string; readonly messages: readonly GroupMessage[] }
  | {
      readonly type: 'found';
      readonly group: string;
      readonly words: string;
      /** Newest first. */
      readonly messages: readonly GroupMessage[];
    }
  | {
      readonly type: 'moderated';
      readonly action: ModerationAction;
      readonly group: string;
      readonly name: string;
      /** How long a mute lasts; absent: until it is taken back. */
      readonly minutes?: number;
      readonly role?: GivenRole;
    }
  | { readonly type: 'bans'; readonly group: string; readonly bans: readonly Ban[] }
  | {
      readonly type: 'roles';
      readonly group: string;
      readonly roles: readonly { readonly name: string; readonly role: Role }[];
    }
  | { readonly type: 'topic'; readonly group: string; readonly topic: Topic | undefined }
  | ({ readonly type: 'groupSet' } & Pick<
      GroupDescription,
      'group' | 'inviteOnly' | 'hasPassword' | 'newcomers' | 'retention'
    >)
  | { readonly type: 'groupRemoved'; readonly group: string }
  | { readonly type: 'topicSet'; readonly group: string; readonly text: string }
  | ({ readonly type: 'groupDescription' } & GroupDescription)
  | {
      readonly type: 'users';
      readonly users: readonly DirectoryEntry[];
      /** There are others, who were not listed. */
      readonly more: boolean;
    }
  | {
      readonly type: 'identity';
      readonly name: string;
      readonly group: string | undefined;
      readonly groups: readonly string[];
      readonly connected: boolean;
      /** One's own, 64 hex digits. */
      readonly key: string;
      /** The fingerprint of the server's. */
      readonly server: string;
    }
  | { readonly type: 'deregistered'; readonly name: string }
  | AdministrationResult
  | { readonly type: 'pluginLoaded'; readonly plugin: PluginSummary }
  | { readonly type: 'pluginReloaded'; readonly plugin: PluginSummary }
  | { readonly type: 'pluginUnloaded'; readonly plugin: string }
  | {
      readonly type: 'pluginStorage';
      readonly plugin: string;
      readonly kept: KeptValues;
    }
  /** Absent when nothing is known of the message. */
  | { readonly type: 'explained'; readonly trace: Trace | undefined }
  /** Without `plugin` all of them. */
  | { readonly type: 'tapped'; readonly plugin?: string }
  | { readonly type: 'untapped' }
  | { readonly type: 'pluginStatus'; readonly plugin: PluginSummary }
  | { readonly type: 'plugins'; readonly plugins: readonly PluginSummary[] }
  | { readonly type: 'recordingBegun'; readonly file: string }
  | ({ readonly type: 'recordingEnded' } & RecordingSummary)
  | {
      readonly type: 'help';
      readonly commands: readonly CommandHelp[];
      /** What plugins here can be told in messages, where all is listed. */
      readonly messages?: readonly MessageCommand[];
    };

/** What the help tells of a command. */
export type CommandHelp = Pick<Command, 'name' | 'section' | 'summary' | 'example' | 'parameters'>;

/** One row of the command table. */
export interface Command<Values = Arguments> {
  /** The first word of the line; never a reserved word of JavaScript. */
  readonly name: string;
  readonly section: Section;
  /** One line of help. */
  readonly summary: string;
  /** A line that works. */
  readonly example: string;
  readonly parameters: readonly Parameter[];
  /** Carries it out. @throws BanterError as the client does, and COMMAND_INVALID */
  run(session: ChatSession, values: Values, context: CommandContext): Promise<CommandResult>;
}

/** All commands by name. */
export type CommandTable = ReadonlyMap<string, Command>;

/** A row of the table whose `run` sees its arguments by name and type. */
export function defineCommand<const Parameters extends readonly Parameter[]>(
  command: Command<ArgumentsOf<Parameters>> & { readonly parameters: Parameters },
): Command {
  return command;
}

/** `send <user> <message…>`, with brackets around what is optional. */
export function usage(command: CommandHelp): string {
  const parameters = command.parameters.map((parameter) => {
    const name = parameter.type === 'text' ? `${parameter.name}…` : parameter.name;
    return parameter.optional ? `[${name}]` : `<${name}>`;
  });
  return [command.name, ...parameters].join(' ');
}

/** Whether the command ends in a message that is taken as it stands. */
export function takesVerbatimText(command: Command): boolean {
  const last = command.parameters.at(-1);
  return last?.type === 'text' && last.optional !== true;
}

/**
 * Reads what stands behind a command's name: words separated by spaces, or in double quotes; a `text` is the raw rest.
 * @throws BanterError COMMAND_INVALID when an argument is missing or too much
 */
export function parseArguments(command: Command, tail: string): Arguments {
  const values: Record<string, string> = {};
  let rest = tail.trimStart();
  for (const parameter of command.parameters) {
    if (parameter.type === 'text') {
      if (rest !== '') values[parameter.name] = rest;
      rest = '';
      break;
    }
    const word = /^(?:"([^"]*)"|(\S+))\s*/.exec(rest);
    if (word === null) break;
    values[parameter.name] = word[1] ?? word[2] ?? '';
    rest = rest.slice(word[0].length);
  }
  if (rest !== '') throw invalid(command, `too many arguments: "${rest}"`);
  return checkArguments(command, values);
}

/**
 * Takes the arguments from an object of unknown origin, keyed by parameter name.
 * @throws BanterError COMMAND_INVALID when one is missing, unknown or not a string
 */
export function argumentsOf(
  command: Command,
  values: Readonly<Record<string, unknown>>,
): Arguments {
  const known = new Set(command.parameters.map((parameter) => parameter.name));
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (!known.has(name)) throw invalid(command, `unknown argument "${name}"`);
    if (typeof value !== 'string') throw invalid(command, `argument "${name}" is not a string`);
    checked[name] = value;
  }
  return checkArguments(command, checked);
}

function checkArguments(command: Command, values: Arguments): Arguments {
  for (const parameter of command.parameters) {
    const value = values[parameter.name];
    if (value === undefined) {
      if (parameter.optional) continue;
      throw invalid(command, `missing <${parameter.name}>`);
    }
    if (parameter.words !== undefined && !parameter.words.includes(value)) {
      throw invalid(command, `"${value}" is not one of ${parameter.words.join(', ')}`);
    }
  }
  return values;
}

function invalid(command: Command, problem: string): BanterError {
  return new BanterError('COMMAND_INVALID', `${problem}; usage: ${usage(command)}`);
}
