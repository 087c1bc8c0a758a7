/** What a name looks like (Unicode Technical Standard #39, §4 Confusable Detection). */

import { confusableRows } from './confusables.ts';
import { once } from './once.ts';

/**
 * The skeleton of a text: texts with equal skeletons look alike. Every character is replaced by the prototype of all that
 * look like it, so that the result is for comparing and not for people.
 */
export function skeletonOf(text: string): string {
  const table = prototypes();
  let skeleton = '';
  for (const character of text.normalize('NFD')) skeleton += table.get(character) ?? character;
  return skeleton.normalize('NFD');
}

/** Prototypes by the character that looks like them. */
const prototypes: () => ReadonlyMap<string, string> = once(() => {
  const table = new Map<string, string>();
  for (const row of confusableRows.trim().split(/\s+/)) {
    const [prototype = '', characters = ''] = row.split('=');
    for (const character of characters.split(',')) table.set(textOf(character), textOf(prototype));
  }
  return table;
});

/** `72+6e` is `rn`. */
function textOf(codePoints: string): string {
  return String.fromCodePoint(...codePoints.split('+').map((hex) => Number.parseInt(hex, 16)));
}
