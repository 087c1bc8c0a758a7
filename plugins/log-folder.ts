/** The log files of plugins: one each, in a folder under the name by which it keeps things. */

import { join } from 'node:path';
import { BanterError } from '../core/error-api.ts';
import { AppendFile } from './append-file.ts';
import type { PluginDatabase } from './database.ts';
import type { PluginKey } from './keeper-table.ts';
import { builtinIdentity } from './location.ts';

/** Makes no folder before the first line. */
export class LogFolder {
  readonly #dataDir: string | undefined;
  readonly #database: PluginDatabase;
  /** By the name under which a plugin keeps things. There are few: the runtime bounds its plugins. */
  readonly #files = new Map<string, AppendFile>();

  constructor(dataDir: string | undefined, database: PluginDatabase) {
    this.#dataDir = dataDir;
    this.#database = database;
  }

  /** Resolves when the line is written. @throws BanterError DATA_UNUSABLE, RATE_LIMITED, and as `PluginDatabase.run` */
  async append(key: PluginKey, line: string): Promise<void> {
    if (this.#dataDir === undefined) {
      throw new BanterError('DATA_UNUSABLE', 'there is no data folder to write to');
    }
    const keeper = await this.#keeperOf(key);
    const path = join(this.#dataDir, 'plugins', keeper, `${key.plugin}.log`);
    const file = this.#files.get(keeper) ?? new AppendFile(path);
    this.#files.set(keeper, file);
    await file.append(line);
  }

  /** Resolves when all that was appended is written or has failed. */
  async settle(): Promise<void> {
    await Promise.all(Array.from(this.#files.values(), (file) => file.settle()));
  }

  /** What comes with Banter needs no database for that. */
  async #keeperOf(key: PluginKey): Promise<string> {
    if (key.source === builtinIdentity) return key.plugin;
    return this.#database.run(({ keepers }) => keepers.claim(key));
  }
}
