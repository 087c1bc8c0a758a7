/** Sealed private messages that wait for whoever is absent, and what became of them. */

import type { Migration } from './migration.ts';

/** `place` is the order in which outcomes came about. */
export const mail: Migration = [
  `CREATE TABLE envelopes (
    id INTEGER PRIMARY KEY,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    mid BLOB NOT NULL,
    stored_at_ms INTEGER NOT NULL,
    sealed BLOB NOT NULL
  ) STRICT`,
  `CREATE TABLE outcomes (
    place INTEGER PRIMARY KEY,
    id INTEGER NOT NULL UNIQUE,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    mid BLOB NOT NULL,
    outcome TEXT NOT NULL
  ) STRICT`,
];
