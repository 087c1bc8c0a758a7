/** `banter backup`, `restore`, `compact` and `stats`: a server's folder from outside the server. */

import { join, resolve } from 'node:path';
import {
  backupServer,
  compactServer,
  restoreServer,
  type StoreStats,
  serverStats,
} from '../core/server-api.ts';
import type { Config } from './config.ts';
import { exitCodes } from './exit-codes.ts';
import { safeText } from './safe-text.ts';
import { sizeWords } from './sizes.ts';

/** Writes a backup; resolves to the exit code. @throws BanterError as `backupServer` */
export async function backup(config: Config, file: string): Promise<number> {
  const to = resolve(file);
  await backupServer(folderOf(config), to);
  return say(
    `${to} has the server as it was a moment ago, its key too: keep it as you keep the key`,
  );
}

/** Makes the server's folder from a backup; resolves to the exit code. @throws BanterError as `restoreServer` */
export async function restore(config: Config, file: string, force: boolean): Promise<number> {
  const folder = folderOf(config);
  const { madeAtMs, replaced } = await restoreServer({ from: resolve(file), folder, force });
  const aside = replaced === undefined ? '' : `; what was there before is in ${replaced}`;
  return say(`${folder} is as it was at ${new Date(madeAtMs).toISOString()}${aside}`);
}

/** Gives room back to the disk; resolves to the exit code. @throws BanterError as `compactServer` */
export async function compact(config: Config): Promise<number> {
  const { before, after } = await compactServer(folderOf(config));
  return say(`from ${sizeWords(before)} to ${sizeWords(after)}`);
}

/** Prints how much a server keeps; resolves to the exit code. @throws BanterError as `serverStats` */
export async function stats(config: Config, json: boolean): Promise<number> {
  const found = await serverStats(folderOf(config));
  return say(json ? JSON.stringify(found) : tableOf(found));
}

function tableOf({ names, processes, groups, messages, bytes }: StoreStats): string {
  const rows = groups.map((group) => [
    safeText(group.name),
    String(group.members),
    String(group.messages),
    String(group.headSeq),
    sizeWords(group.bytes),
  ]);
  const table = [['group', 'members', 'messages', 'newest', 'size'], ...rows];
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  const lines = table.map(([name = '', ...cells]) =>
    [
      name.padEnd(widths?.[0] ?? 0),
      ...cells.map((cell, at) => cell.padStart(widths?.[at + 1] ?? 0)),
    ]
      .join('  ')
      .trimEnd(),
  );
  const kept = `names ${names}, groups ${groups.length}, messages ${messages}, processes of clients ${processes}`;
  return [`${kept}; ${sizeWords(bytes)}`, ...(groups.length === 0 ? [] : lines)].join('\n');
}

function folderOf({ data }: Config): string {
  return join(data.value, 'server');
}

function say(words: string): number {
  process.stdout.write(`${words}\n`);
  return exitCodes.ok;
}
