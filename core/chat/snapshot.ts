/** A hub's lasting state as plain data: what tests compare and an operator may look at. */

import { toHex } from '../protocol/bytes.ts';
import type { Directory } from './directory.ts';
import type { House, StoredHouse } from './house.ts';
import type { Group, Link, Session } from './sessions.ts';
import type { DirectoryEntry } from './types.ts';

/** Counters of rates and what was already published are not part of it. */
export interface HubSnapshot {
  readonly names: readonly DirectoryEntry[];
  readonly groups: readonly {
    readonly name: string;
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
}

/** In the order in which things came to be, so that equal states have equal snapshots. */
export function takeSnapshot(
  directory: Directory,
  groups: Iterable<Group>,
  sessions: Iterable<Session>,
  links: Iterable<Link>,
  house: House,
): HubSnapshot {
  return {
    names: directory.entries,
    groups: Array.from(groups, ({ name, logId, log, members }) => ({
      name,
      logId: toHex(logId),
      headSeq: log.headSeq,
      logBytes: log.bytes,
      members: Array.from(members.values(), ({ session, readSeq, confirmedSeq }) => ({
        name: session.name,
        readSeq,
        confirmedSeq,
      })),
    })),
    house: house.stored,
    sessions: Array.from(sessions, ({ name, link, memberships, removedFrom }) => ({
      name,
      link: link?.number,
      memberships: [...memberships.keys()],
      removedFrom: [...removedFrom],
    })),
    links: Array.from(links, ({ number, registration, isClaiming, isSilent }) => ({
      number,
      name: registration?.session.name,
      isAuxiliary: registration?.isAuxiliary ?? false,
      isClaiming,
      isSilent,
    })),
  };
}
