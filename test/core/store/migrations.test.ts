import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { migrations } from '../../../core/store/migrations/index.ts';
import { runMigrations } from '../../../core/store/migrator.ts';
import { applicationId, migrate } from '../../../core/store/schema.ts';
import { SqliteStore } from '../../../core/store/sqlite-store.ts';
import { temporaryHome } from '../../support/home.ts';
import { dump, schemaOf } from './schemas/dump.ts';

const folder = join(import.meta.dirname, 'schemas');
const versions = Object.keys(migrations);
const newSeed = (): Uint8Array => new Uint8Array(32).fill(7);

describe('the schema', () => {
  it('of every version is written down, so that later ones are tried from it', () => {
    const written = readdirSync(folder).filter((name) => name.endsWith('.sql'));
    assert.deepEqual(
      written.toSorted(),
      versions.map((name) => `${name}.sql`),
      'run: node test/core/store/schemas/generate.ts',
    );
    assert.deepEqual(
      versions.map((name) => Number.parseInt(name, 10)),
      versions.map((_, at) => at + 1),
    );
  });

  it('of a new database is what the migrations make of an empty one, and they find nothing left to do', async () => {
    using made = new DatabaseSync(':memory:');
    using migrated = new DatabaseSync(':memory:');
    await migrate('made', made);
    await runMigrations(migrated, applicationId);
    assert.deepEqual(inside(made), inside(migrated));
    const whole = dump(made);
    await runMigrations(made, applicationId);
    assert.equal(dump(made), whole);
  });

  for (const version of versions) {
    it(`${version} becomes the newest, and keeps what was in it`, async (t) => {
      const home = temporaryHome(t);
      const path = join(home.path, 'chat.db');
      const old = new DatabaseSync(path);
      old.exec(readFileSync(join(folder, `${version}.sql`), 'utf8'));
      old.close();
      await using store = await SqliteStore.open({ folder: home.path, newSeed });
      const { names, groups, processes } = await store.load();
      assert.deepEqual(
        names.map(({ name }) => name),
        ['Ann', 'Bob'],
      );
      const [group] = groups;
      assert.deepEqual(
        (await store.read({ group: 'Dev', afterSeq: 0, limit: 9 })).map(({ seq, text }) => [
          seq,
          text,
        ]),
        [
          [1, 'the first of all'],
          [2, "it's 10:30; naive"],
        ],
      );
      assert.deepEqual(
        group?.members.map(({ name, confirmedSeq }) => [name, confirmedSeq]),
        [
          ['Ann', 2],
          ['Bob', 1],
        ],
      );
      assert.equal(processes[0]?.sends.length, 2);
      assert.equal((await store.audit({ limit: 9 })).length, 1);
      const query = { group: 'Dev', words: 'first', beforeSeq: undefined, limit: 9 };
      assert.equal((await store.search(query)).length, 1);
      assert.deepEqual(await store.check(), []);
      using migrated = new DatabaseSync(path, { readOnly: true });
      using made = new DatabaseSync(':memory:');
      await migrate('made', made);
      const [come, there] = [migrated, made].map((database) =>
        schemaOf(database).filter((statement) => !statement.includes('kysely')),
      );
      assert.deepEqual(come, there);
    });
  }
});

/** Tables and indexes in their order, how the file is known, and which migrations are said to be done. */
function inside(database: DatabaseSync): unknown {
  const schema = 'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid';
  return [
    ...[schema, 'PRAGMA application_id', 'PRAGMA user_version'],
    ...['SELECT name FROM kysely_migration', 'SELECT * FROM kysely_migration_lock'],
  ].map((query) => database.prepare(query).all());
}
