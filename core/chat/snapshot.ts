/** A hub's lasting state as plain data: what tests compare and an operator may look at. */

import { toHex } from '../protocol/bytes.ts';
import type { Directory } from './directory.ts';
import type { Doorkeeper } from './doorkeeper.ts';
import type { GroupRule } from './group-rules.ts';
import type { StoredHouse } from './house.ts';
import type { EnvelopeOutcome } from './mail-messages.ts';
import type { Mailboxes } from './mailboxes.ts';
import type { GroupRetention } from './retention.ts';
import type { Group, Link, Session } from './sessions.ts';
import type { DirectoryEntry } from './types.ts';

/** Counters of rates and what was already published are not part of it. */
export interface HubSnapshot {
  readonly names: readonly DirectoryEntry[];
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly GroupRule[];
    readonly retention: GroupRetention;
    readonly logId: string;
    readonly headSeq: number;
    readonly logBytes: number;
    readonly members: readonly {
      readonly name: string;
      readonly readSeq: number;
      readonly confirmedSeq: number;
    }[];
  }[];
  readonly house: StoredHouse;
  readonly sessions: readonly {
    readonly name: string;
    readonly link: number | undefined;
    readonly memberships: readonly string[];
    readonly removedFrom: readonly string[];
  }[];
  readonly links: readonly {
    readonly number: number;
    readonly name: string | undefined;
    readonly isAuxiliary: boolean;
    readonly isClaiming: boolean;
    readonly isSilent: boolean;
  }[];
  readonly envelopes: readonly {
    readonly id: number;
    readonly from: string;
    readonly to: string;
    readonly mid: string;
    readonly bytes: number;
  }[];
  readonly outcomes: readonly {
    readonly id: number;
    readonly from: string;
    readonly to: string;
    readonly outcome: EnvelopeOutcome;
  }[];
}

/** Where the state lies. */
interface SnapshotParts {
  readonly directory: Directory;
  readonly groups: { readonly all: Iterable<Group> };
  readonly desk: { readonly sessions: Iterable<Session> };
  readonly mailboxes: Mailboxes;
  readonly doorkeeper: Doorkeeper;
}

/** In the order in which things came to be, so that equal states have equal snapshots. */
export function takeSnapshot(parts: SnapshotParts, links: Iterable<Link>): HubSnapshot {
  return {
    names: parts.directory.entries,
    groups: Array.from(parts.groups.all, ({ name, logId, log, members, rules, retention }) => ({
      name,
      rules: rules.all,
      retention,
      logId: toHex(logId),
      headSeq: log.headSeq,
      logBytes: log.bytes,
      members: Array.from(members.values(), ({ session, readSeq, confirmedSeq }) => ({
        name: session.name,
        readSeq,
        confirmedSeq,
      })),
    })),
    house: parts.doorkeeper.house.stored,
    sessions: Array.from(parts.desk.sessions, ({ name, link, memberships, removedFrom }) => ({
      name,
      link: link?.number,
      memberships: [...memberships.keys()],
      removedFrom: [...(removedFrom?.keys() ?? [])],
    })),
    links: Array.from(links, ({ number, registration, isClaiming, isSilent }) => ({
      number,
      name: registration?.session.name,
      isAuxiliary: registration?.isAuxiliary ?? false,
      isClaiming,
      isSilent,
    })),
    envelopes: Array.from(parts.mailboxes.envelopes, ({ id, from, to, mid, sealed }) => ({
      id,
      from,
      to,
      mid: toHex(mid),
      bytes: sealed.length,
    })),
    outcomes: Array.from(parts.mailboxes.outcomes, ({ id, from, to, outcome }) => ({
      id,
      from,
      to,
      outcome,
    })),
  };
}
