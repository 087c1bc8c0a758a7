/** Plays many seeds side by side, until one breaks a promise or all are played. */

import type { Progress } from './progress.ts';
import { describeFailure } from './replay.ts';
import type { Result } from './world.ts';

/** What is told of a seed. */
export type Played = Pick<Result, 'seed' | 'violations'>;

export interface RunSeedsOptions {
  readonly first: number;
  readonly count: number;
  /** Seeds under way at a time. */
  readonly jobs: number;
  /** Whether to play on after a seed with broken promises. */
  readonly keepGoing: boolean;
  readonly play: (seed: number) => Promise<Played>;
  readonly progress: Progress;
}

/** @returns the exit code: 1 if a promise was broken, else 0 */
export async function runSeeds(options: RunSeedsOptions): Promise<number> {
  const { first, count, jobs, keepGoing, play, progress } = options;
  let next = first;
  let broken = 0;
  const work = async (): Promise<void> => {
    while (next < first + count && (broken === 0 || keepGoing)) {
      const played = await play(next++);
      const isBroken = played.violations.length > 0;
      if (isBroken) {
        broken++;
        progress.interrupt(describeFailure(played));
      }
      progress.played(isBroken);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, count) }, work));
  progress.end();
  return broken > 0 ? 1 : 0;
}
