/** The thread that takes a log of writes over into its database, and so waits for the disk where nobody waits for it. */

import { guarded, openForWriting } from './sqlite-database.ts';
import { perform } from './thread.ts';

const tasks = {
  /** Takes over what there is while others write, and then, while they wait, the little that has come meanwhile. */
  checkpoint(path: string): void {
    const database = openForWriting({ path, synchronous: 'NORMAL' });
    try {
      guarded(path, () =>
        database.exec('PRAGMA wal_checkpoint(PASSIVE); PRAGMA wal_checkpoint(TRUNCATE)'),
      );
    } finally {
      database.close();
    }
  },
};

export type CheckpointTasks = typeof tasks;

perform(tasks);
