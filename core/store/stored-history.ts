/** The history of a group out of a server's folder, whether the server runs or not: nothing is written. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { foldName } from '../chat/names.ts';
import type { StoredMessage } from '../chat/records.ts';
import { BanterError } from '../errors.ts';
import { openForReading } from './sqlite-database.ts';
import { Queries } from './sqlite-queries.ts';

/** Messages that are read at a time. */
const stepMessages = 512;

/** Some messages of a history, oldest first, and the number of the last one that will come. */
export interface StoredPart {
  readonly messages: readonly StoredMessage[];
  readonly lastSeq: number;
}

/**
 * Reads what is stored at the call, part by part.
 * @param folder of the server, with its database
 * @throws BanterError GROUP_UNKNOWN, DATA_UNUSABLE, DATA_DAMAGED
 */
export function* storedHistory(folder: string, name: string): Generator<StoredPart, void, void> {
  const path = join(folder, 'chat.db');
  if (!existsSync(path)) {
    throw new BanterError('DATA_UNUSABLE', `no server has kept anything in ${folder}`, {
      data: { path },
    });
  }
  const database = openForReading(path);
  try {
    const queries = new Queries(path, database);
    const found = queries.stats().groups.find((each) => foldName(each.name) === foldName(name));
    if (found === undefined) {
      throw new BanterError('GROUP_UNKNOWN', `there is no group "${name}" in ${folder}`);
    }
    const { name: group, headSeq: lastSeq } = found;
    for (let afterSeq = 0; afterSeq < lastSeq; ) {
      const limit = Math.min(stepMessages, lastSeq - afterSeq);
      const read = queries.read({ group, afterSeq, limit });
      const messages = read.filter(({ seq }) => seq <= lastSeq);
      if (messages.length === 0) return;
      yield { messages, lastSeq };
      afterSeq = messages.at(-1)?.seq ?? lastSeq;
    }
  } finally {
    database.close();
  }
}
