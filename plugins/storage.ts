/** The capability `storage`: what plugins keep over restarts, each for itself, within its bounds. */

import { BanterError } from '../core/error-api.ts';
import type { ActionResults, StorageAction } from './bridge.ts';
import type { PluginDatabase, Tables } from './database.ts';
import type { PluginKey } from './keeper-table.ts';
import { limits } from './limits.ts';

/** Looks after the bounds of what is asked for; the database does it. */
export class StorageCapability {
  readonly #database: PluginDatabase;
  /** Operations without an answer, by plugin; who has none is not in it. */
  readonly #unanswered = new Map<string, number>();

  constructor(database: PluginDatabase) {
    this.#database = database;
  }

  /**
   * Does what a plugin asks for; what is resolved outlives the end of this process.
   * @throws BanterError STORAGE_FULL, RATE_LIMITED, DATA_UNUSABLE, DATA_DAMAGED, DATA_TOO_NEW, STORE_FULL
   */
  async perform(
    plugin: PluginKey,
    action: StorageAction,
  ): Promise<ActionResults[StorageAction['type']]> {
    const unanswered = this.#unanswered.get(plugin.plugin) ?? 0;
    if (unanswered >= limits.storageUnansweredMax) {
      const problem = `more than ${limits.storageUnansweredMax} storage operations at a time`;
      throw new BanterError('RATE_LIMITED', problem);
    }
    checkValue(action);
    this.#unanswered.set(plugin.plugin, unanswered + 1);
    try {
      return await this.#database.run((tables) => carryOut(tables, plugin, action));
    } finally {
      this.#answered(plugin.plugin);
    }
  }

  /** What a plugin keeps, for people: the first keys, or the value of one. @throws BanterError DATA_UNUSABLE, DATA_DAMAGED, DATA_TOO_NEW */
  look(plugin: PluginKey, key: string | undefined): Promise<KeptValues> {
    return this.#database.run(({ storage }): KeptValues => {
      if (key === undefined) return { type: 'keys', ...storage.list(plugin, '', undefined) };
      return { type: 'value', key, value: storage.get(plugin, key)?.value };
    });
  }

  #answered(plugin: string): void {
    const left = (this.#unanswered.get(plugin) ?? 1) - 1;
    if (left === 0) {
      this.#unanswered.delete(plugin);
    } else {
      this.#unanswered.set(plugin, left);
    }
  }
}

/** Keys in order and whether there are more, or a value as JSON, if there is one. */
export type KeptValues =
  | { readonly type: 'keys'; readonly keys: readonly string[]; readonly more: boolean }
  | { readonly type: 'value'; readonly key: string; readonly value: string | undefined };

/** How much an action takes of what a plugin may do in a minute. */
export function costOf(action: StorageAction): number {
  const characters = action.type === 'storageSet' ? action.value.length : 0;
  return Math.max(1, Math.ceil(characters / limits.storageUnitBytes));
}

function checkValue(action: StorageAction): void {
  if (action.type !== 'storageSet') return;
  const bytes = Buffer.byteLength(action.value);
  if (bytes > limits.storageValueBytesMax) {
    throw new BanterError(
      'STORAGE_FULL',
      `a value has at most ${limits.storageValueBytesMax} bytes of JSON; this one has ${bytes}`,
    );
  }
  try {
    JSON.parse(action.value);
  } catch (cause) {
    throw new BanterError('PLUGIN_FAILED', 'a value must be JSON', { cause });
  }
}

function carryOut(
  { storage }: Tables,
  plugin: PluginKey,
  action: StorageAction,
): ActionResults[StorageAction['type']] {
  switch (action.type) {
    case 'storageGet':
      return storage.get(plugin, action.key);
    case 'storageSet':
      return storage.set(plugin, action.key, action.value, action.version);
    case 'storageDelete':
      return storage.delete(plugin, action.key);
    case 'storageList':
      return storage.list(plugin, action.prefix, action.after);
  }
}
