/** What plugins have sent under keys, as rows of a database. Each method works inside the transaction of whoever calls it. */

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { JobOwner } from './job-table.ts';
import type { KeeperTable } from './keeper-table.ts';

/** A message that was about to be sent, or was. */
export interface SentRow {
  /** Of a group message; empty for a private one. */
  readonly mid: string;
  /** JSON; empty as long as it is not known. */
  readonly receipt: string;
  /** Milliseconds of the epoch. */
  readonly atMs: number;
}

/** Keys that are kept of one plugin of a client; the oldest are forgotten. */
const rowsMax = 1000;

/** All methods take the owner first: a key means nothing to another plugin, nor to another client. */
export class SentTable {
  readonly #keepers: KeeperTable;
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  readonly #settle: StatementSync;
  readonly #delete: StatementSync;
  readonly #prune: StatementSync;

  constructor(database: DatabaseSync, keepers: KeeperTable) {
    this.#keepers = keepers;
    const one = 'WHERE client = ? AND plugin = ? AND key = ?';
    this.#find = database.prepare(`SELECT mid, receipt, at FROM sent ${one}`);
    this.#put = database.prepare(
      "REPLACE INTO sent (client, plugin, key, mid, receipt, at) VALUES (?, ?, ?, ?, '', ?)",
    );
    this.#settle = database.prepare(`UPDATE sent SET receipt = ? ${one}`);
    this.#delete = database.prepare(`DELETE FROM sent ${one}`);
    this.#prune = database.prepare(
      `DELETE FROM sent WHERE client = ?1 AND plugin = ?2 AND at < (
         SELECT at FROM sent WHERE client = ?1 AND plugin = ?2 ORDER BY at DESC LIMIT 1 OFFSET ${rowsMax - 1}
       )`,
    );
  }

  find(owner: JobOwner, key: string): SentRow | undefined {
    const row = this.#find.get(owner.client, this.#keepers.of(owner), key);
    return (
      row && { mid: String(row['mid']), receipt: String(row['receipt']), atMs: Number(row['at']) }
    );
  }

  /** It is about to be sent. */
  begin(owner: JobOwner, key: string, mid: string, atMs: number): void {
    const keeper = this.#keepers.claim(owner);
    this.#put.run(owner.client, keeper, key, mid, atMs);
    this.#prune.run(owner.client, keeper);
  }

  /** It was sent. */
  settle(owner: JobOwner, key: string, receipt: string): void {
    this.#settle.run(receipt, owner.client, this.#keepers.of(owner), key);
  }

  /** It was not sent, and never will be. */
  forget(owner: JobOwner, key: string): void {
    this.#delete.run(owner.client, this.#keepers.of(owner), key);
  }
}
