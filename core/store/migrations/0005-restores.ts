/** The logs that groups had before they were restored from a backup. */

import type { Migration } from './migration.ts';

/** `place` is the order of the restores; up to `seq` the log is the present one. */
export const restores: Migration = [
  `CREATE TABLE former_logs (
    place INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES groups ON DELETE CASCADE,
    log_id BLOB NOT NULL,
    seq INTEGER NOT NULL
  ) STRICT`,
  'CREATE INDEX former_logs_of_group ON former_logs (group_id)',
];
