/** What Tab offers: commands, names, groups, and the members of JavaScript's objects. Of message text only commands to plugins are completed. */

import type { Command, Parameter, ParameterType } from './commands/index.ts';
import { classifyLine, type Vocabulary } from './line.ts';
import type { ChatSession } from './session.ts';

/** Completions, and the end of the line that they replace. */
export type Completions = readonly [candidates: readonly string[], replaced: string];

/** What completes JavaScript: `node:repl`'s own completer. */
export type CodeCompleter = (expression: string) => Promise<Completions>;

/** How to complete. */
export interface CompleterOptions {
  readonly session: ChatSession;
  readonly vocabulary: Vocabulary;
  readonly completeCode: CodeCompleter;
}

type Candidates = (
  options: CompleterOptions,
  parameter: Parameter,
  typed: string,
) => readonly string[] | Promise<readonly string[]>;

/** More users than anybody looks through. */
const usersOfferedMax = 200;

const candidatesByType: Readonly<Record<ParameterType, Candidates>> = {
  user: ({ session }, _parameter, typed) => usersStarting(session, typed),
  group: ({ session }) => session.knownGroups,
  joinedGroup: ({ session }) => session.client.groups,
  member: ({ session }) => membersOf(session),
  plugin: ({ session }) => session.plugins?.list().map((plugin) => plugin.id) ?? [],
  command: ({ vocabulary }) => [...vocabulary.commands.keys()],
  word: (_options, parameter) => parameter.words ?? [],
  text: () => [],
};

/** Completes the line up to the cursor. Names that a terminal could trip over are left out. */
export async function complete(line: string, options: CompleterOptions): Promise<Completions> {
  const [, slash = '', word] = /^\s*(\/?)(\w*)$/.exec(line) ?? [];
  if (word !== undefined) return completeFirstWord(slash, word, options);
  // A sentinel stands for the word being typed, so that `join_group ` is already seen as the command that it begins.
  const typed = classifyLine(`${line}x`, options.vocabulary);
  if (typed.type === 'command') return completeArgument(line, typed.command, options);
  const quoted = /["'`]([^"'`\s]*)$/.exec(line)?.[1];
  if (quoted !== undefined && oddQuotes(line)) {
    const users = await usersStarting(options.session, quoted);
    return [starting([...users, ...options.session.knownGroups], quoted), quoted];
  }
  // Behind `await ` or an operator, node:repl's completer finds nothing unless it sees the expression alone.
  const expression = /(?:[\w$]+(?:\([^()]*\)|\[[^\]]*\])?\??\.)*[\w$]*$/.exec(line)?.[0] ?? '';
  return expression === '' ? [[], ''] : options.completeCode(expression);
}

async function completeFirstWord(
  slash: string,
  word: string,
  options: CompleterOptions,
): Promise<Completions> {
  const commands = starting(options.vocabulary.commands.keys(), word).map((name) => {
    const command = options.vocabulary.commands.get(name);
    return command !== undefined && command.parameters.length > 0 ? `${name} ` : name;
  });
  if (slash !== '' || word === '') return [commands, word];
  const [code] = await options.completeCode(word);
  return [[...commands, ...code.filter((name) => name !== '')], word];
}

async function completeArgument(
  line: string,
  command: Command,
  options: CompleterOptions,
): Promise<Completions> {
  const words = line.trimStart().split(/\s+/).slice(1);
  const typed = words.at(-1) ?? '';
  const index = words.length - 1;
  const textAt = command.parameters.findIndex(({ type }) => type === 'text');
  const said = textAt < 0 ? [] : words.slice(textAt);
  if (said.length > 0) return [messageCandidates(options.session, said), typed];
  const parameter = command.parameters[index];
  if (parameter === undefined) return [[], typed];
  const more = index < command.parameters.length - 1 ? ' ' : '';
  const candidates = await candidatesByType[parameter.type](options, parameter, typed);
  return [starting(candidates, typed).map((name) => name + more), typed];
}

/** What a message can go on with that gives a command which the plugins here know, as those of bots may. */
function messageCandidates(session: ChatSession, words: readonly string[]): readonly string[] {
  const commands = session.plugins?.list().flatMap((plugin) => plugin.commands) ?? [];
  const [first = ''] = words;
  const typed = words.at(-1) ?? '';
  if (words.length === 1) {
    const written = commands.flatMap(({ usage, args }) => {
      const [word = ''] = usage.split(' ');
      return first !== '' && word.startsWith(first) ? [args.length > 0 ? `${word} ` : word] : [];
    });
    return written.filter(isPlain).sort();
  }
  const command = commands.find(({ usage }) => usage.split(' ')[0] === first);
  const choices = command?.args[words.length - 2]?.choices ?? [];
  return choices.filter((choice) => choice.startsWith(typed) && isPlain(choice)).sort();
}

/** A large server is asked; while it is away, the users it told of have to do. */
async function usersStarting(session: ChatSession, prefix: string): Promise<readonly string[]> {
  try {
    const users = await session.client.listUsers({ prefix, limit: usersOfferedMax });
    return users.map(({ name }) => name);
  } catch {
    return [...session.client.directory.keys()];
  }
}

/** While the server is away, the users it told of have to do. */
async function membersOf(session: ChatSession): Promise<readonly string[]> {
  const { client, group } = session;
  if (group === undefined) return [];
  try {
    const members = await client.listMembers(group);
    return members.filter((name) => name !== client.name);
  } catch {
    return [...client.directory.keys()];
  }
}

function starting(candidates: Iterable<string>, prefix: string): readonly string[] {
  const plain = /^[\p{L}\p{N}\p{M}._-]+$/u;
  return [...new Set(candidates)]
    .filter((name) => name.startsWith(prefix) && plain.test(name))
    .sort();
}

/** Nothing that a terminal could trip over. */
function isPlain(word: string): boolean {
  return /^[\p{L}\p{N}\p{P}\p{S}]+ ?$/u.test(word);
}

function oddQuotes(line: string): boolean {
  const quote = /["'`](?=[^"'`\s]*$)/.exec(line)?.[0];
  return quote !== undefined && line.split(quote).length % 2 === 0;
}
