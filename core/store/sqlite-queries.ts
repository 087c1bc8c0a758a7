/** Reads a database: what a start needs, and what was said. */

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { AuditEntry } from '../chat/audit.ts';
import type { GroupRule } from '../chat/group-rules.ts';
import type {
  HistoryQuery,
  ReadQuery,
  SearchQuery,
  StoredGroup,
  StoredMember,
  StoredMessage,
  StoredOutcome,
  StoredProcess,
  StoredState,
} from '../chat/records.ts';
import { SendHistory } from '../chat/send-history.ts';
import { bytesOf, guarded, pageBytes, pragma } from './sqlite-database.ts';
import { houseQueries, readHouse } from './sqlite-house.ts';
import { ownRetention } from './sqlite-pruning.ts';
import type { GroupStats, StoreStats } from './store.ts';
import { type Phrase, phrasesOf } from './words.ts';

/** How much of what there is a start is given. */
export interface LoadLimits {
  /** Newest sends of each process. */
  readonly sendsRemembered: number;
}

type Row = Readonly<Record<string, unknown>>;

const messageColumns = 'seq, mid, sender, bot, hops, sent_at_ms, body';
const ofGroup = 'group_id = (SELECT id FROM groups WHERE name = ?)';

const statements = {
  names: 'SELECT name, identity FROM names ORDER BY id',
  groups: `SELECT id, name, log_id, head_seq, keep_age_ms, keep_messages, keep_bytes FROM groups
    WHERE is_removed = 0 ORDER BY id`,
  formerLogs: 'SELECT group_id, log_id, seq FROM former_logs ORDER BY place',
  members: 'SELECT group_id, name, ordinal, confirmed_seq FROM members ORDER BY group_id, ordinal',
  rules: 'SELECT group_id, rule FROM rules ORDER BY place',
  processes: 'SELECT id, identity, process, forgotten_below FROM processes ORDER BY id',
  sends: `SELECT process_id, counter, log_id, seq FROM sends
    JOIN groups ON groups.id = sends.group_id ORDER BY process_id, counter`,
  envelopes: 'SELECT id, sender, recipient, mid, stored_at_ms, sealed FROM envelopes ORDER BY id',
  outcomes: 'SELECT id, sender, recipient, mid, outcome FROM outcomes ORDER BY place',
  read: `SELECT ${messageColumns} FROM messages WHERE ${ofGroup} AND seq > ? ORDER BY seq LIMIT ?`,
  history: `SELECT ${messageColumns} FROM messages WHERE ${ofGroup} AND seq < ?
    ORDER BY seq DESC LIMIT ?`,
  newestBefore: `SELECT id, group_id FROM messages WHERE ${ofGroup} AND seq < ?
    ORDER BY seq DESC LIMIT 1`,
  // The index is walked from its newest end, and no further than needed.
  search: `SELECT ${messageColumns} FROM
      (SELECT rowid AS found FROM words WHERE words MATCH ? AND rowid <= ? ORDER BY rowid DESC LIMIT ?)
    JOIN messages ON messages.id = found ORDER BY found DESC`,
  groupStats: `SELECT name, head_seq, head_seq - first_seq + 1 AS messages, bytes,
    (SELECT count(*) FROM members WHERE group_id = groups.id) AS members FROM groups
    WHERE is_removed = 0 ORDER BY id`,
  count: `SELECT (SELECT count(*) FROM names) AS names, (SELECT count(*) FROM processes) AS processes`,
  ...houseQueries,
  audit: 'SELECT entry FROM audit ORDER BY id DESC LIMIT ?',
} as const;

