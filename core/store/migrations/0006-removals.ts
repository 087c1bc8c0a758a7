/** Groups that were removed, until all that was said in them is gone. */

import type { Migration } from './migration.ts';

/** A removed group has another name, so that its own is free; its number is not given to another while its sends are known. */
export const removals: Migration = [
  'ALTER TABLE groups ADD COLUMN is_removed INTEGER NOT NULL DEFAULT 0',
];
