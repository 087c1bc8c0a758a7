/** How a failed seed is told: what it broke, and the command that plays it again. */

import type { Result } from './world.ts';

/** Broken promises that are told of one seed. */
const toldMax = 5;

/** A few lines of a seed with broken promises. */
export function describeFailure({ seed, violations }: Pick<Result, 'seed' | 'violations'>): string {
  const first = violations.slice(0, toldMax);
  return [
    `seed ${seed}: ${violations.length} broken promises; again with: npm run sim -- --seed ${seed}`,
    ...first.map(({ promise, detail }) => `  ${promise}: ${detail}`),
  ].join('\n');
}
