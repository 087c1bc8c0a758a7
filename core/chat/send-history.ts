/** What became of each process' sends, so that a message sent twice is committed once. */

import { fromHex, toHex } from '../protocol/bytes.ts';
import type { Effects } from './effects.ts';
import type { StoredProcess, StoredSend } from './records.ts';

/** Where a message was put. */
export interface Commit {
  readonly logId: Uint8Array;
  readonly seq: number;
}

/** The sends of one process: exact for the newest counters, `forgotten` below them. */
export class SendHistory {
  readonly #countersMax: number;
  /** Undefined until there is one: most processes of clients listen. */
  #commits: Map<number, Commit> | undefined;
  #horizon: number;
  #newest: number;

  /** Counters below `nextCounter` count as forgotten: they were used before this history began. */
  constructor(nextCounter: number, countersMax: number) {
    this.#horizon = nextCounter;
    this.#newest = nextCounter - 1;
    this.#countersMax = countersMax;
  }

  /** Counters below are forgotten. */
  get forgottenBelow(): number {
    return this.#horizon;
  }

  /** All that is known of later ones. */
  get sends(): readonly StoredSend[] {
    return Array.from(this.#commits ?? [], ([counter, commit]) => ({ counter, ...commit }));
  }

  /** What became of the send `counter`: its place, nothing yet, or nobody knows. */
  find(counter: number): Commit | 'fresh' | 'forgotten' {
    const commit = this.#commits?.get(counter);
    if (commit !== undefined) return commit;
    return counter < this.#horizon ? 'forgotten' : 'fresh';
  }

  /** Notes a commit; what thereby falls out of the newest counters is forgotten. */
  record(counter: number, commit: Commit): void {
    this.#commits ??= new Map();
    this.#commits.set(counter, commit);
    if (counter <= this.#newest) return;
    const horizon = Math.max(this.#horizon, counter - this.#countersMax + 1);
    for (let old = this.#horizon; old < Math.min(horizon, this.#newest + 1); old++) {
      this.#commits.delete(old);
    }
    this.#horizon = horizon;
    this.#newest = counter;
  }
}

/** One process of a client, as long as the server remembers it. */
export interface Process {
  /** Of the client, 64 hex digits. */
  readonly identity: string;
  /** 16 hex digits. */
  readonly id: string;
  readonly history: SendHistory;
  /** Links registered for it; while there is one it is not forgotten. */
  links: number;
}

/** The processes of all clients. At the bound the one that has been away longest is forgotten, and its sends with it. */
export class Processes {
  readonly #awayMax: number;
  readonly #countersMax: number;
  readonly #effects: Effects;
  readonly #present = new Map<string, Process>();
  /** The longest away first. */
  readonly #away = new Map<string, Process>();

  /** @param stored what an earlier hub knew: all of them are away */
  constructor(
    awayMax: number,
    countersMax: number,
    effects: Effects,
    stored: readonly StoredProcess[] = [],
  ) {
    this.#awayMax = awayMax;
    this.#countersMax = countersMax;
    this.#effects = effects;
    for (const { identity, id, forgottenBelow, sends } of stored) {
      const history = new SendHistory(forgottenBelow, countersMax);
      for (const { counter, logId, seq } of sends) history.record(counter, { logId, seq });
      const process = { identity, id: toHex(id), history, links: 0 };
      this.#away.set(keyOf(process), process);
    }
  }

  /** Whether anything is known of a process. */
  has(identity: string, id: Uint8Array): boolean {
    const key = keyOf({ identity, id: toHex(id) });
    return this.#present.has(key) || this.#away.has(key);
  }

  /** Finds or begins the process of an identity and counts one more link of it. */
  open(identity: string, id: Uint8Array, nextCounter: number): Process {
    const key = keyOf({ identity, id: toHex(id) });
    const known = this.#present.get(key) ?? this.#away.get(key);
    const process = known ?? this.#begin(identity, id, nextCounter);
    process.links++;
    this.#away.delete(key);
    this.#present.set(key, process);
    return process;
  }

  /** One link less; without any the process may be forgotten. */
  close(process: Process): void {
    process.links--;
    if (process.links > 0) return;
    const key = keyOf(process);
    this.#present.delete(key);
    this.#away.set(key, process);
    this.#forgetLongestAway();
  }

  /** What it was sent is told apart after a restart only if it is stored that there was nothing before. */
  #begin(identity: string, id: Uint8Array, nextCounter: number): Process {
    const history = new SendHistory(nextCounter, this.#countersMax);
    this.#effects.store({ type: 'processOpened', identity, id, nextCounter });
    this.#forgetLongestAway();
    return { identity, id: toHex(id), history, links: 0 };
  }

  #forgetLongestAway(): void {
    const [oldest] = this.#away;
    if (this.#away.size <= this.#awayMax || oldest === undefined) return;
    const [key, { identity, id }] = oldest;
    this.#away.delete(key);
    const bytes = fromHex(id) ?? new Uint8Array();
    this.#effects.note({ type: 'processForgotten', identity, id: bytes });
  }
}

function keyOf({ identity, id }: Pick<Process, 'identity' | 'id'>): string {
  return identity + id;
}
