/** Runs the migrations that a database lacks, by Kysely's migrator on node:sqlite. */

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely';
import { type Migration as KyselyMigration, Migrator } from 'kysely/migration';
import { migrations } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';

/**
 * All that are lacking run in one transaction: a crash leaves the old version or the newest.
 * @param applicationId by which the file is known from then on
 */
export async function runMigrations(database: DatabaseSync, applicationId: number): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new NodeSqliteDialect(database) });
  const entries = Object.entries(migrations).map(
    ([name, migration], at) => [name, stepOf(migration, at + 1, applicationId)] as const,
  );
  const provider = { getMigrations: () => Promise.resolve(Object.fromEntries(entries)) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error;
}

function stepOf(migration: Migration, version: number, applicationId: number): KyselyMigration {
  return {
    async up(db) {
      for (const statement of migration) await sql.raw(statement).execute(db);
      await sql.raw(`PRAGMA application_id = ${applicationId}`).execute(db);
      await sql.raw(`PRAGMA user_version = ${version}`).execute(db);
    },
  };
}

/** Takes a schema's changes back, too, when a transaction fails; Kysely's own leaves that out for old versions. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Kysely on a database that is open already, and stays so. */
class NodeSqliteDialect implements Dialect {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  createAdapter(): SqliteAdapter {
    return new TransactionalAdapter();
  }

  createDriver(): Driver {
    return new NodeSqliteDriver(this.#database);
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }

  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler();
  }
}

/** The one connection there is; the migrator asks for it once at a time. */
class NodeSqliteDriver implements Driver {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  acquireConnection(): Promise<DatabaseConnection> {
    const database = this.#database;
    return Promise.resolve({
      executeQuery: <Row>({ sql: text, parameters }: CompiledQuery) =>
        Promise.resolve<QueryResult<Row>>({
          // The query says what its rows are; the migrator's own bring strings and numbers.
          rows: database.prepare(text).all(...(parameters as readonly SQLInputValue[])) as Row[],
        }),
      // biome-ignore lint/correctness/useYield: the migrator streams nothing.
      async *streamQuery() {
        throw new Error('migrations stream nothing');
      },
    });
  }

  beginTransaction(): Promise<void> {
    return this.#run('BEGIN IMMEDIATE');
  }

  commitTransaction(): Promise<void> {
    return this.#run('COMMIT');
  }

  rollbackTransaction(): Promise<void> {
    return this.#run('ROLLBACK');
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }

  #run(statement: string): Promise<void> {
    this.#database.exec(statement);
    return Promise.resolve();
  }
}
