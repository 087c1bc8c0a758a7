/** Under which name each plugin keeps things, as rows of a database: an id belongs to the source that used it first. */

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BanterError } from '../core/error-api.ts';
import { builtinIdentity, builtinPlugins } from './location.ts';
import type { PluginOrder } from './plugin-order.ts';

/** Which plugin: its id, and where it comes from. The same id from elsewhere is another plugin. */
export interface PluginKey {
  readonly plugin: string;
  readonly source: string;
}

/** That of a plugin which is loaded. */
export function keyOf({
  name,
  order,
}: {
  readonly name: string;
  readonly order: PluginOrder;
}): PluginKey {
  return { plugin: name, source: order.source.identity };
}

/** What another plugin of the same id keeps. */
export interface Estate {
  readonly source: string;
  /** Keys of its storage. */
  readonly values: number;
  /** Tasks that wait for their time. */
  readonly tasks: number;
}

/** Plugins of one id that keep something in one folder; one more is refused. */
const keepersMax = 100;

/**
 * A keeper is what stands in the rows of all other tables: the id for the plugin that used it first, `tea~2` for the next
 * one of the id. What comes with Banter keeps things under its id, whoever was first. Each method works inside the
 * transaction of whoever calls it.
 */
export class KeeperTable {
  readonly #find: StatementSync;
  readonly #taken: StatementSync;
  readonly #insert: StatementSync;
  readonly #others: StatementSync;
  readonly #move: StatementSync;

  constructor(database: DatabaseSync) {
    this.#find = database.prepare('SELECT keeper FROM keepers WHERE plugin = ? AND source = ?');
    this.#taken = database.prepare('SELECT keeper FROM keepers WHERE plugin = ?');
    this.#insert = database.prepare(
      'INSERT INTO keepers (keeper, plugin, source) VALUES (?, ?, ?)',
    );
    this.#others = database.prepare(
      `SELECT source,
              coalesce((SELECT keys FROM usage WHERE usage.plugin = keeper), 0) AS keys,
              (SELECT count(*) FROM jobs WHERE jobs.plugin = keeper AND key <> '') AS tasks
       FROM keepers WHERE plugin = ? ORDER BY source`,
    );
    this.#move = database.prepare('UPDATE keepers SET source = ? WHERE keeper = ?');
  }

  /** Under which name a plugin keeps things, or would. @throws BanterError STORAGE_FULL */
  of({ plugin, source }: PluginKey): string {
    if (source === builtinIdentity) return plugin;
    const row = this.#find.get(plugin, source);
    return row === undefined ? this.#free(plugin) : String(row['keeper']);
  }

  /** The same, and from now on it does. @throws BanterError STORAGE_FULL */
  claim(key: PluginKey): string {
    const keeper = this.of(key);
    const { plugin, source } = key;
    if (source !== builtinIdentity && this.#find.get(plugin, source) === undefined) {
      this.#insert.run(keeper, plugin, source);
    }
    return keeper;
  }

  /** What plugins of this id keep, each for itself; those that keep nothing are left out. */
  estates(plugin: string): readonly Estate[] {
    return this.#others
      .all(plugin)
      .map((row) => ({
        source: String(row['source']),
        values: Number(row['keys']),
        tasks: Number(row['tasks']),
      }))
      .filter(({ values, tasks }) => values + tasks > 0);
  }

  /** Two plugins of one id change places: each goes on with what the other kept. @throws BanterError STORAGE_FULL */
  exchange(plugin: string, from: string, to: string): void {
    const [first, second] = [from, to].map((source) => this.claim({ plugin, source }));
    if (first === undefined || second === undefined) return;
    // No two rows may say the same at any time, and no plugin has an empty source.
    this.#move.run('', first);
    this.#move.run(from, second);
    this.#move.run(to, first);
  }

  /** A name that nobody keeps anything under. */
  #free(plugin: string): string {
    const taken = new Set(this.#taken.all(plugin).map((row) => String(row['keeper'])));
    if (builtinPlugins.includes(plugin)) taken.add(plugin);
    if (!taken.has(plugin)) return plugin;
    for (let number = 2; number <= keepersMax; number++) {
      const name = `${plugin}~${number}`;
      if (!taken.has(name)) return name;
    }
    const problem = `${keepersMax} plugins of the id "${plugin}" from different places keep something here already`;
    throw new BanterError('STORAGE_FULL', problem);
  }
}
