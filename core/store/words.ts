/** What a text is found by: the one way in which every store takes it, and what is sought in it, apart. */

/** Scripts that are written without spaces: each character counts as a word, and a word that is sought as a phrase. */
const unspaced = String.raw`\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}`;

const word = new RegExp(
  String.raw`[${unspaced}]|\p{Extended_Pictographic}|[[\p{L}\p{N}]--[${unspaced}]]+`,
  'gv',
);

const mark = /\p{M}+/gu;

/** A longer word is known by its beginning. UTF-16 code units. */
const wordLengthMax = 64;

/** Phrases beyond are not sought. */
const phrasesMax = 32;

/** Words next to each other. */
export type Phrase = readonly string[];

/** The words of a text in their order, without case and accents. */
export function wordsOf(text: string): readonly string[] {
  const plain = text.normalize('NFKD').replace(mark, '').toLowerCase();
  return (plain.match(word) ?? []).map((found) => found.slice(0, wordLengthMax));
}

/** What somebody seeks: what stands between two spaces is a phrase. None if there is no word in it. */
export function phrasesOf(words: string): readonly Phrase[] {
  const phrases = words.split(/\s+/u).map(wordsOf);
  return phrases.filter(({ length }) => length > 0).slice(0, phrasesMax);
}

/** Whether a text contains all the phrases; never if there are none. */
export function contains(text: string, phrases: readonly Phrase[]): boolean {
  if (phrases.length === 0) return false;
  const words = wordsOf(text);
  return phrases.every((phrase) =>
    words.some((_, at) => phrase.every((part, offset) => words[at + offset] === part)),
  );
}
