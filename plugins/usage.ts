/** How people are told to write a command. Runs in isolates, too. */

import type { ArgumentInfo, CommandInfo } from './command-info.ts';
import type { OfferedCommand } from './plugin-status.ts';

/** Choices are listed as long as they are not longer than this; then the name of the argument stands for them. */
const choicesCharactersMax = 40;

/** A command as it is written: `!roll <dice> [red|green]`. */
export function usageOf(
  prefix: string,
  { name, args }: Pick<CommandInfo, 'name' | 'args'>,
): string {
  return [`${prefix}${name}`, ...args.map(argumentUsage)].join(' ');
}

/** Commands with how they are written. */
export function offered(
  prefix: string,
  commands: readonly CommandInfo[],
): readonly OfferedCommand[] {
  return commands.map((command) => ({ ...command, usage: usageOf(prefix, command) }));
}

/** The same as a sentence: `Write it like !roll <dice>, such as !roll 2d6.` */
export function usageSentence(
  prefix: string,
  command: Pick<CommandInfo, 'name' | 'args' | 'example'>,
): string {
  const such = command.example === '' ? '' : `, such as ${command.example}`;
  return `Write it like ${usageOf(prefix, command)}${such}.`;
}

function argumentUsage({ name, type, choices, optional }: ArgumentInfo): string {
  const listed = choices.join('|');
  const inner =
    choices.length > 0 && listed.length <= choicesCharactersMax
      ? listed
      : `${name}${type === 'rest' ? '…' : ''}`;
  return optional ? `[${inner}]` : `<${inner}>`;
}
