/** `banter groups`, `members`, `history`, `search` and `send`: one request and its answer, for shell pipelines. */

import {
  BanterError,
  type Client,
  type ErrorCode,
  type HistoryOptions,
} from '../core/client-api.ts';
import type { CommandResult } from './commands/index.ts';
import type { Config } from './config.ts';
import { connectChatter } from './connecting.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import type { Interruption } from './interruption.ts';
import { LineWriter } from './line-writer.ts';
import { HumanOutput, JsonOutput, type ScriptOutput } from './script-output.ts';

/** What to ask, or to say. */
export type Question =
  | { readonly type: 'groups' }
  | { readonly type: 'members'; readonly group: string }
  | ({ readonly type: 'history'; readonly group: string } & Page)
  | ({ readonly type: 'search'; readonly group: string; readonly words: string } & Page)
  /** To a name, or to a group behind `#`; the text `-` is what stands on standard input. */
  | { readonly type: 'send'; readonly to: string; readonly text: string };

/** Numbers as they were written. */
interface Page {
  readonly limit?: string | undefined;
  readonly before?: string | undefined;
}

/** What the settings do not say. */
export interface AskingOptions {
  readonly config: Config;
  readonly question: Question;
  /** Print one JSON object. */
  readonly json: boolean;
  readonly interruption: Interruption;
}

/** No message is longer; what comes beyond is not waited for. Bytes. */
const inputBytesMax = 64 * 1024;

/** As many messages as fill a screen. */
const limitDefault = 20;

const origin = { line: 1 };

/**
 * Asks beside the client of the name that is present; where none is, as itself, in the group for as long as it takes.
 * Resolves to the exit code. @throws BanterError when it cannot begin
 */
export async function ask({
  config,
  question,
  json,
  interruption,
}: AskingOptions): Promise<number> {
  const { signal } = interruption;
  const given = { takeOver: false, besidePresent: true, signal };
  const { client, plugins } = await connectChatter(config, given);
  using lines = new LineWriter(process.stdout);
  using errors = new LineWriter(process.stderr);
  const output = json ? new JsonOutput(lines) : humanOutput(lines, errors, client, config);
  try {
    output.outcome({ type: 'result', result: await answer(client, question, signal) }, origin);
    return exitCodes.ok;
  } catch (error) {
    if (!json) throw error;
    output.error(error, origin);
    return exitCodeOf(error);
  } finally {
    await client.close();
    await plugins.close();
    await lines.drained();
  }
}

function humanOutput(
  results: LineWriter,
  rest: LineWriter,
  { name: me }: Client,
  config: Config,
): ScriptOutput {
  const { isTTY = false } = process.stdout;
  return new HumanOutput({
    name: 'banter',
    results,
    rest,
    me,
    debug: config.debug.value,
    resultColours: isTTY && process.stdout.hasColors(),
    restColours: false,
    onTerminal: isTTY,
  });
}

async function answer(
  client: Client,
  question: Question,
  signal: AbortSignal,
): Promise<CommandResult> {
  switch (question.type) {
    case 'groups':
      return { type: 'groups', groups: await client.listGroups() };
    case 'members': {
      const { group } = question;
      const [members, isGuest] = await within(client, group, () => client.listMembers(group));
      // Who has come to look does not count.
      const others = members.filter((name) => !isGuest || name !== client.name);
      return { type: 'members', group, members: others };
    }
    case 'history': {
      const { group } = question;
      const page = pageOf(question, signal);
      const [messages] = await within(client, group, () => client.history(group, page));
      return { type: 'history', group, messages };
    }
    case 'search': {
      const { group, words } = question;
      const page = pageOf(question, signal);
      const [messages] = await within(client, group, () => client.search(group, words, page));
      return { type: 'found', group, words, messages };
    }
    case 'send':
      return send(client, question.to, question.text, signal);
  }
}

async function send(
  client: Client,
  to: string,
  given: string,
  signal: AbortSignal,
): Promise<CommandResult> {
  const text = given === '-' ? await standardInput() : given;
  if (!to.startsWith('#')) {
    return { type: 'sent', receipt: await client.send(to, text, { signal }), text };
  }
  const group = to.slice(1);
  const [receipt] = await within(client, group, () => client.sendGroup(group, text, { signal }));
  return { type: 'sent', receipt, text };
}

/**
 * Does something as a member of a group: who is none joins until the end, unless another client of the name is present,
 * beside which nobody joins.
 * @returns what came of it, and whether it joined
 */
export async function within<Value>(
  client: Client,
  group: string,
  work: () => Promise<Value>,
): Promise<readonly [value: Value, isGuest: boolean]> {
  try {
    return [await work(), false];
  } catch (error) {
    if (!isCode(error, 'NOT_MEMBER')) throw error;
    await client.joinGroup(group).catch((refusal: unknown) => {
      throw isCode(refusal, 'BAD_REQUEST') ? error : refusal;
    });
  }
  return [await work(), true];
}

function isCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof BanterError && error.code === code;
}

function pageOf({ limit, before }: Page, signal: AbortSignal): HistoryOptions {
  const page = { limit: limit === undefined ? limitDefault : numberOf('limit', limit), signal };
  return before === undefined ? page : { ...page, before: numberOf('before', before) };
}

/** Its bounds are the client's affair. @throws BanterError OPTION_INVALID */
function numberOf(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new BanterError('OPTION_INVALID', `${name} must be a whole number from 1, not "${text}"`);
}

/** What stands on standard input, without its last line's end. @throws BanterError MESSAGE_TOO_LONG */
async function standardInput(): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of process.stdin) {
    pieces.push(Buffer.from(piece));
    bytes += piece.length;
    if (bytes <= inputBytesMax) continue;
    throw new BanterError(
      'MESSAGE_TOO_LONG',
      `standard input has more than ${inputBytesMax} bytes`,
    );
  }
  return Buffer.concat(pieces)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
