/** What plugins of the same id from elsewhere keep: who moved a plugin, or installed what it wrote, would look for it in vain. */

import { existsSync } from 'node:fs';
import { databasePathOf, PluginDatabase, type Tables } from './database.ts';
import { type Estate, keyOf } from './keeper-table.ts';
import { builtinIdentity } from './location.ts';
import type { HostedPlugin } from './plugin.ts';
import { nameAnywhere } from './shell-words.ts';

/**
 * What to tell of a plugin that keeps nothing yet while another one of its id does; undefined if there is nothing to tell.
 * That the file cannot be read is told whoever uses it.
 */
export async function estateNotice(
  database: PluginDatabase,
  plugin: HostedPlugin,
): Promise<string | undefined> {
  const { granted, order } = plugin;
  const { plugin: id, source } = keyOf(plugin);
  if (source === builtinIdentity) return undefined;
  if (!granted.allows('storage') && !granted.allows('schedule')) return undefined;
  const looking = database.run(({ keepers }) => keepers.estates(id));
  const estates = await looking.catch((): readonly Estate[] => []);
  const [other] = estates;
  if (other === undefined || estates.some((estate) => estate.source === source)) return undefined;
  const name = nameAnywhere(order.spec, order.source.file);
  return `keeps nothing yet; another ${id}, from ${placeWords(other.source)}, keeps ${estateWords(other)} here. If it is the same plugin, hand that over: banter plugin adopt ${name}`;
}

/** What plugins of an id keep in a folder. @throws BanterError as `PluginDatabase.run` */
export function estatesIn(dataDir: string, id: string): Promise<readonly Estate[]> {
  return lookInto(dataDir, [], ({ keepers }) => keepers.estates(id));
}

/**
 * In a folder, two plugins of an id change places: each goes on with what the other kept. Whoever runs one of them
 * finds the other values at once, and the other tasks with its next load.
 * @throws BanterError as `PluginDatabase.run`
 */
export function exchangeEstates(
  dataDir: string,
  id: string,
  from: string,
  to: string,
): Promise<void> {
  return lookInto(dataDir, undefined, ({ keepers }) => keepers.exchange(id, from, to));
}

async function lookInto<Result>(
  dataDir: string,
  otherwise: Result,
  work: (tables: Tables) => Result,
): Promise<Result> {
  const path = databasePathOf(dataDir);
  if (!existsSync(path)) return otherwise;
  const database = new PluginDatabase(path);
  try {
    return await database.run(work);
  } finally {
    await database.close();
  }
}

/** `3 values and 1 task`. */
export function estateWords({ values, tasks }: Pick<Estate, 'values' | 'tasks'>): string {
  const parts = [counted(values, 'value'), counted(tasks, 'task')];
  return parts.filter((part) => part !== '').join(' and ') || 'nothing';
}

/** A source as people can tell and type it: a path, `installed:` and a path, `installed:npm:tea`, or the beginning of an integrity. */
export function placeWords(source: string): string {
  return source
    .replace(/^file:/, '')
    .replace(/^installed:tarball:(sha512-.{16}).*$/, 'installed:$1')
    .replace(/^installed:(?:file|folder|tarball):/, 'installed:');
}

function counted(count: number, word: string): string {
  if (count === 0) return '';
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}
