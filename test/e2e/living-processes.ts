/** What is left of a program once it has ended. */

import assert from 'node:assert/strict';

/** Fails if a process of the group of `leader` is still there: whatever a program starts has to end with it. */
export function assertNothingRuns(leader: number | undefined): void {
  assert.ok(leader !== undefined);
  assert.throws(() => process.kill(-leader, 0), { code: 'ESRCH' }, 'a child process is left over');
}
