/** What was said in a test world, line by line, and how it differs from what was expected. */

import { AssertionError } from 'node:assert/strict';

/** A whole line, or an expression that it matches. */
export type ExpectedLine = string | RegExp;

/** A line of a comparison: said as expected, expected and not said, or said and not expected. */
type Compared = readonly [mark: ' ' | '-' | '+', line: string];

/** Beyond so many pairs of lines only what is the same at both ends is shown side by side. */
const pairsMax = 4_000_000;

/** Lines that say the same, shown around a difference; more of them are left out. */
const contextLines = 3;

/**
 * Holds what was said against what was expected.
 * @param background what else may explain a difference, such as errors of plugins
 * @throws AssertionError with both, line by line
 */
export function compareTranscripts(
  said: readonly string[],
  expected: readonly ExpectedLine[],
  background: readonly string[],
): void {
  if (said.length === expected.length && said.every((line, at) => matches(expected[at], line))) {
    return;
  }
  const shown = shorten(align(said, expected)).map(([mark, line]) => `${mark} ${indent(line)}`);
  const because = background.length === 0 ? [] : ['', 'Logged meanwhile:', ...background];
  const title =
    expected.length === 0
      ? 'Nothing was to be said, but this was:'
      : 'The chat went otherwise (- expected, + said):';
  throw new AssertionError({
    message: [title, '', ...shown, ...because].join('\n'),
    actual: said,
    expected: expected.map(String),
    operator: 'expect',
    stackStartFn: compareTranscripts,
  });
}

function matches(expected: ExpectedLine | undefined, line: string): boolean {
  if (!(expected instanceof RegExp)) return expected === line;
  expected.lastIndex = 0;
  return expected.test(line);
}

/** As few differences as can be: the longest common subsequence of both. */
function align(said: readonly string[], expected: readonly ExpectedLine[]): readonly Compared[] {
  const width = said.length + 1;
  const isTooMuch = width * (expected.length + 1) > pairsMax;
  const common = new Uint32Array(isTooMuch ? 0 : width * (expected.length + 1));
  const length = (e: number, s: number): number => common[e * width + s] ?? 0;
  for (let e = expected.length - 1; e >= 0 && !isTooMuch; e--) {
    for (let s = said.length - 1; s >= 0; s--) {
      common[e * width + s] = matches(expected[e], said[s] ?? '')
        ? length(e + 1, s + 1) + 1
        : Math.max(length(e + 1, s), length(e, s + 1));
    }
  }
  const compared: Compared[] = [];
  for (let e = 0, s = 0; e < expected.length || s < said.length; ) {
    const line = said[s];
    const wanted = expected[e];
    if (line !== undefined && wanted !== undefined && matches(wanted, line)) {
      compared.push([' ', line]);
      e += 1;
      s += 1;
    } else if (
      wanted !== undefined &&
      (line === undefined || length(e + 1, s) >= length(e, s + 1))
    ) {
      compared.push(['-', String(wanted)]);
      e += 1;
    } else {
      compared.push(['+', line ?? '']);
      s += 1;
    }
  }
  return compared;
}

function shorten(compared: readonly Compared[]): readonly Compared[] {
  const isNear = (at: number): boolean =>
    compared.slice(Math.max(0, at - contextLines), at + contextLines + 1).some(([m]) => m !== ' ');
  const shown: Compared[] = [];
  for (const [at, line] of compared.entries()) {
    if (isNear(at)) shown.push(line);
    else if (at === 0 || isNear(at - 1)) shown.push([' ', '…']);
  }
  return shown;
}

/** The further lines of a text that has several. */
function indent(text: string): string {
  return text.replaceAll('\n', '\n    ');
}
