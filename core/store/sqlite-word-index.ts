/** The index of words, which follows the messages a little behind: a message is kept without waiting for it. */

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { wordsOf } from './words.ts';

/** Messages that go into the index together: together they touch hardly more pages than one does. */
const messagesTogether = 64;

/**
 * Indexes messages in the order of their ids. The index itself says how far it is: whatever ended in between, a process
 * or a transaction, the next one goes on from there, and messages that are dropped leave it with their ids.
 */
export class WordIndex {
  readonly #newest: StatementSync;
  readonly #following: StatementSync;
  readonly #add: StatementSync;
  #behind = 0;

  constructor(database: DatabaseSync) {
    this.#newest = database.prepare('SELECT max(id) AS id FROM words_docsize');
    this.#following = database.prepare(
      'SELECT id, group_id, body FROM messages WHERE id > ? ORDER BY id',
    );
    this.#add = database.prepare('INSERT INTO words (rowid, g, body) VALUES (?, ?, ?)');
  }

  /** A message was added; within its transaction {@link follow} is called. */
  note(): void {
    this.#behind++;
  }

  /** Indexes what there is, if it is worth it. */
  follow(): void {
    if (this.#behind >= messagesTogether) this.catchUp();
  }

  /** Indexes all that is not. */
  catchUp(): void {
    const newest = Number(this.#newest.get()?.['id'] ?? 0);
    for (const { id, group_id, body } of this.#following.iterate(newest)) {
      this.#add.run(Number(id), `g${group_id}`, wordsOf(String(body)).join(' '));
    }
    this.#behind = 0;
  }
}
