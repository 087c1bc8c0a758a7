/** `banter plugin adopt`: a plugin that was moved, installed or replaced goes on with what the one before it kept and might do. */

import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BanterError } from '../core/error-api.ts';
import {
  builtinPlugins,
  estatesIn,
  estateWords,
  exchangeEstates,
  GrantBook,
  Granted,
  inspectPlugin,
  placeWords,
} from '../plugins/index.ts';
import type { Config } from './config.ts';
import { exitCodes } from './exit-codes.ts';
import { grantFileOf, installedDirOf } from './grant-file.ts';
import { safeText } from './safe-text.ts';

/** What one plugin of the id has in all folders together. */
interface Sum {
  readonly values: number;
  readonly tasks: number;
}

const nothing: Sum = { values: 0, tasks: 0 };

/**
 * Hands over what the plugin of the same id from `from` keeps and was granted, of that what is asked for; what the plugin
 * kept itself becomes the other one's, so that the same again undoes it. Without `from` there must be just one other.
 * Resolves to the exit code.
 * @throws BanterError OPTION_INVALID where several are meant or none; as `inspectPlugin`, `GrantBook` and `PluginDatabase`
 */
export async function adoptPlugin(
  config: Config,
  spec: string,
  from: string | undefined,
): Promise<number> {
  const { manifest, source } = await inspectPlugin(spec, installedDirOf(config));
  const { id, permissions } = manifest;
  if (builtinPlugins.includes(id)) {
    throw new BanterError('OPTION_INVALID', `what "${id}" keeps belongs to Banter's own plugin`);
  }
  const folders = await foldersOf(config.data.value);
  const sums = await sumsOf(folders, id);
  const book = new GrantBook(grantFileOf(config));
  const granted = book.records().filter(({ plugin }) => plugin === id);
  const others = new Set([...sums.keys(), ...granted.map((record) => record.source)]);
  others.delete(source);
  const other = chosen(id, [...others], from);
  if (other === undefined) {
    process.stdout.write(`no other plugin "${id}" keeps anything here, or was granted anything\n`);
    return exitCodes.failed;
  }
  for (const folder of folders) await exchangeEstates(folder, id, other, source);
  const grants = (book.find(id, other)?.granted ?? Granted.of([])).only(permissions);
  if (grants.notation.length > 0) {
    const { version } = manifest;
    await book.update({ plugin: id, source, version }, (now) => now.only(permissions).with(grants));
  }
  const lines = [
    `${id} goes on with what that from ${placeWords(other)} kept: ${estateWords(sums.get(other) ?? nothing)}`,
    `and may what that might: ${grants.notation.join(', ') || 'nothing'}`,
  ];
  const before = sums.get(source);
  if (before !== undefined) {
    lines.push(`what it kept itself is now that one's: ${estateWords(before)}`);
  }
  process.stdout.write(lines.map((line) => `${safeText(line)}\n`).join(''));
  return exitCodes.ok;
}

/** Where plugins of this person keep things: at the prompt, and for each bot. */
async function foldersOf(data: string): Promise<readonly string[]> {
  const bots = join(data, 'bots');
  const names = await readdir(bots).catch((error: unknown): readonly string[] => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new BanterError('DATA_UNUSABLE', `cannot use ${bots}: ${error}`, { cause: error });
  });
  return [data, ...names.map((name) => join(bots, name))];
}

async function sumsOf(folders: readonly string[], id: string): Promise<ReadonlyMap<string, Sum>> {
  const sums = new Map<string, Sum>();
  for (const folder of folders) {
    for (const { source, values, tasks } of await estatesIn(folder, id)) {
      const sum = sums.get(source) ?? nothing;
      sums.set(source, { values: sum.values + values, tasks: sum.tasks + tasks });
    }
  }
  return sums;
}

/** @throws BanterError OPTION_INVALID */
function chosen(
  id: string,
  others: readonly string[],
  from: string | undefined,
): string | undefined {
  const named = new Set(from === undefined ? [] : [from, resolve(from)]);
  const meant =
    from === undefined
      ? others
      : others.filter((source) => [source, placeWords(source)].some((name) => named.has(name)));
  const [first, second] = meant;
  if (second === undefined && (first !== undefined || from === undefined)) return first;
  const known = others.map(placeWords).join(', ') || 'none';
  const problem =
    from === undefined
      ? `there are several others; say which with --from: ${known}`
      : `"${from}" is not where one other plugin "${id}" is from; there are: ${known}`;
  throw new BanterError('OPTION_INVALID', problem);
}
