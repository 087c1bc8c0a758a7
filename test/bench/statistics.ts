/** Medians and percentiles. */

/** The value below which the fraction `rank` of the values lies; NaN without any. */
export function percentile(values: readonly number[], rank: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * rank))] ?? Number.NaN;
}

/** The middle value, the upper one of two; NaN without any. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
