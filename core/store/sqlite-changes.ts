/** Writes changes into a database: for each type of change its statements, prepared once. */

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { auditEntriesMax } from '../chat/audit.ts';
import { keyOf } from '../chat/group-rules.ts';
import { parseMid } from '../chat/mids.ts';
import { foldName } from '../chat/names.ts';
import type { StoreChange } from '../chat/records.ts';
import { toHex } from '../protocol/bytes.ts';
import { BoundedMap } from './bounded-map.ts';
import { guarded, inTransaction } from './sqlite-database.ts';
import { houseAppliers, houseStatements } from './sqlite-house.ts';
import { dropRemoved, messageBytes } from './sqlite-pruning.ts';
import { WordIndex } from './sqlite-word-index.ts';

/** Groups and processes whose numbers are at hand; others are looked up. */
const numbersKept = 10_000;

/** Sends and acts that are too old go once there are as many. */
const trimStride = 64;

const statements = {
  ...houseStatements,
  bindName: 'INSERT INTO names (name, identity) VALUES (?, ?)',
  releaseName: 'DELETE FROM names WHERE name = ?',
  createGroup: 'INSERT INTO groups (name, log_id) VALUES (?, ?)',
  dropMembers: 'DELETE FROM members WHERE group_id = ?',
  dropRules: 'DELETE FROM rules WHERE group_id = ?',
  // Nothing of it is to be kept, and what there is goes as retention has it go: a little at a time.
  removeGroup: `UPDATE groups SET name = name || ' ' || id, is_removed = 1, keep_messages = 0,
    keep_age_ms = NULL, keep_bytes = NULL WHERE id = ?`,
  dropRemoved,
  findGroup: 'SELECT id FROM groups WHERE name = ?',
  // A history that was imported may begin later than at 1.
  growGroup: `UPDATE groups SET first_seq = iif(head_seq = 0, ?, first_seq), head_seq = ?,
    bytes = bytes + ? WHERE id = ?`,
  setRetention: `UPDATE groups SET keep_age_ms = ?, keep_messages = ?, keep_bytes = ? WHERE id = ?`,
  join: `INSERT INTO members (group_id, name, ordinal, confirmed_seq) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET ordinal = excluded.ordinal, confirmed_seq = excluded.confirmed_seq`,
  leave: 'DELETE FROM members WHERE group_id = ? AND name = ?',
  confirm: 'UPDATE members SET confirmed_seq = ? WHERE group_id = ? AND name = ?',
  append: `INSERT INTO messages (group_id, seq, mid, sender, bot, hops, sent_at_ms, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  openProcess: `INSERT INTO processes (identity, process, forgotten_below) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET forgotten_below = excluded.forgotten_below`,
  findProcess: 'SELECT id FROM processes WHERE identity = ? AND process = ?',
  forgetProcess: 'DELETE FROM processes WHERE identity = ? AND process = ?',
  recordSend:
    'INSERT OR REPLACE INTO sends (process_id, counter, group_id, seq) VALUES (?, ?, ?, ?)',
  forgetSends: 'DELETE FROM sends WHERE process_id = ? AND counter < ?',
  raiseHorizon: 'UPDATE processes SET forgotten_below = max(forgotten_below, ?) WHERE id = ?',
  storeEnvelope: `INSERT INTO envelopes (id, sender, recipient, mid, stored_at_ms, sealed)
    VALUES (?, ?, ?, ?, ?, ?)`,
  settleEnvelope: `INSERT INTO outcomes (id, sender, recipient, mid, outcome)
    SELECT id, sender, recipient, mid, ? FROM envelopes WHERE id = ?`,
  dropEnvelope: 'DELETE FROM envelopes WHERE id = ?',
  forgetOutcome: 'DELETE FROM outcomes WHERE id = ?',
  // What was there goes, so that the newest is the last.
  setRule: 'INSERT OR REPLACE INTO rules (group_id, type, about, rule) VALUES (?, ?, ?, ?)',
  endRule: 'DELETE FROM rules WHERE group_id = ? AND type = ? AND about = ?',
  audit: 'INSERT INTO audit (entry) VALUES (?)',
  trimAudit: 'DELETE FROM audit WHERE id <= ?',
} as const;

type Statements = { readonly [Name in keyof typeof statements]: StatementSync };
type Change<Type extends StoreChange['type']> = Extract<StoreChange, { readonly type: Type }>;
type Appliers = {
  readonly [Type in StoreChange['type']]: (batch: Batch, change: Change<Type>) => void;
};

/** What of a transaction is written at its end, once for each group and member. */
interface Batch {
  readonly statements: Statements;
  readonly words: WordIndex;
  readonly groups: BoundedMap<string, number>;
  readonly processes: BoundedMap<string, number>;
  readonly sendsRemembered: number;
  /** By number of the group. */
  readonly grown: Map<number, { readonly firstSeq: number; headSeq: number; bytes: number }>;
  /** By name of the member, by number of the group. */
  readonly confirmed: Map<number, Map<string, number>>;
}

/** The one writer of a database. */
export class ChangeWriter {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #sendsRemembered: number;
  readonly #statements: Statements;
  readonly #words: WordIndex;
  #groups = new BoundedMap<string, number>(numbersKept);
  #processes = new BoundedMap<string, number>(numbersKept);

  /** @param sendsRemembered newest sends of a process that are kept */
  constructor(path: string, database: DatabaseSync, sendsRemembered: number) {
    this.#path = path;
    this.#database = database;
    this.#sendsRemembered = sendsRemembered;
    this.#words = new WordIndex(database);
    const prepared = Object.entries(statements).map(([name, text]) => [
      name,
      database.prepare(text),
    ]);
    // The same names, each with its statement.
    this.#statements = Object.fromEntries(prepared) as Statements;
  }

  /** Stores changes in their order: all of them or, where it throws, none. @throws BanterError STORE_FULL, DATA_DAMAGED, DATA_UNUSABLE */
  write(changes: readonly StoreChange[]): void {
    const batch: Batch = {
      statements: this.#statements,
      words: this.#words,
      groups: this.#groups,
      processes: this.#processes,
      sendsRemembered: this.#sendsRemembered,
      grown: new Map(),
      confirmed: new Map(),
    };
    try {
      inTransaction(this.#path, this.#database, () => {
        for (const change of changes) apply(batch, change);
        finish(batch);
        this.#words.follow();
      });
    } catch (error) {
      this.#forgetNumbers();
      throw error;
    }
  }

  /** Messages are found by their words from now on, the newest included. @throws BanterError STORE_FULL, DATA_DAMAGED, DATA_UNUSABLE */
  index(): void {
    inTransaction(this.#path, this.#database, () => this.#words.catchUp());
  }

  /** What is written from now on is stored with {@link commit}, or not at all. @throws BanterError DATA_UNUSABLE */
  begin(): void {
    guarded(this.#path, () => this.#database.exec('BEGIN IMMEDIATE'));
  }

  /** @throws BanterError STORE_FULL, DATA_DAMAGED, DATA_UNUSABLE */
  commit(): void {
    guarded(this.#path, () => this.#database.exec('COMMIT'));
  }

  rollback(): void {
    // Some errors have undone everything already.
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    this.#forgetNumbers();
  }

  /** Numbers that were given in vain will be given to others. */
  #forgetNumbers(): void {
    this.#groups = new BoundedMap(numbersKept);
    this.#processes = new BoundedMap(numbersKept);
  }
}

const appliers: Appliers = {
  ...houseAppliers,
  nameBound: ({ statements }, { name, identity }) => {
    statements.bindName.run(name, identity);
  },
  nameReleased: ({ statements }, { name }) => {
    statements.releaseName.run(name);
  },
  processOpened: (batch, { identity, id, nextCounter }) => {
    batch.statements.openProcess.run(identity, id, nextCounter);
  },
  processForgotten: ({ statements, processes }, { identity, id }) => {
    statements.forgetProcess.run(identity, id);
    processes.delete(identity + toHex(id));
  },
  groupCreated: ({ statements, groups }, { group, logId }) => {
    const { lastInsertRowid } = statements.createGroup.run(group, logId);
    groups.set(group, Number(lastInsertRowid));
  },
  groupRemoved: (batch, { group }) => {
    const { statements, groups } = batch;
    const number = groupNumber(batch, group);
    grow(batch, number);
    batch.confirmed.delete(number);
    for (const drop of [statements.dropMembers, statements.dropRules]) drop.run(number);
    statements.removeGroup.run(number);
    statements.dropRemoved.run();
    groups.delete(group);
  },
  retentionSet: (batch, { group, retention }) => {
    const { ageMs = null, messages = null, bytes = null } = retention;
    batch.statements.setRetention.run(ageMs, messages, bytes, groupNumber(batch, group));
  },
  memberJoined: (batch, { group, name, ordinal, seq }) => {
    const number = groupNumber(batch, group);
    batch.statements.join.run(number, name, ordinal, seq);
    batch.confirmed.get(number)?.delete(name);
  },
  memberLeft: (batch, { group, name }) => {
    const number = groupNumber(batch, group);
    batch.statements.leave.run(number, name);
    batch.confirmed.get(number)?.delete(name);
  },
  memberConfirmed: (batch, { group, name, seq }) => {
    confirm(batch, groupNumber(batch, group), name, seq);
  },
  messageAppended: append,
  envelopeStored: ({ statements }, { envelope }) => {
    const { id, from, to, mid, storedAtMs, sealed } = envelope;
    statements.storeEnvelope.run(id, from, to, mid, storedAtMs, sealed);
  },
  envelopeSettled: ({ statements }, { id, outcome }) => {
    statements.settleEnvelope.run(outcome, id);
    statements.dropEnvelope.run(id);
  },
  outcomeForgotten: ({ statements }, { id }) => {
    statements.forgetOutcome.run(id);
  },
  ruleSet: (batch, { group, rule }) => {
    const text = JSON.stringify(rule);
    batch.statements.setRule.run(groupNumber(batch, group), rule.type, keyOf(rule), text);
  },
  ruleEnded: (batch, { group, rule, name }) => {
    batch.statements.endRule.run(groupNumber(batch, group), rule, foldName(name));
  },
  audited: ({ statements }, { entry }) => {
    const number = Number(statements.audit.run(JSON.stringify(entry)).lastInsertRowid);
    if (number % trimStride === 0) statements.trimAudit.run(number - auditEntriesMax);
  },
};

function apply(batch: Batch, change: StoreChange): void {
  // The table pairs each type with its function; the compiler cannot follow the pair through the look-up.
  const applier = appliers[change.type] as (batch: Batch, change: StoreChange) => void;
  applier(batch, change);
}

function append(batch: Batch, change: Change<'messageAppended'>): void {
  const { statements, words, grown } = batch;
  const { group, identity, isHandled, message } = change;
  const { seq, mid, from, bot, hops, sentAtMs, text } = message;
  const number = groupNumber(batch, group);
  const flag = bot ? 1 : 0;
  statements.append.run(number, seq, mid, from, flag, hops, sentAtMs, text);
  words.note();
  const growth = grown.get(number) ?? { firstSeq: seq, headSeq: seq, bytes: 0 };
  growth.headSeq = seq;
  growth.bytes += messageBytes(Buffer.byteLength(text));
  grown.set(number, growth);
  if (isHandled) confirm(batch, number, from, seq);
  recordSend(batch, identity, mid, { number, seq });
}

function recordSend(
  batch: Batch,
  identity: string,
  mid: Uint8Array,
  { number, seq }: { readonly number: number; readonly seq: number },
): void {
  const { statements, processes, sendsRemembered } = batch;
  const parts = parseMid(mid);
  if (parts === undefined) return;
  const { processId, counter } = parts;
  const key = identity + toHex(processId);
  const process = processes.get(key) ?? numberOf(statements.findProcess.get(identity, processId));
  // A process that was forgotten meanwhile has no sends.
  if (process === undefined) return;
  processes.set(key, process);
  statements.recordSend.run(process, counter, number, seq);
  if (counter % trimStride !== 0) return;
  const horizon = counter - sendsRemembered + 1;
  statements.forgetSends.run(process, horizon);
  statements.raiseHorizon.run(horizon, process);
}

function confirm({ confirmed }: Batch, group: number, name: string, seq: number): void {
  const members = confirmed.get(group) ?? new Map<string, number>();
  members.set(name, seq);
  confirmed.set(group, members);
}

/** Where groups and members stand at the end is all that counts. */
function finish(batch: Batch): void {
  const { statements, grown, confirmed } = batch;
  for (const group of [...grown.keys()]) grow(batch, group);
  for (const [group, members] of confirmed) {
    for (const [name, seq] of members) statements.confirm.run(seq, group, name);
  }
}

/** Writes how far a group goes, if it has grown. */
function grow({ statements, grown }: Batch, group: number): void {
  const growth = grown.get(group);
  if (growth === undefined) return;
  const { firstSeq, headSeq, bytes } = growth;
  statements.growGroup.run(firstSeq, headSeq, bytes, group);
  grown.delete(group);
}

function groupNumber({ statements, groups }: Batch, name: string): number {
  const number = groups.get(name) ?? numberOf(statements.findGroup.get(name));
  if (number === undefined)
    throw new Error(`a change of the group "${name}", which was never created`);
  groups.set(name, number);
  return number;
}

function numberOf(row: Record<string, unknown> | undefined): number | undefined {
  return row === undefined ? undefined : Number(row['id']);
}
