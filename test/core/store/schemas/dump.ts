/** A database as statements that make it again. */

import type { DatabaseSync } from 'node:sqlite';

/** The statements that make a database's tables and indexes, in their order; those that SQLite makes itself left out. */
export function schemaOf(database: DatabaseSync): readonly string[] {
  const rows = database
    .prepare(
      `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL
       AND name NOT LIKE 'words\\_%' ESCAPE '\\' AND tbl_name NOT LIKE 'sqlite_%' ORDER BY rowid`,
    )
    .all();
  return rows.map((row) => String(row['sql']));
}

/** Everything, a statement a paragraph. */
export function dump(database: DatabaseSync): string {
  const tables = database
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
       AND name NOT LIKE 'words\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite_%' ORDER BY rowid`,
    )
    .all();
  const inserts = tables.flatMap(({ name }) =>
    database
      .prepare(`SELECT * FROM "${name}"`)
      .all()
      .map((row) => `INSERT INTO "${name}" VALUES (${Object.values(row).map(literal).join(', ')})`),
  );
  // The index of words tells nobody what is in it.
  const words = database.prepare('SELECT id, group_id, body FROM messages').all();
  const index = words.map(
    ({ id, group_id: group, body }) =>
      `INSERT INTO words (rowid, g, body) VALUES (${id}, 'g${group}', ${literal(body)})`,
  );
  const pragmas = ['application_id', 'user_version'].map((name) => {
    const [value] = Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {});
    return `PRAGMA ${name} = ${value}`;
  });
  const all = [...schemaOf(database), ...inserts, ...index, ...pragmas];
  return `${all.join(';\n\n')};\n`;
}

function literal(value: unknown): string {
  if (value === null || typeof value === 'number') return String(value);
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`;
  return `'${String(value).replaceAll("'", "''")}'`;
}
