/** The one command table: prompt, completion, help, scripts and JSON pipes all read it. */

import { administrationCommands } from './administration.ts';
import type { Command, CommandTable } from './command.ts';
import { groupCommands } from './groups.ts';
import { historyCommands } from './history.ts';
import { insightCommands } from './insight.ts';
import { orderCommands } from './order.ts';
import { scriptCommands } from './scripts.ts';
import { settingCommands } from './settings.ts';
import { talkCommands } from './talk.ts';
import { youCommands } from './you.ts';

const all: readonly Command[] = [
  ...talkCommands,
  ...groupCommands,
  ...orderCommands,
  ...settingCommands,
  ...administrationCommands,
  ...historyCommands,
  ...youCommands,
  ...insightCommands,
  ...scriptCommands(() => all),
];

/** Every command by name, in the order of the help. */
export const commandTable: CommandTable = new Map(all.map((command) => [command.name, command]));

/** Dot forms that mean a command wherever commands are understood. */
export const dotForms: ReadonlyMap<string, string> = new Map([
  ['.help', 'help'],
  ['.plugins', 'plugin list'],
]);

export type { AdministrationAction, AdministrationResult } from './administration-result.ts';
export {
  type Arguments,
  argumentsOf,
  type Command,
  type CommandHelp,
  type CommandResult,
  type CommandTable,
  type Parameter,
  type ParameterType,
  parseArguments,
  sections,
  takesVerbatimText,
  usage,
} from './command.ts';
