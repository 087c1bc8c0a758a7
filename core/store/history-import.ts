/** Puts an exported history into a store, as a group of its own. */

import { checkName, foldName } from '../chat/names.ts';
import type { StoreChange } from '../chat/records.ts';
import { BanterError } from '../errors.ts';
import { HistoryFile } from './history-file.ts';
import type { SqliteStore } from './sqlite-store.ts';

/** As many changes are written at a time. */
const batchChanges = 512;

/** What to import and where to. */
export interface ImportOptions {
  /** Of a server that does not run. */
  readonly store: SqliteStore;
  /** The lines from the beginning; called twice, since nothing is written before all of them are in order. */
  readonly lines: () => AsyncIterable<string>;
  /** The group to make; by default it is called as it was. */
  readonly into: string | undefined;
  /** 8 random bytes: the id of its log. */
  readonly logId: Uint8Array;
  /** Told of how many messages have been written so far; none of them is there before all are. */
  readonly onProgress?: (written: number, messages: number) => void;
}

/** What was imported. */
export interface Imported {
  readonly group: string;
  readonly messages: number;
}

/**
 * Makes the group and stores its messages with their numbers, senders and times as they were; it has no members. All of
 * it comes at once: who stops it in the middle, or kills the process, has no part of a group.
 * @throws BanterError IMPORT_INVALID, which names the line, GROUP_EXISTS, GROUP_NAME_INVALID, and what the store throws
 */
export async function importHistory(options: ImportOptions): Promise<Imported> {
  const { store } = options;
  const { group: called, messages } = await check(options.lines());
  const group = options.into ?? called;
  const fault = checkName(group);
  if (fault !== undefined)
    throw new BanterError('GROUP_NAME_INVALID', `the name "${group}" ${fault}`);
  const { groups } = await store.load();
  if (groups.some(({ name }) => foldName(name) === foldName(group))) {
    throw new BanterError('GROUP_EXISTS', `there is a group "${group}" already`, {
      data: { group },
    });
  }
  await store.writeWhole(changesOf(group, messages, options));
  return { group, messages };
}

/** The changes that make the group and its messages, some at a time. */
async function* changesOf(
  group: string,
  messages: number,
  { lines, logId, onProgress }: ImportOptions,
): AsyncGenerator<readonly StoreChange[]> {
  let changes: StoreChange[] = [{ type: 'groupCreated', group, logId }];
  let taken = 0;
  const file = new HistoryFile();
  for await (const line of lines()) {
    const message = file.take(line);
    if (message === undefined) continue;
    // Nobody of this server has sent it, so that no process' sends change by it.
    changes.push({ type: 'messageAppended', group, identity: '', message, isHandled: false });
    if (changes.length < batchChanges) continue;
    yield changes;
    taken += changes.length;
    changes = [];
    onProgress?.(Math.min(taken, messages), messages);
  }
  yield changes;
  onProgress?.(messages, messages);
}

async function check(lines: AsyncIterable<string>): Promise<HistoryFile> {
  const file = new HistoryFile();
  for await (const line of lines) file.take(line);
  file.finish();
  return file;
}
