/** The tables that a benchmark prints: a subject a row, with ratios to the reference where there is one. */

import type { Benchmark, Result, Scale } from './benchmark.ts';

/** @returns lines for people */
export function tableOf(
  benchmark: Benchmark,
  results: readonly Result[],
  scale: Scale,
  termsOf: (subject: string) => string | undefined,
): readonly string[] {
  const { name, figures, reference } = benchmark;
  const titles = figures.flatMap(({ title }) => (reference === undefined ? [title] : [title, '×']));
  const rows = results.map((result) => [
    result.subject,
    ...cellsOf(benchmark, result, results),
    termsOf(result.subject) ?? '',
  ]);
  const note = reference === undefined ? [] : [`× is ${reference}'s figure over the row's.`];
  return [
    `${name}: ${benchmark.about(scale)}`,
    ...note,
    ...aligned([['', ...titles, ''], ...rows]),
  ];
}

function cellsOf(
  { figures, reference }: Benchmark,
  { outcome }: Result,
  results: readonly Result[],
): readonly string[] {
  const columns = figures.length * (reference === undefined ? 1 : 2);
  if (outcome.type !== 'measured') {
    const words = outcome.type === 'failed' ? `FAILED: ${outcome.reason}` : outcome.reason;
    return [...new Array<string>(columns - 1).fill(''), words];
  }
  const base = results.find(({ subject }) => subject === reference)?.outcome;
  return figures.flatMap(({ key, digits }) => {
    const value = outcome.figures[key] ?? Number.NaN;
    if (Number.isNaN(value)) return reference === undefined ? [''] : ['', ''];
    const cell = value.toLocaleString('en', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    if (reference === undefined) return [cell];
    const referenceValue = base?.type === 'measured' ? base.figures[key] : undefined;
    return [cell, referenceValue === undefined ? '' : (referenceValue / value).toFixed(2)];
  });
}

/** The first and the last column stand left, the others right. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const count = rows[0]?.length ?? 0;
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        if (column === count - 1) return cell;
        return column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
      })
      .join('  ')
      .trimEnd(),
  );
}
