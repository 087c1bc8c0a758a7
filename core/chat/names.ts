/** The one rule for names of clients and groups, and how two names are compared. */

import { once } from './once.ts';

/** The most code points a name has. */
const nameCodePointsMax = 32;

/** The most bytes a name takes as UTF-8: every code point takes at most four. */
export const nameBytesMax: number = 4 * nameCodePointsMax;

/**
 * What is wrong with a name, in words that complete "the name …", or undefined if it may be used.
 *
 * 1 to 32 code points of `\p{L}\p{N}\p{M}._-`, all visible, no mark first and at most three in a row, NFKC-stable, of one script (Han, Hiragana, Katakana and
 * Hangul count as one), and not `server` in any case. The scripts are those that UAX #31 lists as in
 * modern use (tables 5 and 7); a code point of several scripts or of none goes by its script extensions
 * (UAX #24), so that digits fit every name and a vowel mark fits only the scripts it is written in.
 */
export function checkName(name: string): string | undefined {
  if (name.length === 0) return 'is empty';
  // No code point takes more than two units: what is longer need not be looked at.
  if (name.length > 2 * nameCodePointsMax || [...name].length > nameCodePointsMax) {
    return `is longer than ${nameCodePointsMax} characters`;
  }
  if (!allowed.test(name)) return 'holds something other than letters, digits, ".", "_" or "-"';
  if (invisible.test(name)) return 'holds an invisible character';
  if (!beginning.test(name)) return 'begins with a mark that belongs on a letter';
  if (heap.test(name)) return 'heaps marks on a letter';
  if (name.normalize('NFKC') !== name) return 'holds a compatibility form of a character';
  const isOneScript = latin.test(name) || otherScripts().some((script) => script.test(name));
  if (!isOneScript) return 'mixes scripts or uses a historic one';
  if (foldName(name) === 'server') return 'is reserved';
  return undefined;
}

/**
 * The form under which names are equal: NFKC and full case folding.
 * Up and down again unites what one direction alone keeps apart (`ß`, `ẞ` and `ss`; `σ` and `ς`).
 */
export function foldName(name: string): string {
  const folded = name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase();
  return folded.normalize('NFKC');
}

/** They fold to other names than the ones they look like. */
const invisible = /\p{Default_Ignorable_Code_Point}/u;
const beginning = /^[\p{L}\p{N}._-]/u;
const heap = /\p{M}{4}/u;

const allowed = /^[\p{L}\p{N}\p{M}._-]+$/u;

/** Besides Latin; each entry is one script for the rule, its members may be mixed. */
const otherScriptNames: readonly (readonly string[])[] = [
  ['Han', 'Hiragana', 'Katakana', 'Hangul'],
  ...`Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi
  Hebrew Kannada Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan
  Adlam Balinese Bamum Batak Canadian_Aboriginal Chakma Cham Cherokee Hanifi_Rohingya Javanese
  Kayah_Li Lepcha Limbu Lisu Mandaic Meetei_Mayek Miao New_Tai_Lue Newa Nko
  Nyiakeng_Puachue_Hmong Ol_Chiki Osage Saurashtra Sundanese Syloti_Nagri Syriac Tai_Le Tai_Tham
  Tai_Viet Tifinagh Vai Wancho Yi`
    .split(/\s+/)
    .map((script) => [script]),
];

/** Built when the first name needs them: sixty expressions take a tenth of a client's time to start. */
const otherScripts: () => readonly RegExp[] = once(() => otherScriptNames.map(scriptExpression));

const latin: RegExp = scriptExpression(['Latin']);

function scriptExpression(names: readonly string[]): RegExp {
  const classes = ['Common', 'Inherited', ...names].map((name) => `\\p{Script_Extensions=${name}}`);
  return new RegExp(`^[${classes.join('')}]+$`, 'u');
}
