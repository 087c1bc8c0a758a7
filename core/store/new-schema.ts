/** Makes the tables of a new database, of the newest version at once: what runs migrations takes longer to load than all else. */

import type { DatabaseSync } from 'node:sqlite';
import { migrations } from './migrations/index.ts';

/** As Kysely's migrator writes down what it has done, so that it goes on from there with the next version. */
const bookkeeping: readonly string[] = [
  'CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null)',
  'CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null)',
  "INSERT INTO kysely_migration_lock (id, is_locked) VALUES ('migration_lock', 0)",
];

/** Runs every migration there has been, within the caller's transaction; the database is empty. */
export function makeSchema(database: DatabaseSync, applicationId: number): void {
  for (const statement of bookkeeping) database.exec(statement);
  const done = database.prepare(
    "INSERT INTO kysely_migration (name, timestamp) VALUES (?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
  );
  const all = Object.entries(migrations);
  for (const [name, statements] of all) {
    for (const statement of statements) database.exec(statement);
    done.run(name);
  }
  database.exec(`PRAGMA application_id = ${applicationId}`);
  database.exec(`PRAGMA user_version = ${all.length}`);
}
