/** What is known of the commands of plugins outside of their isolates, and how people are told to write them. */

import { limits } from './limits.ts';
import { choice, list, number, optional, record, type Shape, text, yesOrNo } from './shape.ts';

/** What an argument can be. */
export const argumentTypes = [
  'string',
  'number',
  'integer',
  'boolean',
  'choice',
  'user',
  'group',
  'rest',
] as const;

/** One argument of a command. */
export interface ArgumentInfo {
  readonly name: string;
  readonly type: (typeof argumentTypes)[number];
  /** May be empty. */
  readonly description: string;
  readonly optional: boolean;
  /** Of a `choice`; else empty. */
  readonly choices: readonly string[];
  /** Of a number. */
  readonly min: number | undefined;
  /** Of a number; of a text its characters. */
  readonly max: number | undefined;
}

/** Who may give a command; `named` are some people. */
export const commandPermissions = ['everyone', 'moderator', 'owner', 'operator', 'named'] as const;

/** A command that a plugin offers to people. */
export interface CommandInfo {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly args: readonly ArgumentInfo[];
  /** A line that works; empty when the name says it all. */
  readonly example: string;
  readonly permission: (typeof commandPermissions)[number];
}

const commandName = text(32, /^[\p{L}\p{N}-]+$/u, 'made of letters, digits and "-"');

const argument: Shape<ArgumentInfo> = record<ArgumentInfo>({
  name: text(32, /^[A-Za-z][A-Za-z0-9]*$/, 'letters and digits, beginning with a letter'),
  type: choice(argumentTypes),
  description: text(200),
  optional: yesOrNo,
  choices: list(text(60), limits.commandChoicesMax),
  min: optional(number),
  max: optional(number),
});

/** The fields of the action in which an isolate tells of a command. */
export const commandFields: { readonly [K in keyof CommandInfo]: Shape<CommandInfo[K]> } = {
  name: commandName,
  aliases: list(commandName, limits.commandAliasesMax),
  description: text(200),
  args: list(argument, limits.commandArgumentsMax),
  example: text(200),
  permission: choice(commandPermissions),
};
