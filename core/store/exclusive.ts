/** One process at a time does something to files that several share: a lock that the system lets go of, however its owner ends. */

import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { BanterError } from '../errors.ts';

/** Whoever has the lock has this long to let go; who does such a thing is at it for milliseconds. */
const waitMs = 5000;
const retryMs = 20;

const sqliteBusy = 5;

/**
 * Does `work` while nobody else does anything under the lock at `path`, a file that is made and stays empty. What a
 * process has locked in SQLite's way is free once it is gone, be it by kill -9; a file with the number of its owner is not.
 * @throws BanterError DATA_UNUSABLE where somebody has the lock for five seconds, and what `work` throws
 */
export async function exclusively<Result>(path: string, work: () => Result): Promise<Result> {
  const database = open(path);
  try {
    await take(path, database);
    return work();
  } finally {
    // Which also ends the transaction.
    database.close();
  }
}

function open(path: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    return new DatabaseSync(path, { timeout: 0 });
  } catch (cause) {
    throw unusable(path, cause);
  }
}

async function take(path: string, database: DatabaseSync): Promise<void> {
  const untilMs = performance.now() + waitMs;
  for (;;) {
    try {
      database.exec('BEGIN IMMEDIATE');
      return;
    } catch (cause) {
      const isBusy = cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy;
      if (!isBusy || performance.now() > untilMs) throw unusable(path, cause);
    }
    await setTimeout(retryMs);
  }
}

function unusable(path: string, cause: unknown): BanterError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BanterError('DATA_UNUSABLE', `cannot lock ${path}: ${reason}`, {
    cause,
    data: { path },
  });
}
