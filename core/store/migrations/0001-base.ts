/** The first schema: names, groups, members, messages, what became of sends, and the trail of acts. */

import type { Migration } from './migration.ts';

/**
 * `head_seq` and `first_seq` say which messages a group has without looking at them, `bytes` what these take, and `keep_…` its own
 * bounds of them.
 * Messages have their ids in the order in which they came, so that the index of words grows at one end;
 * it knows a message's group by a word of its own, `g` and the number of the group.
 */
export const base: Migration = [
  `CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    identity TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE groups (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    log_id BLOB NOT NULL,
    head_seq INTEGER NOT NULL DEFAULT 0,
    first_seq INTEGER NOT NULL DEFAULT 1,
    bytes INTEGER NOT NULL DEFAULT 0,
    keep_age_ms INTEGER,
    keep_messages INTEGER,
    keep_bytes INTEGER
  ) STRICT`,
  `CREATE TABLE members (
    group_id INTEGER NOT NULL REFERENCES groups,
    name TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    confirmed_seq INTEGER NOT NULL,
    PRIMARY KEY (group_id, name)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES groups,
    seq INTEGER NOT NULL,
    mid BLOB NOT NULL,
    sender TEXT NOT NULL,
    bot INTEGER NOT NULL,
    hops INTEGER NOT NULL,
    sent_at_ms INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT`,
  'CREATE UNIQUE INDEX messages_in_order ON messages (group_id, seq)',
  `CREATE VIRTUAL TABLE words USING fts5 (
    g, body, content = '', contentless_delete = 1, tokenize = 'ascii'
  )`,
  `CREATE TABLE processes (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL,
    process BLOB NOT NULL,
    forgotten_below INTEGER NOT NULL,
    UNIQUE (identity, process)
  ) STRICT`,
  `CREATE TABLE sends (
    process_id INTEGER NOT NULL REFERENCES processes ON DELETE CASCADE,
    counter INTEGER NOT NULL,
    group_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (process_id, counter)
  ) STRICT, WITHOUT ROWID`,
  'CREATE TABLE audit (id INTEGER PRIMARY KEY, entry TEXT NOT NULL) STRICT',
];
