/** A store in the memory of the process: it outlives the servers that are started on it, one after another, and no crash. */

import assert from 'node:assert/strict';
import { type AuditEntry, auditEntriesMax } from '../chat/audit.ts';
import type { NameBinding } from '../chat/directory.ts';
import { Fifo } from '../chat/fifo.ts';
import { LogPool } from '../chat/group-log.ts';
import { GroupRules } from '../chat/group-rules.ts';
import { House } from '../chat/house.ts';
import { type HubLimits, parseLimits } from '../chat/limits.ts';
import { parseMid } from '../chat/mids.ts';
import { foldName } from '../chat/names.ts';
import type {
  Dropped,
  FormerLog,
  HistoryQuery,
  ReadQuery,
  SearchQuery,
  StoreChange,
  StoredEnvelope,
  StoredGroup,
  StoredMember,
  StoredMessage,
  StoredOutcome,
  StoredProcess,
  StoredState,
} from '../chat/records.ts';
import { type GroupRetention, isBeyond, stricterOf } from '../chat/retention.ts';
import { SendHistory } from '../chat/send-history.ts';
import { toHex } from '../protocol/bytes.ts';
import { MessageLog } from './message-log.ts';
import type { GroupStats, PruneQuery, Store, StoreStats } from './store.ts';

interface KeptGroup {
  readonly name: string;
  readonly logId: Uint8Array;
  readonly log: MessageLog;
  /** By name, in the order in which they joined. */
  readonly members: Map<string, StoredMember>;
  readonly rules: GroupRules;
  retention: GroupRetention;
}

interface KeptProcess {
  readonly identity: string;
  readonly id: Uint8Array;
  readonly history: SendHistory;
}

/** Messages that are dropped at a time. */
const stepMessages = 256;

type Appended = Extract<StoreChange, { readonly type: 'messageAppended' }>;

/** Keeps as much of logs and sends as a server with the same limits does; at a bound the oldest go. */
export class MemoryStore implements Store {
  readonly seed: Uint8Array;
  readonly isDurable = false;
  readonly #limits: HubLimits;
  readonly #pool: LogPool<MessageLog>;
  #names: NameBinding[] = [];
  readonly #groups = new Map<string, KeptGroup>();
  readonly #processes = new Map<string, KeptProcess>();
  readonly #house = new House();
  readonly #envelopes = new Map<number, StoredEnvelope>();
  readonly #outcomes = new Map<number, StoredOutcome>();
  /** The newest {@link auditEntriesMax}; older ones are gone. */
  readonly #audit = new Fifo<AuditEntry>();

  /**
   * @param seed 32 bytes: the identity of the servers on it
   * @throws BanterError OPTION_INVALID
   */
  constructor(seed: Uint8Array, limits: Partial<HubLimits> = {}) {
    this.seed = seed;
    this.#limits = parseLimits(limits);
    this.#pool = new LogPool(this.#limits.logBytesTotal);
  }

