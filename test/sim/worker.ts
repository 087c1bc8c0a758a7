/** A process that plays the seeds its parent sends, one after the other, until the parent hangs up. */

import type { Played } from './runner.ts';
import { simulate } from './world.ts';

process.on('message', (seed: number) => {
  void simulate(seed).then(({ violations }) => {
    const played: Played = { seed, violations };
    // The parent may have hung up meanwhile.
    if (process.connected) process.send?.(played);
  });
});
