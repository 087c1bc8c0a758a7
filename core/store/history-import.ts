/** Puts an exported history into a store, as a group of its own. */

import { checkName, foldName } from '../chat/names.ts';
import type { StoreChange } from '../chat/records.ts';
import { BanterError } from '../errors.ts';
import { HistoryFile } from './history-file.ts';
import type { Store } from './store.ts';

/** As many changes are written at a time. */
const batchChanges = 512;

/** What to import and where to. */
export interface ImportOptions {
  /** Of a server that does not run. */
  readonly store: Store;
  /** The lines from the beginning; called twice, since nothing is written before all of them are in order. */
  readonly lines: () => AsyncIterable<string>;
  /** The group to make; by default it is called as it was. */
  readonly into: string | undefined;
  /** 8 random bytes: the id of its log. */
  readonly logId: Uint8Array;
  /** Told of how many messages have been stored so far. */
  readonly onProgress?: (stored: number, messages: number) => void;
}

/** What was imported. */
export interface Imported {
  readonly group: string;
  readonly messages: number;
}

/**
 * Makes the group and stores its messages with their numbers, senders and times as they were; it has no members.
 * @throws BanterError IMPORT_INVALID, which names the line, GROUP_EXISTS, GROUP_NAME_INVALID, and what the store throws
 */
export async function importHistory(options: ImportOptions): Promise<Imported> {
  const { store, lines, logId, onProgress } = options;
  const { group: called, messages } = await check(lines());
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
  let changes: StoreChange[] = [{ type: 'groupCreated', group, logId }];
  let stored = 0;
  const flush = async (): Promise<void> => {
    await store.write(changes);
    stored += changes.length;
    changes = [];
    onProgress?.(Math.min(stored, messages), messages);
  };
  const file = new HistoryFile();
  for await (const line of lines()) {
    const message = file.take(line);
    if (message === undefined) continue;
    // Nobody of this server has sent it, so that no process' sends change by it.
    changes.push({ type: 'messageAppended', group, identity: '', message, isHandled: false });
    if (changes.length >= batchChanges) await flush();
  }
  await flush();
  return { group, messages };
}

async function check(lines: AsyncIterable<string>): Promise<HistoryFile> {
  const file = new HistoryFile();
  for await (const line of lines) file.take(line);
  file.finish();
  return file;
}
