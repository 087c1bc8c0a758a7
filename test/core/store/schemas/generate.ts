/** Writes down the newest version of the schema with a little in it, for later versions to begin from: `node <this file>`. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrations } from '../../../../core/store/migrations/index.ts';
import { SqliteStore } from '../../../../core/store/sqlite-store.ts';
import { dump } from './dump.ts';
import { story } from './story.ts';

const folder = mkdtempSync(join(tmpdir(), 'banter-schema-'));
const store = await SqliteStore.open({ folder, newSeed: () => new Uint8Array(32) });
await store.write(story);
await store.close();
const database = new DatabaseSync(join(folder, 'chat.db'));
const [newest = ''] = Object.keys(migrations).slice(-1);
writeFileSync(join(import.meta.dirname, `${newest}.sql`), dump(database));
database.close();
rmSync(folder, { recursive: true });
