/** Who runs the server and who may come in. */

import type { Migration } from './migration.ts';

/** Ids keep the order in which things came to be. The kind of access is one row; none is as good as `open`. */
export const house: Migration = [
  `CREATE TABLE operators (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE bans (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    reason TEXT NOT NULL,
    banned_by TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT`,
  `CREATE TABLE access (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    mode TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE admissions (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE invitations (
    id INTEGER PRIMARY KEY,
    invitation TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    uses_left INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    note TEXT NOT NULL,
    invited_by TEXT NOT NULL
  ) STRICT`,
];
