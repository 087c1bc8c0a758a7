/** Spans of time as tests write them. */

import { BanterError } from '../../core/error-api.ts';

/** Milliseconds, or a number with a unit: `250ms`, `90s`, `10m`, `2h`, `30d`. */
export type Span = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A century: no test waits longer. Milliseconds. */
const spanMsMax = 36_525 * unitsMs.d;

/** In milliseconds. @throws BanterError OPTION_INVALID */
export function spanMs(span: Span): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(`${span}`) ?? [];
  // The expression lets no other unit through.
  const factor = unitsMs[unit as keyof typeof unitsMs];
  const ms = count === undefined ? span : Number(count) * factor;
  if (typeof ms === 'number' && ms >= 0 && ms <= spanMsMax) return ms;
  throw new BanterError(
    'OPTION_INVALID',
    `a span is a number of milliseconds, or one with a unit such as "90s", "10m", "2h", "30d", not ${span}`,
  );
}
