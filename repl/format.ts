/** Lines for people: messages, receipts, results, errors. Whatever others wrote passes `safe-text.ts` here. */

import { inspect, styleText } from 'node:util';
import {
  BanterError,
  type ChatMessage,
  type GroupMessage,
  type Receipt,
  type Topic,
} from '../core/client-api.ts';
import type { MessageCommand } from './chat-client.ts';
import { type CommandHelp, type CommandResult, sections, usage } from './commands/index.ts';
import { describeEntrance } from './entrance.ts';
import { administrationDescriptions } from './format-administration.ts';
import {
  describeKept,
  describePlugin,
  describePluginStatus,
  describeTrace,
} from './format-plugins.ts';
import { describeRetention } from './retention.ts';
import { safeOutput, safeText } from './safe-text.ts';

/** How lines are made. */
export interface FormatterOptions {
  /** The own name: mentions of it stand out. */
  readonly name: string;
  /** Whether to use colours; nothing depends on them alone. */
  readonly colours: boolean;
  /** Show stacks, codes and remedies with errors. Default false. */
  readonly debug?: boolean;
}

type Style = Parameters<typeof styleText>[0];

/** No red: that is for errors. */
const nameColours: readonly Style[] = [
  'cyan',
  'green',
  'yellow',
  'blue',
  'magenta',
  'cyanBright',
  'greenBright',
  'yellowBright',
  'blueBright',
  'magentaBright',
];

const headerWidth = 12;
const excerptLengthMax = 60;

type Describe = {
  readonly [Type in CommandResult['type']]: (
    result: Extract<CommandResult, { readonly type: Type }>,
    formatter: Formatter,
  ) => string;
};

const descriptions: Describe = {
  sent: ({ receipt, text }, formatter) => formatter.receipt(receipt, text),
  groupCreated: ({ group }) => `group ${safeText(group)} created; enter it with "join_group"`,
  groupJoined: ({ group }) => `you are in #${safeText(group)}`,
  groupLeft: ({ group }) => `you left #${safeText(group)}`,
  groups: ({ groups }) => list(groups, 'there are no groups yet; make one with "create_group"'),
  members: ({ members }) => list(members, 'nobody is there'),
  moderated: (result) => moderations[result.action](result),
  bans: ({ bans }) =>
    bans.length === 0
      ? 'nobody is banned'
      : bans
          .map(({ name, by, reason }) => `${safeText(name)}  by ${safeText(by)}${because(reason)}`)
          .join('\n'),
  roles: ({ roles }) =>
    roles.length === 0
      ? 'nobody was given a role'
      : roles.map(({ name, role }) => `${safeText(name)}  ${role}`).join('\n'),
  topic: ({ group, topic }) => describeTopic(group, topic),
  groupSet: ({ group, retention, ...entrance }) =>
    `#${safeText(group)} is ${describeEntrance(entrance)} now; it ${describeRetention(retention)}`,
  groupRemoved: ({ group }) => `#${safeText(group)} is removed`,
  topicSet: ({ group, text }) =>
    `you ${text === '' ? 'took away' : 'set'} the topic of #${safeText(group)}`,
  groupDescription: ({ group, owner, role, members, topic, retention, ...entrance }) =>
    [
      `#${safeText(group)}, ${owner === undefined ? 'of nobody' : `of ${safeText(owner)}`}; ${members} in it; ${describeEntrance(entrance)}; ${describeRetention(retention)}; you are ${role}`,
      describeTopic(group, topic),
    ].join('\n'),
  history: ({ group, messages }, formatter) =>
    formatter.past(messages) ?? `nothing was said in #${safeText(group)} yet`,
  found: ({ group, words, messages }, formatter) =>
    formatter.past(messages) ?? `nothing in #${safeText(group)} contains "${safeText(words)}"`,
  users: ({ users, more }) => {
    const width = Math.max(0, ...users.map(({ name }) => name.length));
    const lines = users.map(
      ({ name, online, bot }) =>
        `${safeText(name).padEnd(width)}  ${online ? 'online' : 'offline'}${bot ? ', bot' : ''}`,
    );
    if (more) lines.push('there are more; say how their names begin: "list_users <prefix>"');
    return lines.length === 0 ? 'nobody is called so' : lines.join('\n');
  },
  identity: ({ name, groups, connected, key, server }) => {
    const where =
      groups.length === 0
        ? 'in no group'
        : `in ${groups.map((group) => `#${safeText(group)}`).join(', ')}`;
    return `${safeText(name)}, ${where}, ${connected ? 'connected' : 'disconnected'}; server #${safeText(server)}; your key ${key}`;
  },
  ...administrationDescriptions,
  deregistered: ({ name }) => `${safeText(name)} is offline`,
  pluginLoaded: ({ plugin }) =>
    `${describePlugin(plugin)}; may: ${plugin.grants.map((grant) => safeText(grant)).join(', ') || 'nothing'}`,
  pluginReloaded: ({ plugin }) => `${describePlugin(plugin)} now`,
  pluginUnloaded: ({ plugin }) => `${safeText(plugin)} unloaded`,
  recordingBegun: ({ file }) =>
    `${safeText(file)} records what plugins are told and say, private messages included, until "plugin record off"`,
  recordingEnded: ({ file, told, said, problem }) =>
    `${safeText(file)}: ${told} things told, ${said} said${problem === undefined ? '' : `; it ended early: ${safeText(problem)}`}`,
  pluginStorage: describeKept,
  explained: describeTrace,
  tapped: ({ plugin = 'all plugins' }) =>
    `what ${safeText(plugin)} is told and does is shown until "tap off"`,
  untapped: () => 'the tap is off',
  pluginStatus: ({ plugin }) => describePluginStatus(plugin),
  plugins: ({ plugins }) =>
    plugins.length === 0
      ? 'no plugins; load one with "plugin load <name or file>"'
      : plugins.map(describePlugin).join('\n'),
  help: ({ commands, messages }, formatter) => formatter.help(commands, messages),
};

