/** The one rule that says whether a line is a command or JavaScript. */

import { type Command, type CommandTable, takesVerbatimText } from './commands/index.ts';

/** What a line is. */
export type Line =
  | { readonly type: 'empty' }
  | { readonly type: 'command'; readonly command: Command; readonly tail: string }
  | { readonly type: 'javascript'; readonly source: string };

/** The words that the rule knows. */
export interface Vocabulary {
  readonly commands: CommandTable;
  /** Dot forms and the command line each stands for. */
  readonly dotForms: ReadonlyMap<string, string>;
}

/**
 * A line is a command if its first word is a known command followed by a space or the end of the line.
 * `/word` forces a command where the word is known, `;` forces JavaScript. A known word followed by an operator is
 * JavaScript, except for commands that end in a verbatim message. Everything else is JavaScript.
 */
export function classifyLine(line: string, vocabulary: Vocabulary): Line {
  const text = line.trim();
  if (text === '') return { type: 'empty' };
  if (text.startsWith(';')) return { type: 'javascript', source: text.slice(1) };
  const written = vocabulary.dotForms.get(text) ?? text;
  const [, slash, word, tail = ''] = /^(\/?)(\w+)(?:\s+(.*))?$/s.exec(written) ?? [];
  const command = word === undefined ? undefined : vocabulary.commands.get(word);
  if (command === undefined || tail.includes('\n')) return { type: 'javascript', source: line };
  const forced = slash === '/';
  return forced || takesVerbatimText(command) || !startsWithOperator(tail)
    ? { type: 'command', command, tail }
    : { type: 'javascript', source: line };
}

/** Names may begin with `-` or `.`, so these two are operators only where no letter follows. */
const operator = /^(?:[=+*/%<>&|^?,:;)\]}!~(`]|[-.](?![\p{L}_]))/u;

function startsWithOperator(tail: string): boolean {
  return operator.test(tail);
}

/** The command that a piece of JavaScript declares a variable of the same name as; the command wins over it. */
export function shadowedCommand(source: string, commands: CommandTable): string | undefined {
  for (const [, name = ''] of source.matchAll(/\b(?:const|let|var|function|class)\s+(\w+)/g)) {
    if (commands.has(name)) return name;
  }
  return undefined;
}
