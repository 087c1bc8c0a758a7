/** Sending people away: connections that an operator ends, and names that are nobody's any more. */

import { fromHex } from '../protocol/bytes.ts';
import type { Directory } from './directory.ts';
import type { CloseReason, Effects } from './effects.ts';
import type { Groups } from './groups.ts';
import type { Mailboxes } from './mailboxes.ts';
import { foldName } from './names.ts';
import type { RegistrationDesk } from './registration.ts';
import type { RuleBook } from './rule-book.ts';
import type { Link } from './sessions.ts';
import type { DirectoryEntry } from './types.ts';

export interface EvictionsParts {
  readonly effects: Effects;
  readonly directory: Directory;
  readonly groups: Groups;
  readonly rules: RuleBook;
  readonly mailboxes: Mailboxes;
  readonly desk: RegistrationDesk;
  /** The links that are up, by number. */
  readonly links: ReadonlyMap<number, Link>;
}

export class Evictions {
  readonly #parts: EvictionsParts;

  constructor(parts: EvictionsParts) {
    this.#parts = parts;
  }

  /** The links that have a name. */
  get registered(): readonly Link[] {
    return [...this.#parts.links.values()].filter(({ registration }) => registration !== undefined);
  }

  /**
   * Ends every connection of which something is so; whoever was a member stays one.
   * @param words what the people read who are sent away
   * @returns how many there were
   */
  evictAll(
    isMeant: (link: Link) => boolean,
    reason: CloseReason,
    words: string,
    now: number,
  ): number {
    const meant = [...this.#parts.links.values()].filter(isMeant);
    for (const link of meant) this.#parts.desk.evict(link, reason, words, now);
    return meant.length;
  }

  /** Ends the connections of a name, auxiliary ones included. */
  evictName(name: string, reason: CloseReason, words: string, now: number): number {
    const key = foldName(name);
    return this.evictAll((link) => link.registration?.session.key === key, reason, words, now);
  }

  /** Ends the connections of a key, those without a name included. */
  evictKey(identity: string, reason: CloseReason, words: string, now: number): number {
    return this.evictAll((link) => link.identity === identity, reason, words, now);
  }

  /** Ends all that a name has been: memberships and where they stand, presence, the binding to its key. */
  releaseName({ name, key }: DirectoryEntry, words: string, now: number): void {
    const { effects, directory, groups, mailboxes, desk } = this.#parts;
    const folded = foldName(name);
    const session = desk.findSession(folded);
    for (const membership of [...(session?.memberships.values() ?? [])]) {
      groups.leave(membership, { reason: 'deregistered', by: '', words: '' });
    }
    this.#endRules(folded);
    mailboxes.forget(folded);
    effects.store({ type: 'nameReleased', name });
    directory.release(name);
    // Whoever waited for the name claims it as one that is free.
    this.evictName(name, 'nameReleased', words, now);
    desk.forgetSession(folded);
    const released = { type: 'nameReleased', name, key: fromHex(key) ?? new Uint8Array() } as const;
    effects.sendAll(this.registered, released);
  }

  /** Whoever claims the name next is nobody's owner, and bears nobody's ban. */
  #endRules(folded: string): void {
    const { groups, rules } = this.#parts;
    for (const group of groups.all) {
      for (const type of ['role', 'ban', 'mute'] as const) rules.end(group, type, folded);
      const { owner } = group.rules;
      if (owner !== undefined && foldName(owner) === folded) rules.end(group, 'owner');
    }
  }
}