type Moderated = Extract<CommandResult, { readonly type: 'moderated' }>;

const moderations: Readonly<Record<Moderated['action'], (result: Moderated) => string>> = {
  kick: ({ group, name }) => `${safeText(name)} is out of #${safeText(group)}`,
  ban: ({ group, name }) => `${safeText(name)} is banned from #${safeText(group)}`,
  invite: ({ group, name }) => `${safeText(name)} is invited to #${safeText(group)}`,
  unban: ({ group, name }) => `${safeText(name)} may join #${safeText(group)} again`,
  mute: ({ name, minutes }) =>
    `${safeText(name)} is muted${minutes === undefined ? '' : ` for ${minutes} minutes`}`,
  unmute: ({ name }) => `${safeText(name)} may speak again`,
  role: ({ group, name, role }) => `${safeText(name)} is ${role} in #${safeText(group)}`,
  transfer: ({ group, name }) => `#${safeText(group)} belongs to ${safeText(name)} now`,
};

function describeTopic(group: string, topic: Topic | undefined): string {
  if (topic === undefined) return `#${safeText(group)} has no topic`;
  return `topic: ${safeText(topic.text)} (by ${safeText(topic.by)})`;
}

function because(reason: string): string {
  return reason === '' ? '' : `: ${safeText(reason)}`;
}

/** Makes lines; holds nothing but its options. */
export class Formatter {
  readonly #colours: boolean;
  readonly #debug: boolean;
  readonly #mention: RegExp;

