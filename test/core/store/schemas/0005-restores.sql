CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);

CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);

CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    identity TEXT NOT NULL
  ) STRICT;

CREATE TABLE groups (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    log_id BLOB NOT NULL,
    head_seq INTEGER NOT NULL DEFAULT 0,
    first_seq INTEGER NOT NULL DEFAULT 1,
    bytes INTEGER NOT NULL DEFAULT 0,
    keep_age_ms INTEGER,
    keep_messages INTEGER,
    keep_bytes INTEGER
  ) STRICT;

CREATE TABLE members (
    group_id INTEGER NOT NULL REFERENCES groups,
    name TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    confirmed_seq INTEGER NOT NULL,
    PRIMARY KEY (group_id, name)
  ) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES groups,
    seq INTEGER NOT NULL,
    mid BLOB NOT NULL,
    sender TEXT NOT NULL,
    bot INTEGER NOT NULL,
    hops INTEGER NOT NULL,
    sent_at_ms INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;

CREATE UNIQUE INDEX messages_in_order ON messages (group_id, seq);

CREATE VIRTUAL TABLE words USING fts5 (
    g, body, content = '', contentless_delete = 1, tokenize = 'ascii'
  );

CREATE TABLE processes (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL,
    process BLOB NOT NULL,
    forgotten_below INTEGER NOT NULL,
    UNIQUE (identity, process)
  ) STRICT;

CREATE TABLE sends (
    process_id INTEGER NOT NULL REFERENCES processes ON DELETE CASCADE,
    counter INTEGER NOT NULL,
    group_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (process_id, counter)
  ) STRICT, WITHOUT ROWID;

CREATE TABLE audit (id INTEGER PRIMARY KEY, entry TEXT NOT NULL) STRICT;

CREATE TABLE envelopes (
    id INTEGER PRIMARY KEY,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    mid BLOB NOT NULL,
    stored_at_ms INTEGER NOT NULL,
    sealed BLOB NOT NULL
  ) STRICT;

CREATE TABLE outcomes (
    place INTEGER PRIMARY KEY,
    id INTEGER NOT NULL UNIQUE,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    mid BLOB NOT NULL,
    outcome TEXT NOT NULL
  ) STRICT;

CREATE TABLE rules (
    place INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES groups,
    type TEXT NOT NULL,
    about TEXT NOT NULL,
    rule TEXT NOT NULL,
    UNIQUE (group_id, type, about)
  ) STRICT;

CREATE TABLE operators (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
  ) STRICT;

CREATE TABLE bans (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    reason TEXT NOT NULL,
    banned_by TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT;

CREATE TABLE access (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    mode TEXT NOT NULL
  ) STRICT;

CREATE TABLE admissions (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
  ) STRICT;

CREATE TABLE invitations (
    id INTEGER PRIMARY KEY,
    invitation TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    uses_left INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    note TEXT NOT NULL,
    invited_by TEXT NOT NULL
  ) STRICT;

CREATE TABLE former_logs (
    place INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES groups ON DELETE CASCADE,
    log_id BLOB NOT NULL,
    seq INTEGER NOT NULL
  ) STRICT;

CREATE INDEX former_logs_of_group ON former_logs (group_id);

INSERT INTO "kysely_migration" VALUES ('0001-base', '2026-11-27T15:10:54.692Z');

INSERT INTO "kysely_migration" VALUES ('0002-mail', '2026-11-27T15:10:54.693Z');

INSERT INTO "kysely_migration" VALUES ('0003-order', '2026-11-27T15:10:54.694Z');

INSERT INTO "kysely_migration" VALUES ('0004-house', '2026-11-27T15:10:54.697Z');

INSERT INTO "kysely_migration" VALUES ('0005-restores', '2026-11-27T15:10:54.698Z');

INSERT INTO "kysely_migration_lock" VALUES ('migration_lock', 0);

INSERT INTO "names" VALUES (1, 'Ann', 'abababababababababababababababababababababababababababababababab');

INSERT INTO "names" VALUES (2, 'Bob', 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd');

INSERT INTO "groups" VALUES (1, 'Dev', x'0909090909090909', 2, 1, 353, null, 1000, null);

INSERT INTO "members" VALUES (1, 'Ann', 1, 2);

INSERT INTO "members" VALUES (1, 'Bob', 2, 1);

INSERT INTO "messages" VALUES (1, 1, 1, x'07070707070707070000000000000001', 'Ann', 0, 0, 1700000000001, 'the first of all');

INSERT INTO "messages" VALUES (2, 1, 2, x'07070707070707070000000000000002', 'Ann', 0, 0, 1700000000002, 'it''s 10:30; naive');

INSERT INTO "processes" VALUES (1, 'abababababababababababababababababababababababababababababababab', x'0707070707070707', 1);

INSERT INTO "sends" VALUES (1, 1, 1, 1);

INSERT INTO "sends" VALUES (1, 2, 1, 2);

INSERT INTO "audit" VALUES (1, '{"atMs":1,"by":"Ann","action":"ban","target":"Bob"}');

INSERT INTO words (rowid, g, body) VALUES (1, 'g1', 'the first of all');

INSERT INTO words (rowid, g, body) VALUES (2, 'g1', 'it''s 10:30; naive');

PRAGMA application_id = 1114535026;

PRAGMA user_version = 5;
