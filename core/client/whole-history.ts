/** The whole history of a group, oldest first: what an export writes down. */

import type { GroupMessage } from '../chat/types.ts';
import { BanterError } from '../errors.ts';
import type { Client } from './client.ts';

/** Messages that are read at a time: as many are in memory, however long the history is. */
const stepMessages = 256;

/** What is needed of a client. */
type HistoryClient = Pick<Client, 'history'>;

/** Some messages of a history, oldest first, and the number of the last one that will come. */
export interface HistoryPart {
  readonly messages: readonly GroupMessage[];
  readonly lastSeq: number;
}

/**
 * Reads what was said up to the call, part by part; nothing of an empty group. What retention takes meanwhile is missing
 * at the beginning of what is left.
 * @throws BanterError as `Client.history`; HISTORY_UNREADABLE if the group begins anew meanwhile
 */
export async function* wholeHistory(
  client: HistoryClient,
  group: string,
  signal: AbortSignal,
): AsyncGenerator<HistoryPart, void, void> {
  const [newest] = await client.history(group, { limit: 1, signal });
  if (newest === undefined) return;
  const { seq: lastSeq, logId } = newest;
  let nextSeq = await firstSeq(client, group, lastSeq, signal);
  while (nextSeq <= lastSeq) {
    const before = Math.min(nextSeq + stepMessages, lastSeq + 1);
    const found = await client.history(group, { before, limit: before - nextSeq, signal });
    if (found.some((message) => message.logId !== logId)) {
      throw new BanterError('HISTORY_UNREADABLE', `"${group}" has begun anew while it was read`);
    }
    if (found.length > 0) yield { messages: found.toReversed(), lastSeq };
    nextSeq = before;
  }
}

/** The number of the oldest message there is: by halving, since only the newest before a number can be asked for. */
async function firstSeq(
  client: HistoryClient,
  group: string,
  lastSeq: number,
  signal: AbortSignal,
): Promise<number> {
  let [low, high] = [1, lastSeq];
  while (low < high) {
    const middle = low === 1 ? 1 : Math.floor((low + high) / 2);
    const [found] = await client.history(group, { before: middle + 1, limit: 1, signal });
    if (found === undefined) low = middle + 1;
    else high = middle;
  }
  return low;
}
