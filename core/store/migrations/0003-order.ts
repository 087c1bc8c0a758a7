/** What groups have of rules: who owns them, roles, bans, mutes, topics. */

import type { Migration } from './migration.ts';

/** `place` is the order in which rules were set, `about` the folded name that one is about, and `rule` is JSON. */
export const order: Migration = [
  `CREATE TABLE rules (
    place INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES groups,
    type TEXT NOT NULL,
    about TEXT NOT NULL,
    rule TEXT NOT NULL,
    UNIQUE (group_id, type, about)
  ) STRICT`,
];
