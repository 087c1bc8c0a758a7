/** What became of each process' sends, so that a message sent twice is committed once. */

import { toHex } from '../protocol/bytes.ts';

/** Where a message was put. */
export interface Commit {
  readonly logId: Uint8Array;
  readonly seq: number;
}

/** The sends of one process: exact for the newest counters, `forgotten` below them. */
export class SendHistory {
  readonly #countersMax: number;
  readonly #commits = new Map<number, Commit>();
  #horizon: number;
  #newest: number;

  /** Counters below `nextCounter` count as forgotten: they were used before this history began. */
  constructor(nextCounter: number, countersMax: number) {
    this.#horizon = nextCounter;
    this.#newest = nextCounter - 1;
    this.#countersMax = countersMax;
  }

  /** What became of the send `counter`: its place, nothing yet, or nobody knows. */
  find(counter: number): Commit | 'fresh' | 'forgotten' {
    const commit = this.#commits.get(counter);
    if (commit !== undefined) return commit;
    return counter < this.#horizon ? 'forgotten' : 'fresh';
  }

  /** Notes a commit; what thereby falls out of the newest counters is forgotten. */
  record(counter: number, commit: Commit): void {
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
  readonly id: Uint8Array;
  readonly history: SendHistory;
  /** Links registered for it; while there is one it is not forgotten. */
  links: number;
}

/** The processes of all clients. At the bound the one that has been away longest is forgotten, and its sends with it. */
export class Processes {
  readonly #awayMax: number;
  readonly #countersMax: number;
  readonly #present = new Map<string, Process>();
  /** The longest away first. */
  readonly #away = new Map<string, Process>();

  constructor(awayMax: number, countersMax: number) {
    this.#awayMax = awayMax;
    this.#countersMax = countersMax;
  }

  /** Finds or begins the process of an identity and counts one more link of it. */
  open(identity: string, id: Uint8Array, nextCounter: number): Process {
    const key = identity + toHex(id);
    const process = this.#present.get(key) ??
      this.#away.get(key) ?? {
        id,
        history: new SendHistory(nextCounter, this.#countersMax),
        links: 0,
      };
    process.links++;
    this.#away.delete(key);
    this.#present.set(key, process);
    return process;
  }

  /** One link less; without any the process may be forgotten. */
  close(identity: string, process: Process): void {
    process.links--;
    if (process.links > 0) return;
    const key = identity + toHex(process.id);
    this.#present.delete(key);
    this.#away.set(key, process);
    const [longestAway] = this.#away.keys();
    if (this.#away.size > this.#awayMax && longestAway !== undefined)
      this.#away.delete(longestAway);
  }
}
