/** What plugins keep, as rows of a database. Each method works inside the transaction of whoever calls it. */

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BanterError } from '../core/error-api.ts';
import type { KeyPage, StoredValue } from './bridge.ts';
import type { KeeperTable, PluginKey } from './keeper-table.ts';
import { limits } from './limits.ts';

interface Usage {
  readonly keys: number;
  readonly bytes: number;
}

/** Keys and values of all plugins, apart from each other by id and source. */
export class StorageTable {
  readonly #keepers: KeeperTable;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #list: StatementSync;
  readonly #usage: StatementSync;
  readonly #setUsage: StatementSync;

  constructor(database: DatabaseSync, keepers: KeeperTable) {
    this.#keepers = keepers;
    const of = 'FROM entries WHERE plugin = ? AND key';
    this.#select = database.prepare(`SELECT version, value, bytes ${of} = ?`);
    this.#insert = database.prepare(
      'INSERT INTO entries (plugin, key, value, bytes) VALUES (?, ?, ?, ?)',
    );
    this.#delete = database.prepare(`DELETE ${of} = ?`);
    this.#list = database.prepare(`SELECT key ${of} >= ? ORDER BY key LIMIT ?`);
    this.#usage = database.prepare('SELECT keys, bytes FROM usage WHERE plugin = ?');
    this.#setUsage = database.prepare('REPLACE INTO usage (plugin, keys, bytes) VALUES (?, ?, ?)');
  }

  get(plugin: PluginKey, key: string): StoredValue | undefined {
    const row = this.#select.get(this.#keepers.of(plugin), key);
    return row && { value: String(row['value']), version: Number(row['version']) };
  }

  /**
   * Writes JSON under a key; false and nothing written if another `version` stands there than is given (0: anything).
   * @throws BanterError STORAGE_FULL before anything is written
   */
  set(plugin: PluginKey, key: string, value: string, version: number | undefined): boolean {
    const keeper = this.#keepers.of(plugin);
    const present = this.#select.get(keeper, key);
    if (version !== undefined && version !== Number(present?.['version'] ?? 0)) return false;
    const bytes = Buffer.byteLength(key) + Buffer.byteLength(value);
    const before = this.#used(keeper);
    const after: Usage = {
      keys: before.keys + (present === undefined ? 1 : 0),
      bytes: before.bytes + bytes - Number(present?.['bytes'] ?? 0),
    };
    checkRoom(before, after);
    this.#keepers.claim(plugin);
    if (present !== undefined) this.#delete.run(keeper, key);
    this.#insert.run(keeper, key, value, bytes);
    this.#setUsage.run(keeper, after.keys, after.bytes);
    return true;
  }

  /** Takes a key away; false if there was none. */
  delete(plugin: PluginKey, key: string): boolean {
    const keeper = this.#keepers.of(plugin);
    const present = this.#select.get(keeper, key);
    if (present === undefined) return false;
    const { keys, bytes } = this.#used(keeper);
    this.#delete.run(keeper, key);
    this.#setUsage.run(keeper, keys - 1, bytes - Number(present['bytes']));
    return true;
  }

  /** A page of the keys that begin with `prefix`, those after the key `after` where one is given. */
  list(plugin: PluginKey, prefix: string, after: string | undefined): KeyPage {
    const max = limits.storagePageKeysMax;
    // The key itself is found again, and one more tells whether there are any.
    const rows = this.#list.all(this.#keepers.of(plugin), after ?? prefix, max + 2);
    const keys = rows
      .map((row) => String(row['key']))
      .filter((key) => key !== after && key.startsWith(prefix));
    return { keys: keys.slice(0, max), more: keys.length > max };
  }

  #used(keeper: string): Usage {
    const row = this.#usage.get(keeper);
    return { keys: Number(row?.['keys'] ?? 0), bytes: Number(row?.['bytes'] ?? 0) };
  }
}

/** Who is beyond a bound already, by an earlier one, may still keep less. @throws BanterError STORAGE_FULL */
function checkRoom(before: Usage, after: Usage): void {
  if (after.keys > limits.storageKeysMax && after.keys > before.keys) {
    throw new BanterError('STORAGE_FULL', `the plugin keeps ${limits.storageKeysMax} keys already`);
  }
  if (after.bytes > limits.storageBytesMax && after.bytes > before.bytes) {
    throw new BanterError(
      'STORAGE_FULL',
      `the plugin would keep ${after.bytes} bytes of keys and values; there is room for ${limits.storageBytesMax}`,
    );
  }
}