  load(): Promise<StoredState> {
    return Promise.resolve({
      names: [...this.#names],
      groups: Array.from(this.#groups.values(), readGroup),
      processes: Array.from(this.#processes.values(), readProcess),
      house: this.#house.stored,
      envelopes: [...this.#envelopes.values()],
      outcomes: [...this.#outcomes.values()],
    });
  }

  write(changes: readonly StoreChange[]): undefined {
    for (const change of changes) this.#apply(change);
  }

  read(query: ReadQuery): Promise<readonly StoredMessage[]> {
    return Promise.resolve(this.#groups.get(query.group)?.log.read(query) ?? []);
  }

  history(query: HistoryQuery): Promise<readonly StoredMessage[]> {
    return Promise.resolve(this.#groups.get(query.group)?.log.history(query) ?? []);
  }

  async search(query: SearchQuery): Promise<readonly StoredMessage[]> {
    return (await this.#groups.get(query.group)?.log.search(query)) ?? [];
  }

  prune({ retention, nowMs }: PruneQuery): Promise<readonly Dropped[]> {
    const { bytesTotal = Number.POSITIVE_INFINITY } = retention;
    const dropped = new Map<KeptGroup, number>();
    let room = stepMessages;
    const drop = (group: KeptGroup): void => {
      this.#pool.drop(group.log);
      dropped.set(group, (dropped.get(group) ?? 0) + 1);
      room--;
    };
    for (const group of this.#groups.values()) {
      const bounds = stricterOf(retention, group.retention);
      while (room > 0 && isOldestBeyond(group, bounds, nowMs)) drop(group);
    }
    while (room > 0 && this.#pool.bytes > bytesTotal) {
      const group = this.#withOldest();
      if (group === undefined) break;
      drop(group);
    }
    return Promise.resolve(Array.from(dropped, droppedOf));
  }

  stats(): Promise<StoreStats> {
    const groups = Array.from(this.#groups.values(), statsOf);
    return Promise.resolve({
      names: this.#names.length,
      processes: this.#processes.size,
      groups,
      messages: groups.reduce((sum, { messages }) => sum + messages, 0),
      bytes: this.#pool.bytes,
    });
  }

  audit({ limit }: { readonly limit: number }): Promise<readonly AuditEntry[]> {
    return Promise.resolve(this.#audit.newest(limit));
  }

  isInPlace(): Promise<boolean> {
    return Promise.resolve(true);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #apply(change: StoreChange): void {
    switch (change.type) {
      case 'nameBound':
        this.#names.push({ name: change.name, identity: change.identity });
        break;
      case 'nameReleased':
        this.#names = this.#names.filter(({ name }) => name !== change.name);
        break;
      case 'processOpened':
        this.#openProcess(change.identity, change.id, change.nextCounter);
        break;
      case 'processForgotten':
        this.#processes.delete(change.identity + toHex(change.id));
        break;
      case 'groupCreated':
        this.#createGroup(change.group, change.logId);
        break;
      case 'groupRemoved':
        this.#pool.forget(this.#group(change.group).log);
        this.#groups.delete(change.group);
        break;
      case 'retentionSet':
        this.#group(change.group).retention = change.retention;
        break;
      case 'memberJoined': {
        const { name, ordinal, seq: confirmedSeq } = change;
        this.#group(change.group).members.set(name, { name, ordinal, confirmedSeq });
        break;
      }
      case 'memberLeft':
        this.#group(change.group).members.delete(change.name);
        break;
      case 'memberConfirmed':
        moveMember(this.#group(change.group), change.name, change.seq);
        break;
      case 'messageAppended':
        this.#append(change);
        break;
      case 'ruleSet':
        this.#group(change.group).rules.set(change.rule);
        break;
      case 'ruleEnded':
        this.#group(change.group).rules.end(change.rule, foldName(change.name));
        break;
      case 'envelopeStored':
        this.#envelopes.set(change.envelope.id, change.envelope);
        break;
      case 'envelopeSettled':
        this.#settle(change.id, change.outcome);
        break;
      case 'outcomeForgotten':
        this.#outcomes.delete(change.id);
        break;
      case 'audited':
        this.#audit.push(change.entry);
        if (this.#audit.length > auditEntriesMax) this.#audit.take();
        break;
      default:
        this.#house.apply(change, this.#names);
    }
  }

  /** The group of the oldest message of all. */
  #withOldest(): KeptGroup | undefined {
    let [found, oldestMs]: [KeptGroup | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (const group of this.#groups.values()) {
      const sentAtMs = group.log.oldest?.sentAtMs ?? Number.POSITIVE_INFINITY;
      if (sentAtMs < oldestMs) [found, oldestMs] = [group, sentAtMs];
    }
    return found;
  }

  #openProcess(identity: string, id: Uint8Array, nextCounter: number): void {
    const history = new SendHistory(nextCounter, this.#limits.sendsRemembered);
    this.#processes.set(identity + toHex(id), { identity, id, history });
  }

  #createGroup(name: string, logId: Uint8Array): void {
    const log = new MessageLog(this.#limits.logMessages, this.#limits.logBytes);
    const rules = new GroupRules();
    this.#groups.set(name, { name, logId, log, members: new Map(), retention: {}, rules });
  }

  #append({ group: name, identity, message, isHandled }: Appended): void {
    const group = this.#group(name);
    const { seq, from, mid } = message;
    group.log.append(message);
    this.#pool.appended(group.log);
    if (isHandled) moveMember(group, from, seq);
    const { processId = mid, counter = 0 } = parseMid(mid) ?? {};
    const process = this.#processes.get(identity + toHex(processId));
    process?.history.record(counter, { logId: group.logId, seq });
  }

  #settle(id: number, outcome: StoredOutcome['outcome']): void {
    const envelope = this.#envelopes.get(id);
    if (envelope === undefined) return;
    const { from, to, mid } = envelope;
    this.#envelopes.delete(id);
    this.#outcomes.set(id, { id, from, to, mid, outcome });
  }

  #group(name: string): KeptGroup {
    const group = this.#groups.get(name);
    assert.ok(group !== undefined, `a change of the group "${name}", which was never created`);
    return group;
  }
}

function isOldestBeyond({ log }: KeptGroup, bounds: GroupRetention, nowMs: number): boolean {
  const { oldest } = log;
  return oldest !== undefined && isBeyond(bounds, log, oldest, nowMs);
}

function droppedOf([{ name: group, logId, log }, messages]: [KeptGroup, number]): Dropped {
  return { group, logId, firstSeq: log.headSeq - log.length + 1, messages };
}

function moveMember({ members }: KeptGroup, name: string, confirmedSeq: number): void {
  const member = members.get(name);
  if (member !== undefined) members.set(name, { ...member, confirmedSeq });
}

function readGroup({ name, logId, log, members, retention, rules }: KeptGroup): StoredGroup {
  const { headSeq } = log;
  const messages = log.read({ afterSeq: 0, limit: headSeq });
  // Only what is kept on a disk is restored from a backup.
  const formerLogs: readonly FormerLog[] = [];
  const told = { members: [...members.values()], formerLogs, retention, rules: rules.all };
  return { name, logId, headSeq, messages, ...told };
}

function statsOf({ name, log, members }: KeptGroup): GroupStats {
  const { headSeq, length: messages, bytes } = log;
  return { name, members: members.size, headSeq, messages, bytes };
}

function readProcess({ identity, id, history }: KeptProcess): StoredProcess {
  return { identity, id, forgottenBelow: history.forgottenBelow, sends: history.sends };
}
