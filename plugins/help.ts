/** `!help`: what the plugins of a bot can be told, answered for all of them together. */

import type { GroupMessage, PrivateMessage } from '../core/client-api.ts';
import { Budget } from './budget.ts';
import type { PluginLog } from './capabilities.ts';
import type { Clock } from './clock.ts';
import type { ArgumentInfo, CommandInfo } from './command-info.ts';
import type { Fact, PluginClient } from './feed.ts';
import type { HostedPlugin } from './plugin.ts';
import { usageOf } from './usage.ts';

/** Answers a minute, to everybody together; beyond, there is none. */
const answersPerMinute = 20;

/** Characters of the list of commands; further ones are only counted. */
const listCharactersMax = 4000;

/** A message of so many hops is answered by nobody. */
const hopsMax = 7;

export interface HelpOptions {
  readonly client: PluginClient;
  readonly prefix: string;
  readonly clock: Clock;
  readonly plugins: ReadonlyMap<number, HostedPlugin>;
  /** Told why an answer could not be sent. */
  readonly onLog: (entry: PluginLog) => void;
}

/**
 * Speaks where a person asks, of the commands that its plugins hear and can answer there. Several bots in a group each
 * list their own; about one command only the bot that has it says something. A plugin's own `help` goes before.
 */
export class Help {
  readonly #options: HelpOptions;
  readonly #budget = new Budget(answersPerMinute);

  constructor(options: HelpOptions) {
    this.#options = options;
  }

  /** Takes what happened; answers if it is a call for help. */
  hear({ event }: Fact): void {
    if (event.type !== 'message' && event.type !== 'private') return;
    const { message } = event;
    const isLate = message.type === 'group' ? message.recovered : message.kept;
    if (message.bot || isLate || message.hops >= hopsMax) return;
    const { prefix } = this.#options;
    const [word = '', name = '', ...more] = message.text.trim().split(/\s+/, 3);
    if (word.toLowerCase() !== `${prefix}help` || more.length > 0) return;
    const commands = this.#commandsAt(message);
    if (commands.length === 0 || commands.some((command) => isCalled(command, 'help'))) return;
    const answer = this.#answer(commands, name, message.type === 'private');
    const { clock } = this.#options;
    if (answer !== undefined && this.#budget.take(clock.now())) this.#send(message, answer);
  }

  #answer(commands: readonly CommandInfo[], name: string, isPrivate: boolean): string | undefined {
    const { prefix } = this.#options;
    if (name === '') return listOf(commands, prefix);
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const command = commands.find((each) => isCalled(each, bare));
    if (command !== undefined) return explain(command, prefix);
    // Another bot of the group may have it.
    return isPrivate ? `There is no such command; ${prefix}help lists them.` : undefined;
  }

  #commandsAt(message: GroupMessage | PrivateMessage): readonly CommandInfo[] {
    const [kind, group] =
      message.type === 'group' ? (['message', message.group] as const) : (['private'] as const);
    return [...this.#options.plugins.values()]
      .filter(({ isBehind }) => !isBehind)
      .filter(
        ({ alive, granted }) =>
          alive && granted.allows(`${kind}.read`, group) && granted.allows(`${kind}.send`, group),
      )
      .flatMap(({ commands }) => commands);
  }

  #send(message: GroupMessage | PrivateMessage, text: string): void {
    const { client, onLog } = this.#options;
    const hops = message.hops + 1;
    const sent =
      message.type === 'group'
        ? client.sendGroup(message.group, text, { hops })
        : client.send(message.from, text, { hops });
    sent.catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : `${error}`;
      onLog({ plugin: 'help', level: 'warn', text: `cannot answer: ${reason}` });
    });
  }
}

/** The plugin whose command or alias is called as one of `plugin`'s, if there is one. */
export function clashOf(
  plugin: HostedPlugin,
  others: Iterable<HostedPlugin>,
): { readonly name: string; readonly owner: HostedPlugin } | undefined {
  const names = plugin.commands.flatMap(namesOf);
  for (const owner of others) {
    if (owner === plugin || !owner.alive) continue;
    const taken = new Set(owner.commands.flatMap(namesOf));
    const name = names.find((each) => taken.has(each));
    if (name !== undefined) return { name, owner };
  }
  return undefined;
}

function namesOf({ name, aliases }: CommandInfo): readonly string[] {
  return [name, ...aliases].map((each) => each.toLowerCase());
}

function isCalled(command: CommandInfo, name: string): boolean {
  return namesOf(command).includes(name.toLowerCase());
}

function listOf(commands: readonly CommandInfo[], prefix: string): string {
  const lines: string[] = [];
  let left = listCharactersMax;
  for (const command of commands) {
    const line = `${usageOf(prefix, command)}: ${command.description}`;
    left -= line.length + 1;
    if (left < 0) break;
    lines.push(line);
  }
  const more = commands.length - lines.length;
  const rest = more === 0 ? '' : `and ${more} more; `;
  return [...lines, `${rest}${prefix}help <command> tells more about one.`].join('\n');
}

const permissionWords: Readonly<Record<CommandInfo['permission'], string>> = {
  everyone: '',
  moderator: 'For moderators of the group.',
  owner: 'For the owner of the group.',
  operator: 'For operators of the server.',
  named: 'For some people only.',
};

function explain(command: CommandInfo, prefix: string): string {
  const { aliases, description, args, example, permission } = command;
  const lines = [
    `${usageOf(prefix, command)}: ${description}`,
    ...args.map(explainArgument),
    permissionWords[permission],
    aliases.length === 0 ? '' : `Also: ${aliases.map((alias) => prefix + alias).join(' ')}`,
    example === '' ? '' : `Such as ${example}`,
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function explainArgument({ name, description, choices, min, max, type }: ArgumentInfo): string {
  const isNumber = type === 'number' || type === 'integer';
  const bounds =
    isNumber && (min !== undefined || max !== undefined) ? `${min ?? ''}…${max ?? ''}` : '';
  const facts = [description, choices.join(', '), bounds].filter((fact) => fact !== '');
  return facts.length === 0 ? '' : `${name}: ${facts.join('; ')}`;
}
