/** Which version a database has, and bringing it to the newest: forward only. */

import type { DatabaseSync } from 'node:sqlite';
import { BanterError } from '../errors.ts';
import { migrations } from './migrations/index.ts';
import { makeSchema } from './new-schema.ts';
import { guarded, inTransaction, pragma } from './sqlite-database.ts';

/** By this a file is known for a server's: "Bntr". */
export const applicationId = 0x42_6e_74_72;

/** The version that this program writes. */
const schemaVersion: number = Object.keys(migrations).length;

/**
 * Brings a database to {@link schemaVersion}; one without tables is made into a server's.
 * @throws BanterError DATA_TOO_NEW, DATA_UNUSABLE for somebody else's database, DATA_DAMAGED, STORE_FULL
 */
export async function migrate(path: string, database: DatabaseSync): Promise<void> {
  const version = guarded(path, () => versionOf(path, database));
  if (version === schemaVersion) return;
  if (guarded(path, () => isEmpty(database))) {
    inTransaction(path, database, () => makeSchema(database, applicationId));
    return;
  }
  // Most starts find nothing to bring further, and need not wait for what does it.
  const { runMigrations } = await import('./migrator.ts');
  try {
    await runMigrations(database, applicationId);
  } catch (error) {
    guarded(path, () => {
      throw error;
    });
  }
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'] === 0;
}

/** The version of a database; 0 for one without tables. @throws BanterError DATA_TOO_NEW, DATA_UNUSABLE */
function versionOf(path: string, database: DatabaseSync): number {
  const version = Number(pragma(database, 'user_version'));
  // The migrator makes tables of its own before it begins, and a crash may come between.
  const tables = "SELECT count(*) AS tables FROM sqlite_schema WHERE tbl_name NOT LIKE 'kysely_%'";
  if (database.prepare(tables).get()?.['tables'] === 0) return 0;
  if (version === 0 || pragma(database, 'application_id') !== applicationId) {
    const message = `cannot use ${path}: it is a database, but no server's`;
    throw new BanterError('DATA_UNUSABLE', message, { data: { path } });
  }
  if (version <= schemaVersion) return version;
  throw new BanterError(
    'DATA_TOO_NEW',
    `cannot use ${path}: it has version ${version} of the schema, this program knows up to ${schemaVersion}`,
    { data: { path, version, known: schemaVersion } },
  );
}
