/**
 * `node test/unicode/generate.ts <confusables.txt>` writes core/chat/confusables.ts anew, from the file of that name that
 * Unicode publishes for UTS #39 (https://www.unicode.org/Public/security/latest/confusables.txt).
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { checkName } from '../../core/chat/names.ts';

const lineLengthMax = 96;

/**
 * `m` looks like `rn` where letters have widths of their own. In a terminal it does not, and "modem" would be refused for
 * the sake of "modern": what UTS #39 turns into `rn` becomes `m` here, and `m` stays what it is.
 */
const proportional = { from: 'rn', to: 'm' } as const;

function textOf(codePoints: string): string {
  const numbers = codePoints
    .trim()
    .split(' ')
    .map((hex) => Number.parseInt(hex, 16));
  return String.fromCodePoint(...numbers);
}

/** Whether a character can be left when a name is decomposed; no other needs a place in the table. */
function isReachable(character: string): boolean {
  if (character === proportional.to || character.normalize('NFD') !== character) return false;
  // A mark cannot begin a name, and is of the script of the letter that it stands on.
  return checkName(character) === undefined || /^\p{M}$/u.test(character);
}

function hexOf(text: string): string {
  return Array.from(text, (character) => character.codePointAt(0)?.toString(16)).join('+');
}

function rowsOf(file: string): readonly string[] {
  const sources = new Map<string, string[]>();
  for (const [, source = '', target = ''] of file.matchAll(/^([0-9A-F]+) ;\t([0-9A-F ]+) ;/gm)) {
    const character = textOf(source);
    if (!isReachable(character)) continue;
    const prototype = textOf(target).replaceAll(proportional.from, proportional.to);
    sources.set(prototype, [...(sources.get(prototype) ?? []), character]);
  }
  return Array.from(sources, ([prototype, characters]) => {
    const list = characters.map(hexOf).toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
    return `${hexOf(prototype)}=${list.join(',')}`;
  }).toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
}

function inLines(rows: readonly string[]): string {
  const lines: string[] = [];
  for (const row of rows) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + row.length > lineLengthMax) lines.push(row);
    else lines[lines.length - 1] = `${last} ${row}`;
  }
  return lines.map((line) => `  ${line}`).join('\n');
}

function moduleOf(file: string): string {
  const version = /^# Version: (\S+)/m.exec(file)?.[1];
  const date = /^# Date: (\S+),/m.exec(file)?.[1];
  return `/**
 * Which characters of names look like which others: confusables.txt of Unicode ${version} (${date}), UTS #39 §4, as far as
 * names can hold them. Written by test/unicode/generate.ts, which says what differs. © Unicode, Inc.; the licence stands
 * in docs/THIRD-PARTY.md.
 */

/** Rows of \`prototype=character,character…\` in code points; a prototype is one or several joined by \`+\`. */
export const confusableRows = \`
${inLines(rowsOf(file))}
\`;
`;
}

const [path = 'confusables.txt'] = process.argv.slice(2);
const target = new URL('../../core/chat/confusables.ts', import.meta.url);
writeFileSync(target, moduleOf(readFileSync(path, 'utf8')));
