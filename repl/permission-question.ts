/** The question whether a plugin gets what it asks for, and its answer. */

import { checkName } from '../core/client-api.ts';
import type { PermissionAnswer, PermissionQuestion } from '../plugins/index.ts';
import type { PermissionAsker } from './chat-client.ts';
import { safeText } from './safe-text.ts';

/** Tries before what cannot be understood counts as no. */
const triesMax = 3;

/** Reads one line from a person; undefined if there is none. */
export type ReadLine = (question: string) => Promise<string | undefined>;

/** Asks a person line by line. */
export function askerOf(readLine: ReadLine): PermissionAsker {
  return async (question) => {
    const { canLimit } = question;
    let text = `${describe(question)}\n${choice(canLimit)}`;
    for (let tries = 0; tries < triesMax; tries++) {
      const line = await readLine(text);
      const answer = line === undefined ? 'no' : answerOf(line, canLimit);
      if (answer !== undefined) return answer;
      text = choice(canLimit);
    }
    return 'no';
  };
}

/** Asks on a terminal that shows no prompt at present. */
export function askOnTerminal(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  signal: AbortSignal,
): PermissionAsker {
  return askerOf(async (question) => {
    const { createInterface } = await import('node:readline/promises');
    const lines = createInterface({ input, output, terminal: true });
    // Without an answer to come, readline's promise would wait for ever.
    const closed = new Promise<undefined>((resolve) =>
      lines.once('close', () => resolve(undefined)),
    );
    try {
      return await Promise.race([lines.question(question, { signal }), closed]);
    } catch {
      return undefined;
    } finally {
      lines.close();
    }
  });
}

function describe({
  plugin,
  version,
  description,
  file,
  missing,
  before,
}: PermissionQuestion): string {
  const width = Math.max(...missing.map(({ permission }) => permission.length));
  const lines = missing.map(({ permission, words }) => `  ${permission.padEnd(width)}  ${words}`);
  const name = `${safeText(plugin)} ${safeText(version)}`;
  const about = description === '' ? '' : `: ${safeText(description)}`;
  if (before === undefined) {
    return [`${name} (${safeText(file)})${about}`, 'It asks to be allowed this:', ...lines].join(
      '\n',
    );
  }
  const granted = before.grants.map((grant) => safeText(grant)).join(', ') || 'nothing';
  return [
    `${name} (${safeText(file)})${about}`,
    `It asks for more than ${safeText(before.version)}, which was granted ${granted}:`,
    ...lines,
  ].join('\n');
}

function choice(canLimit: boolean): string {
  const only = canLimit ? ', or only in some groups (#ops #lab)' : '';
  return `Allow it, and remember that? y/N${only}: `;
}

/** What a line means; undefined if nothing. */
function answerOf(line: string, canLimit: boolean): PermissionAnswer | undefined {
  const words = line.trim().split(/[\s,]+/);
  const [first = ''] = words;
  if (/^(?:n|no)?$/i.test(first) && words.length === 1) return 'no';
  if (/^(?:y|yes)$/i.test(first) && words.length === 1) return {};
  const groups = words.map((word) => word.slice(1));
  const areGroups = words.every((word) => word.startsWith('#')) && groups.every(isName);
  return canLimit && areGroups ? { groups } : undefined;
}

function isName(name: string): boolean {
  return checkName(name) === undefined;
}
