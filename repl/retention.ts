/** In words, how much of what is said in a group is kept. */

import type { GroupRetention } from '../core/client-api.ts';
import { sizeWords } from './sizes.ts';

const spans = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** `keeps 30 days, 500 messages, 50 MiB at most`, or what a group does without bounds of its own. */
export function describeRetention({ ageMs, messages, bytes }: GroupRetention): string {
  const bounds = [
    ageMs === undefined ? [] : spanWords(ageMs),
    messages === undefined ? [] : countWords(messages, 'message'),
    bytes === undefined ? [] : sizeWords(bytes),
  ].flat();
  if (bounds.length === 0) return 'keeps what the server keeps';
  return `keeps ${bounds.join(', ')} at most`;
}

/** In the largest unit of which it is one at least; in thousands of a second where it is less. */
function spanWords(ms: number): string {
  const [unit, unitMs] = spans.find(([, size]) => ms >= size) ?? ['second', 1000];
  return countWords(Number((ms / unitMs).toFixed(ms < unitMs ? 3 : 1)), unit);
}

function countWords(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
