/** Taking a log of writes over into its database, away from the thread that writes. */

import type { CheckpointTasks } from './sqlite-checkpoint.ts';
import { Thread } from './thread.ts';

/** Leaves an empty log, unless others hold on to it. @throws BanterError DATA_UNUSABLE, DATA_DAMAGED, STORE_FULL */
export async function checkpoint(path: string): Promise<void> {
  const thread = new Thread<CheckpointTasks>('sqlite-checkpoint');
  try {
    await thread.ask('checkpoint', path);
  } finally {
    await thread.close();
  }
}
