/** Finding what is beyond the bounds, which only reads, and dropping it, which is the writer's affair. */

import type { DatabaseSync } from 'node:sqlite';
import type { Dropped } from '../chat/records.ts';
import {
  boundsOf,
  type GroupRetention,
  isBeyond,
  type Retention,
  stricterOf,
} from '../chat/retention.ts';
import { bytesOf, guarded, inTransaction } from './sqlite-database.ts';
import type { PruneQuery } from './store.ts';

/** The messages of a group up to one of them. */
export interface Excess extends Dropped {
  /** The number of the group. */
  readonly id: number;
  readonly bytes: number;
}

/** What a message takes in the database beside its text: its row, its places in the indexes and among the sends. Bytes. */
const overheadBytes = 160;

/** Messages that are dropped at a time: a few milliseconds of the writer. */
const stepMessages = 256;

interface KeptGroup {
  readonly id: number;
  readonly name: string;
  readonly logId: Uint8Array;
  readonly headSeq: number;
  readonly firstSeq: number;
  readonly bytes: number;
  readonly retention: GroupRetention;
}

interface KeptMessage {
  readonly group: number;
  readonly seq: number;
  readonly sentAtMs: number;
  readonly bytes: number;
}

/** What a message of so much text takes, roughly. Bytes. */
export function messageBytes(textBytes: number): number {
  return textBytes + overheadBytes;
}

/** The oldest messages that are beyond the bounds, {@link stepMessages} at most. @throws BanterError DATA_UNUSABLE, DATA_DAMAGED */
export function findExcess(
  path: string,
  database: DatabaseSync,
  { retention, nowMs }: PruneQuery,
): readonly Excess[] {
  return guarded(path, () => {
    const groups = readGroups(database, retention);
    let room = stepMessages;
    const found: Excess[] = [];
    for (const group of groups.filter((each) => isTouched(database, each, nowMs))) {
      const excess = excessOf(database, group, nowMs, room);
      if (excess !== undefined) found.push(excess);
      room -= excess?.messages ?? 0;
      if (room === 0) return found;
    }
    return found.length > 0 ? found : excessOfAll(database, groups, retention);
  });
}

/** Lets go of removed groups of which nothing is left. The newest group keeps its number, so that it is not given to another, which sends to this one would then be taken for. */
export const dropRemoved = `DELETE FROM groups WHERE is_removed = 1 AND first_seq > head_seq
  AND id < (SELECT max(id) FROM groups)`;

/** Drops what was found. @throws BanterError STORE_FULL, DATA_UNUSABLE, DATA_DAMAGED */
export function dropExcess(path: string, database: DatabaseSync, found: readonly Excess[]): void {
  const unindex = database.prepare(`DELETE FROM words WHERE rowid IN
    (SELECT id FROM messages WHERE group_id = ? AND seq < ?)`);
  const drop = database.prepare('DELETE FROM messages WHERE group_id = ? AND seq < ?');
  const shrink = database.prepare(
    'UPDATE groups SET first_seq = ?, bytes = max(0, bytes - ?) WHERE id = ?',
  );
  inTransaction(path, database, () => {
    for (const { id, firstSeq, bytes } of found) {
      unindex.run(id, firstSeq);
      drop.run(id, firstSeq);
      shrink.run(firstSeq, bytes, id);
    }
    database.exec(dropRemoved);
  });
}

function readGroups(database: DatabaseSync, ofServer: Retention): KeptGroup[] {
  const rows = database
    .prepare(
      `SELECT id, name, log_id, head_seq, first_seq, bytes, keep_age_ms, keep_messages, keep_bytes
       FROM groups WHERE first_seq <= head_seq ORDER BY id`,
    )
    .all();
  return rows.map((row) => ({
    id: Number(row['id']),
    name: String(row['name']),
    logId: bytesOf(row['log_id']),
    headSeq: Number(row['head_seq']),
    firstSeq: Number(row['first_seq']),
    bytes: Number(row['bytes']),
    retention: stricterOf(ofServer, ownRetention(row)),
  }));
}

/** A group's own bounds. */
export function ownRetention(row: Readonly<Record<string, unknown>>): GroupRetention {
  const [ageMs, messages, bytes] = ['keep_age_ms', 'keep_messages', 'keep_bytes'].map((column) =>
    typeof row[column] === 'number' ? row[column] : undefined,
  );
  return boundsOf({ ageMs, messages, bytes });
}

function isTouched(database: DatabaseSync, group: KeptGroup, nowMs: number): boolean {
  if (Object.keys(group.retention).length === 0) return false;
  const [oldest] = messagesOf(database, group, 1);
  return oldest !== undefined && isBeyond(group.retention, group, oldest, nowMs);
}

function excessOf(
  database: DatabaseSync,
  group: KeptGroup,
  nowMs: number,
  room: number,
): Excess | undefined {
  let { firstSeq } = group;
  let [messages, bytes] = [0, 0];
  for (const message of messagesOf(database, group, room)) {
    const kept = { headSeq: group.headSeq, bytes: group.bytes - bytes };
    if (!isBeyond(group.retention, kept, message, nowMs)) break;
    firstSeq = message.seq + 1;
    bytes += message.bytes;
    messages++;
  }
  return messages === 0 ? undefined : { ...placeOf(group), firstSeq, messages, bytes };
}

function messagesOf(database: DatabaseSync, group: KeptGroup, limit: number): KeptMessage[] {
  return database
    .prepare(
      `SELECT group_id, seq, sent_at_ms, octet_length(body) AS length FROM messages
       WHERE group_id = ? ORDER BY seq LIMIT ?`,
    )
    .all(group.id, limit)
    .map(messageOf);
}

/** What is too much altogether: the oldest go, whichever group they are of. */
function excessOfAll(
  database: DatabaseSync,
  groups: readonly KeptGroup[],
  { bytesTotal }: Retention,
): readonly Excess[] {
  let excess = groups.reduce((sum, { bytes }) => sum + bytes, 0) - (bytesTotal ?? 0);
  if (bytesTotal === undefined || excess <= 0) return [];
  const rows = database
    .prepare(
      `SELECT group_id, seq, sent_at_ms, octet_length(body) AS length FROM messages
       ORDER BY id LIMIT ?`,
    )
    .all(stepMessages);
  const byId = new Map(groups.map((group) => [group.id, group]));
  const found = new Map<KeptGroup, Excess>();
  for (const { group: id, seq, bytes } of rows.map(messageOf)) {
    const group = byId.get(id);
    if (excess <= 0 || group === undefined) break;
    excess -= bytes;
    const { messages = 0, bytes: before = 0 } = found.get(group) ?? {};
    const more = { firstSeq: seq + 1, messages: messages + 1, bytes: before + bytes };
    found.set(group, { ...placeOf(group), ...more });
  }
  return [...found.values()];
}

function placeOf({ id, name: group, logId }: KeptGroup): Pick<Excess, 'id' | 'group' | 'logId'> {
  return { id, group, logId };
}

function messageOf(row: Readonly<Record<string, unknown>>): KeptMessage {
  return {
    group: Number(row['group_id']),
    seq: Number(row['seq']),
    sentAtMs: Number(row['sent_at_ms']),
    bytes: messageBytes(Number(row['length'])),
  };
}
