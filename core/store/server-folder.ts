/** A server's folder, looked after from outside the server: what `banter backup`, `restore`, `compact` and `stats` do. */

import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BanterError } from '../errors.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';
import { FolderLock } from './folder-lock.ts';
import { readOrMakeSeed } from './identity-file.ts';
import { writePrivate } from './private-files.ts';
import type { CareTasks } from './sqlite-care.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { StoreStats } from './store.ts';
import { Thread } from './thread.ts';

/** What of a server's folder is its identity and its memory. */
const keyFile = 'server-key';
const databaseFile = 'chat.db';
const ownFiles = [keyFile, databaseFile, `${databaseFile}-wal`, `${databaseFile}-shm`];

export interface RestoreOptions {
  /** A file that {@link backupServer} has made. */
  readonly from: string;
  /** The server's folder, made if there is none. */
  readonly folder: string;
  /** Whether a server that the folder has already steps aside, into a folder within. Default false: it is refused. */
  readonly force?: boolean;
}

/** What was restored. */
export interface Restored {
  /** When the backup was made. Milliseconds since the epoch. */
  readonly madeAtMs: number;
  /** The folder in which the server from before stands now, if there was one. */
  readonly replaced: string | undefined;
}

/**
 * Copies the identity and the memory of a server into one file of mode 0600, whether the server runs or not: what was
 * acknowledged before is in it. The file is complete when it appears.
 * @throws BanterError DATA_UNUSABLE, also when there is such a file or no server in the folder; DATA_DAMAGED, STORE_FULL
 */
export async function backupServer(folder: string, to: string): Promise<void> {
  const path = databaseOf(folder);
  if (existsSync(to)) throw unusable(`${to} exists; choose another name`, to);
  const seed = toHex(readSeed(folder));
  await caring((care) => care.ask('backup', { path, to, label: { seed, madeAtMs: Date.now() } }));
}

/**
 * Makes a server's folder from a backup, of which every byte must be as it was. No server may run on it.
 * @throws BanterError DATA_UNUSABLE (in use, or it has a server and `force` is not set), DATA_DAMAGED, DATA_TOO_NEW, STORE_FULL
 */
export async function restoreServer({
  from,
  folder,
  force = false,
}: RestoreOptions): Promise<Restored> {
  if (!existsSync(from)) throw unusable(`there is no ${from}`, from);
  const lock = FolderLock.take(folder);
  try {
    const present = ownFiles.filter((file) => existsSync(join(folder, file)));
    if (present.length > 0 && !force) {
      throw unusable(`${folder} has a server already; --force puts it aside`, folder);
    }
    const fresh = join(folder, `restoring-${process.pid}.db`);
    const { seed, madeAtMs } = await caring((care) => care.ask('restore', { from, path: fresh }));
    if (fromHex(seed)?.length !== 32) throw unusable(`${from} has no key`, from);
    const replaced = present.length > 0 ? putAside(folder, present) : undefined;
    // A server that began in between would find its key and no names, instead of names under a new key.
    writePrivate(join(folder, keyFile), `${seed}\n`);
    renameSync(fresh, join(folder, databaseFile));
    return { madeAtMs, replaced };
  } finally {
    lock.release();
  }
}

/**
 * Gives the room of messages that were dropped back to the disk, for which it takes as much again meanwhile. No server may
 * run on the folder. @returns the size of the database before and after. Bytes.
 * @throws BanterError DATA_UNUSABLE, DATA_DAMAGED, DATA_TOO_NEW, STORE_FULL
 */
export async function compactServer(
  folder: string,
): Promise<{ readonly before: number; readonly after: number }> {
  databaseOf(folder);
  const seed = readSeed(folder);
  await using store = await SqliteStore.open({ folder, newSeed: () => seed });
  const before = (await store.stats()).bytes;
  await store.compact();
  return { before, after: (await store.stats()).bytes };
}

/** How much a server keeps, whether it runs or not. @throws BanterError DATA_UNUSABLE, DATA_DAMAGED */
export async function serverStats(folder: string): Promise<StoreStats> {
  const path = databaseOf(folder);
  return caring((care) => care.ask('stats', path));
}

/** The process that serves from a folder, or undefined. @throws BanterError DATA_UNUSABLE */
export function serverOwner(folder: string): number | undefined {
  return FolderLock.owner(folder);
}

/** What is wrong with a server's database, in words; nothing if it is whole. Reads all of it. @throws BanterError DATA_UNUSABLE, DATA_DAMAGED */
export async function checkServerData(folder: string): Promise<readonly string[]> {
  const path = databaseOf(folder);
  return caring((care) => care.ask('check', path));
}

async function caring<Result>(work: (care: Thread<CareTasks>) => Promise<Result>): Promise<Result> {
  const care = new Thread<CareTasks>('sqlite-care');
  try {
    return await work(care);
  } finally {
    await care.close();
  }
}

/** @throws BanterError DATA_UNUSABLE where no server was ever started */
function databaseOf(folder: string): string {
  const path = join(folder, databaseFile);
  if (existsSync(path)) return path;
  throw unusable(`${folder} has no server: ${basename(path)} is missing`, folder);
}

function readSeed(folder: string): Uint8Array {
  const path = join(folder, keyFile);
  return readOrMakeSeed(path, () => {
    throw unusable(`${path} is missing, without which nobody knows the server`, path);
  });
}

/** Moves files into a new folder beside them. @returns its path */
function putAside(folder: string, files: readonly string[]): string {
  const aside = join(folder, `replaced-${new Date().toISOString().replaceAll(':', '')}`);
  mkdirSync(aside, { mode: 0o700 });
  for (const file of files) renameSync(join(folder, file), join(aside, file));
  return aside;
}

function unusable(message: string, path: string): BanterError {
  return new BanterError('DATA_UNUSABLE', message, { data: { path } });
}