  constructor({ name, colours, debug = false }: FormatterOptions) {
    this.#colours = colours;
    this.#debug = debug;
    const literal = name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    this.#mention = new RegExp(
      `(?<![\\p{L}\\p{N}\\p{M}._-])@?${literal}(?![\\p{L}\\p{N}\\p{M}_-])`,
      'iu',
    );
  }

  /** `12:04 bob → you   hi`, `12:05 #ops eve    deploy?`; bold where the own name occurs. */
  message(message: ChatMessage): string {
    const from = safeText(message.from, { lengthMax: 64 });
    const sender = this.#style(colourOf(message.from), message.bot ? `${from} (bot)` : from);
    const header =
      message.type === 'private'
        ? `${sender} → you`
        : `#${safeText(message.group, { lengthMax: 64 })} ${sender}`;
    const padding = ' '.repeat(Math.max(2, headerWidth - visibleLength(header)));
    const text = safeText(message.text);
    const shown = this.mentions(message) ? this.#style('bold', text) : text;
    const remark = remarkOf(message);
    const suffix = remark === undefined ? '' : this.#style('dim', `  (${remark})`);
    return `${this.#style('dim', clock(message.sentAtMs))} ${header}${padding}${shown}${suffix}`;
  }

  /**
   * Messages of the past, given newest first and shown newest last, each day under its date; undefined if there are none.
   */
  past(messages: readonly GroupMessage[]): string | undefined {
    if (messages.length === 0) return undefined;
    const lines: string[] = [];
    let day: string | undefined;
    for (const message of messages.toReversed()) {
      const today = dayOf(message.sentAtMs);
      if (today !== day) lines.push(this.notice(today));
      day = today;
      // That it comes again goes without saying.
      lines.push(this.message({ ...message, recovered: false }));
    }
    return lines.join('\n');
  }

  /** Whether a group message speaks of this client. */
  mentions(message: ChatMessage): boolean {
    return message.type === 'group' && this.#mention.test(message.text);
  }

  /** `      ✓ bob: ok`, dim; `      … kept for bob until they are back: ok` of who is absent. */
  receipt(receipt: Receipt, text: string): string {
    const excerpt = safeText(text, { lengthMax: excerptLengthMax });
    const to = receipt.type === 'committed' ? `#${receipt.group}` : receipt.to;
    const name = safeText(to, { lengthMax: 64 });
    const what = receipt.type === 'stored' ? `… kept for ${name} until they are back` : `✓ ${name}`;
    return this.#style('dim', `      ${what}: ${excerpt}`);
  }

  /** What a command gave back. */
  result(result: CommandResult): string {
    // The table has a function for each type; the lookup loses that they are of the same one.
    const describe = descriptions[result.type] as (value: CommandResult, self: Formatter) => string;
    return describe(result, this);
  }

  /** The value of an expression, as `util.inspect` shows it. */
  value(value: unknown): string {
    return safeOutput(inspect(value, { colors: this.#colours }));
  }

  /** `error: no user "bbo"; did you mean bob?`; one line, unless debugging. */
  error(error: unknown): string {
    const summary =
      error instanceof BanterError
        ? `error: ${error.message}${whenToRetry(error)}`
        : isError(error)
          ? `${error.name}: ${error.message}`
          : `thrown: ${inspect(error)}`;
    const line = this.#style('red', safeText(summary));
    return this.#debug && isError(error) ? `${line}\n${this.#style('dim', details(error))}` : line;
  }

  /** Something that happened, dim. */
  notice(words: string): string {
    return this.#style('dim', `      · ${words}`);
  }

  /** The commands by section, a line and an example each; one alone with its usage. */
  help(commands: readonly CommandHelp[], messages: readonly MessageCommand[] = []): string {
    const [only] = commands;
    if (commands.length === 1 && only !== undefined) {
      return `${this.#style('bold', usage(only))}\n  ${only.summary}\n  ${this.#style('dim', only.example)}`;
    }
    const width = Math.max(...commands.map((command) => usage(command).length));
    const blocks = sections.map((section) => {
      const lines = commands
        .filter((command) => command.section === section)
        .map((command) => {
          const example = this.#style('dim', `e.g. ${command.example}`);
          return `  ${usage(command).padEnd(width)}  ${command.summary}\n  ${''.padEnd(width)}  ${example}`;
        });
      return [this.#style('bold', section), ...lines].join('\n');
    });
    const rule =
      'Every other line is JavaScript with "chat" in it: await chat.send("bob", "hi"). /word forces a command, ;code forces JavaScript.';
    return [...blocks, ...this.#messagesHelp(messages), rule].join('\n');
  }

  /** What plugins here are told by others in messages. */
  #messagesHelp(messages: readonly MessageCommand[]): readonly string[] {
    if (messages.length === 0) return [];
    const width = Math.max(...messages.map(({ usage }) => safeText(usage).length));
    const lines = messages.map(
      ({ usage, description }) => `  ${safeText(usage).padEnd(width)}  ${safeText(description)}`,
    );
    return [this.#style('bold', 'In messages, to your plugins'), ...lines];
  }

  #style(format: Style, text: string): string {
    return this.#colours ? styleText(format, text, { validateStream: false }) : text;
  }
}

function list(names: readonly string[], none: string): string {
  return names.length === 0 ? none : names.map((name) => safeText(name)).join('\n');
}

function remarkOf(message: ChatMessage): string | undefined {
  if (message.type === 'private') {
    // The clock alone does not tell of which day a message is that has waited for somebody to come back.
    if (message.kept) return `sent ${dayOf(message.sentAtMs)}, kept for you`;
    return message.heldBack ? 'held back' : undefined;
  }
  return message.recovered ? 'missed' : undefined;
}

/** FNV-1a over the name: the same colour everywhere, always. */
function colourOf(name: string): Style {
  let hash = 0x811c9dc5;
  for (const character of name) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return nameColours[hash % nameColours.length] ?? 'cyan';
}

function clock(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return '--:--';
  const [hours, minutes] = [date.getHours(), date.getMinutes()];
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

/** `2026-01-01`, where the machine is. */
function dayOf(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return '----------';
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part) => String(part).padStart(2, '0')).join('-');
}

function visibleLength(text: string): number {
  return [...text.replace(colourSequence, '')].length;
}

const colourSequence = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

function whenToRetry({ retryWords }: BanterError): string {
  return retryWords === undefined ? '' : `; try again ${retryWords}`;
}

function details(error: Error): string {
  const code = error instanceof BanterError ? `${error.code}: ${error.remedy}\n` : '';
  const cause = error.cause === undefined ? '' : `\ncaused by ${inspect(error.cause)}`;
  return safeOutput(`${code}${error.stack ?? ''}${cause}`);
}
