/** The schedules of plugins, as rows of a database. Each method works inside the transaction of whoever calls it. */

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { KeeperTable, PluginKey } from './keeper-table.ts';

/** Whose a job is: the client's, as two of them may share a folder, and the plugin's. */
export interface JobOwner extends PluginKey {
  readonly client: string;
}

/** A row: a job that recurs, under the key '', or one task of a job. */
export interface JobRow {
  readonly job: string;
  readonly key: string;
  /** What recurs, as text: another one begins anew. */
  readonly spec: string;
  /** JSON; empty where there is none. */
  readonly data: string;
  /** When it runs next, in milliseconds of the epoch. */
  readonly nextAtMs: number;
  /** How often this run was begun and never ended. */
  readonly attempts: number;
}

/** All methods take the owner first. */
export class JobTable {
  readonly #keepers: KeeperTable;
  readonly #put: StatementSync;
  readonly #rows: StatementSync;
  readonly #countOthers: StatementSync;
  readonly #begin: StatementSync;
  readonly #move: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync, keepers: KeeperTable) {
    this.#keepers = keepers;
    const one = 'WHERE client = ? AND plugin = ? AND job = ? AND key = ?';
    this.#put = database.prepare(
      'REPLACE INTO jobs (client, plugin, job, key, spec, data, next_at, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#rows = database.prepare(
      'SELECT job, key, spec, data, next_at, attempts FROM jobs WHERE client = ? AND plugin = ?',
    );
    this.#countOthers = database.prepare(
      "SELECT count(*) AS others FROM jobs WHERE client = ? AND plugin = ? AND key <> '' AND NOT (job = ? AND key = ?)",
    );
    this.#begin = database.prepare(`UPDATE jobs SET attempts = attempts + 1 ${one}`);
    this.#move = database.prepare(`UPDATE jobs SET next_at = ?, attempts = 0 ${one}`);
    this.#delete = database.prepare(`DELETE FROM jobs ${one}`);
  }

  /** All rows of a plugin; there are few. */
  rows(owner: JobOwner): readonly JobRow[] {
    return this.#rows.all(owner.client, this.#keepers.of(owner)).map((row) => ({
      job: String(row['job']),
      key: String(row['key']),
      spec: String(row['spec']),
      data: String(row['data']),
      nextAtMs: Number(row['next_at']),
      attempts: Number(row['attempts']),
    }));
  }

  /** How many tasks wait beside this one. */
  countOthers(owner: JobOwner, { job, key }: JobName): number {
    return Number(
      this.#countOthers.get(owner.client, this.#keepers.of(owner), job, key)?.['others'],
    );
  }

  /** Writes a row in place of one of the same job and key. */
  put(owner: JobOwner, { job, key, spec, data, nextAtMs, attempts }: JobRow): void {
    this.#put.run(
      owner.client,
      this.#keepers.claim(owner),
      job,
      key,
      spec,
      data,
      nextAtMs,
      attempts,
    );
  }

  /** A run is about to begin. */
  begin(owner: JobOwner, { job, key }: JobName): void {
    this.#begin.run(owner.client, this.#keepers.of(owner), job, key);
  }

  /** A run has ended: the next one is then. */
  move(owner: JobOwner, { job, key }: JobName, nextAtMs: number): void {
    this.#move.run(nextAtMs, owner.client, this.#keepers.of(owner), job, key);
  }

  /** False if there was none. */
  delete(owner: JobOwner, { job, key }: JobName): boolean {
    return Number(this.#delete.run(owner.client, this.#keepers.of(owner), job, key).changes) > 0;
  }
}

/** Which row of an owner. */
export interface JobName {
  readonly job: string;
  readonly key: string;
}
