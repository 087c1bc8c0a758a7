/** How many there are of everything in a hub: what an operator watches. */

import type { Directory } from './directory.ts';
import type { Mailboxes } from './mailboxes.ts';
import type { Group, Link, Session } from './sessions.ts';

export interface Census {
  /** Names that are bound, present or not. */
  readonly names: number;
  /** Names whose client is connected. */
  readonly online: number;
  readonly groups: number;
  /** Memberships, those of absent clients too. */
  readonly members: number;
  /** What the logs of groups take in memory. Bytes. */
  readonly logBytes: number;
  /** Private messages that wait for who is absent. */
  readonly envelopes: number;
  /** What these take, roughly. Bytes. */
  readonly envelopeBytes: number;
}

/** Counts when it is asked: nothing has to be kept in step meanwhile. */
export function takeCensus(
  directory: Directory,
  groups: readonly Group[],
  sessions: Iterable<Session>,
  mailboxes: Mailboxes,
): Census {
  const present: readonly Link[] = Array.from(sessions, ({ link }) => link).filter(
    (link) => link !== undefined,
  );
  return {
    names: directory.size,
    online: present.length,
    groups: groups.length,
    members: sum(groups.map(({ members }) => members.size)),
    logBytes: sum(groups.map(({ log }) => log.bytes)),
    envelopes: mailboxes.count,
    envelopeBytes: mailboxes.bytes,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