/** Every query sees what was committed before it began. */
export class Queries {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#database = database;
  }

  /** @throws BanterError DATA_UNUSABLE, DATA_DAMAGED */
  load(limits: LoadLimits): StoredState {
    return guarded(this.#path, () => ({
      names: this.#all('names').map((row) => ({
        name: String(row['name']),
        identity: String(row['identity']),
      })),
      house: readHouse((query) => this.#all(query)),
      groups: this.#loadGroups(),
      processes: this.#loadProcesses(limits.sendsRemembered),
      envelopes: this.#all('envelopes').map((row) => ({
        ...addressed(row),
        storedAtMs: Number(row['stored_at_ms']),
        sealed: bytesOf(row['sealed']),
      })),
      outcomes: this.#all('outcomes').map((row) => ({
        ...addressed(row),
        // Only outcomes are written there.
        outcome: String(row['outcome']) as StoredOutcome['outcome'],
      })),
    }));
  }

  read({ group, afterSeq, limit }: ReadQuery): readonly StoredMessage[] {
    return guarded(this.#path, () => this.#all('read', group, afterSeq, limit).map(messageOf));
  }

  history({ group, beforeSeq, limit }: HistoryQuery): readonly StoredMessage[] {
    const before = beforeSeq ?? Number.MAX_SAFE_INTEGER;
    return guarded(this.#path, () => this.#all('history', group, before, limit).map(messageOf));
  }

  search({ group, words, beforeSeq, limit }: SearchQuery): readonly StoredMessage[] {
    const phrases = phrasesOf(words);
    if (phrases.length === 0) return [];
    return guarded(this.#path, () => {
      const before = beforeSeq ?? Number.MAX_SAFE_INTEGER;
      const [newest] = this.#all('newestBefore', group, before);
      if (newest === undefined) return [];
      const match = matchOf(Number(newest['group_id']), phrases);
      return this.#all('search', match, Number(newest['id']), limit).map(messageOf);
    });
  }

  stats(): StoreStats {
    return guarded(this.#path, () => {
      const groups = this.#all('groupStats').map(statsOf);
      const [count] = this.#all('count');
      return {
        names: Number(count?.['names']),
        processes: Number(count?.['processes']),
        groups,
        messages: groups.reduce((sum, { messages }) => sum + messages, 0),
        bytes: Number(pragma(this.#database, 'page_count')) * pageBytes,
      };
    });
  }

  audit({ limit }: { readonly limit: number }): readonly AuditEntry[] {
    return guarded(this.#path, () =>
      // Entries are written by us and by nobody else.
      this.#all('audit', limit).map((row) => JSON.parse(String(row['entry'])) as AuditEntry),
    );
  }

  #loadGroups(): readonly StoredGroup[] {
    const members = groupBy(this.#all('members'), 'group_id', memberOf);
    const formerLogs = groupBy(this.#all('formerLogs'), 'group_id', (row) => ({
      logId: bytesOf(row['log_id']),
      seq: Number(row['seq']),
    }));
    // Rules are written by us and by nobody else.
    const ruleOf = (row: Row): GroupRule => JSON.parse(String(row['rule'])) as GroupRule;
    const rules = groupBy(this.#all('rules'), 'group_id', ruleOf);
    return this.#all('groups').map((row) => {
      const name = String(row['name']);
      return {
        name,
        logId: bytesOf(row['log_id']),
        headSeq: Number(row['head_seq']),
        messages: [],
        members: members.get(row['id']) ?? [],
        formerLogs: formerLogs.get(row['id']) ?? [],
        retention: ownRetention(row),
        rules: rules.get(row['id']) ?? [],
      };
    });
  }

  #loadProcesses(sendsRemembered: number): readonly StoredProcess[] {
    const sends = groupBy(this.#all('sends'), 'process_id', (row) => ({
      counter: Number(row['counter']),
      commit: { logId: bytesOf(row['log_id']), seq: Number(row['seq']) },
    }));
    return this.#all('processes').map((row) => {
      const history = new SendHistory(Number(row['forgotten_below']), sendsRemembered);
      for (const { counter, commit } of sends.get(row['id']) ?? []) history.record(counter, commit);
      const { forgottenBelow, sends: known } = history;
      const id = bytesOf(row['process']);
      return { identity: String(row['identity']), id, forgottenBelow, sends: known };
    });
  }

  #all(name: keyof typeof statements, ...values: readonly SQLInputValue[]): readonly Row[] {
    const statement = this.#statements.get(name) ?? this.#database.prepare(statements[name]);
    this.#statements.set(name, statement);
    return statement.all(...values);
  }
}

/** Words of others are quoted: none means anything to the index. */
function matchOf(group: number, phrases: readonly Phrase[]): string {
  return `g:g${group} AND body:(${phrases.map((words) => `"${words.join(' ')}"`).join(' AND ')})`;
}

function messageOf(row: Row): StoredMessage {
  return {
    mid: bytesOf(row['mid']),
    seq: Number(row['seq']),
    from: String(row['sender']),
    bot: row['bot'] === 1,
    hops: Number(row['hops']),
    sentAtMs: Number(row['sent_at_ms']),
    text: String(row['body']),
  };
}

function memberOf(row: Row): StoredMember {
  return {
    name: String(row['name']),
    ordinal: Number(row['ordinal']),
    confirmedSeq: Number(row['confirmed_seq']),
  };
}

/** What envelopes and outcomes have in common. */
function addressed(row: Row): Omit<StoredOutcome, 'outcome'> {
  return {
    id: Number(row['id']),
    from: String(row['sender']),
    to: String(row['recipient']),
    mid: bytesOf(row['mid']),
  };
}

function statsOf(row: Row): GroupStats {
  return {
    name: String(row['name']),
    members: Number(row['members']),
    headSeq: Number(row['head_seq']),
    messages: Number(row['messages']),
    bytes: Number(row['bytes']),
  };
}

function groupBy<Item>(
  rows: readonly Row[],
  key: string,
  itemOf: (row: Row) => Item,
): ReadonlyMap<unknown, readonly Item[]> {
  const groups = new Map<unknown, Item[]>();
  for (const row of rows) {
    const group = groups.get(row[key]);
    if (group === undefined) groups.set(row[key], [itemOf(row)]);
    else group.push(itemOf(row));
  }
  return groups;
}
