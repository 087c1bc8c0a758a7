/** What the requests of registered clients have in common: what they work with, what each costs, where its caller stands. */

import type { Archive } from './archive.ts';
import type { BucketTable } from './bucket-table.ts';
import type { Bulletin } from './bulletin.ts';
import type { Directory } from './directory.ts';
import type { Doorkeeper } from './doorkeeper.ts';
import { type Effects, noRoom, type Refusal } from './effects.ts';
import type { Entrance } from './entrance.ts';
import type { Evictions } from './evictions.ts';
import type { GroupQuota } from './group-quota.ts';
import type { Groups } from './groups.ts';
import type { Invitations } from './invitations.ts';
import type { HubLimits } from './limits.ts';
import type { Mailboxes } from './mailboxes.ts';
import { foldName } from './names.ts';
import type { Queries } from './queries.ts';
import type { RegistrationDesk } from './registration.ts';
import type { RuleBook } from './rule-book.ts';
import type { Departure, Link, Membership, Registration } from './sessions.ts';
import type { Policy } from './types.ts';
import type { ClientMessage } from './wire.ts';

/** A request that is answered and needs a name. */
export type Request = Exclude<
  ClientMessage,
  { readonly type: 'register' | 'confirm' | 'directoryCheck' | 'settle' | 'confirmSettled' }
>;

/** What commands work with. */
export interface CommandParts {
  readonly policy: Policy;
  readonly limits: HubLimits;
  readonly effects: Effects;
  readonly directory: Directory;
  readonly groups: Groups;
  readonly bulletin: Bulletin;
  readonly rules: RuleBook;
  readonly quota: GroupQuota;
  readonly invitations: Invitations;
  readonly entrance: Entrance;
  /** How often each identity invites. */
  readonly inviting: BucketTable;
  readonly desk: RegistrationDesk;
  readonly doorkeeper: Doorkeeper;
  readonly evictions: Evictions;
  readonly queries: Queries;
  readonly archive: Archive;
  readonly mailboxes: Mailboxes;
  /** Milliseconds since the epoch at `now`. */
  readonly wallClock: (now: number) => number;
}

/** Who asks, and when. */
export interface Caller extends Registration {
  readonly link: Link;
  /** The size of the request. */
  readonly bytes: number;
  readonly now: number;
}

/** One row of the table of requests. */
export interface Command<Asked> {
  /** An auxiliary link may not. */
  readonly needsPresence?: boolean;
  /** Whether it is for operators of the server. */
  readonly needsOperator?: boolean;
  /** Whether it counts against the rate; every request does where this is absent. */
  readonly isFree?: (caller: Caller, request: Asked) => boolean;
  /** Carried out though the store has no room: it stores nothing, or the end of something. */
  readonly needsNoRoom?: boolean;
  /** As how many requests it counts. Default 1. */
  readonly cost?: number;
  /** Answers, or says why not. */
  readonly run: (parts: CommandParts, caller: Caller, request: Asked) => Refusal | undefined;
}

/** The request of one type. */
export type Asked<Type extends Request['type']> = Extract<Request, { readonly type: Type }>;

/** Rows for requests of these types. */
export type CommandsOf<Type extends Request['type']> = {
  readonly [Each in Type]: Command<Asked<Each>>;
};

/** A store that is behind may have caught up after this long. Milliseconds. */
const slowStoreMs = 1000;

/** Counts a request against the rates of its link. @returns what a client that asks too fast is told */
export function chargeRequest(
  { requestsPerSecond, requestBytesPerSecond }: HubLimits,
  link: Link,
  bytes: number,
  now: number,
  cost = 1,
): Refusal | undefined {
  if (!link.requests.take(now, cost)) {
    const detail = `more than ${requestsPerSecond} requests a second`;
    return { code: 'RATE_LIMITED', detail, retryMs: link.requests.waitMs(now, cost) };
  }
  if (!link.requestBytes.take(now, bytes)) {
    const detail = `more than ${requestBytesPerSecond} bytes of requests a second`;
    return { code: 'RATE_LIMITED', detail, retryMs: link.requestBytes.waitMs(now, bytes) };
  }
  return undefined;
}

/** The caller's membership, or why it has none: of a group it was removed from it is told so once. */
export function findMembership({ session }: Caller, name: string): Membership | Refusal {
  const key = foldName(name);
  const membership = session.memberships.get(key);
  if (membership !== undefined) return membership;
  const departure = session.removedFrom?.get(key);
  if (departure === undefined) return { code: 'NOT_MEMBER', detail: `not a member of "${name}"` };
  session.removedFrom?.delete(key);
  return { code: 'REMOVED_FROM_GROUP', detail: departureWords(name, departure) };
}

function departureWords(group: string, { reason, by, words }: Departure): string {
  if (reason === 'unresponsive') return `removed from "${group}" for not answering`;
  if (reason === 'removed') return `${by} removed the group "${group}"`;
  return `${by} ${reason} you from "${group}"${words === '' ? '' : `: ${words}`}`;
}

/** Why no message can be stored at present, if so. */
export function storeFault({ effects, limits }: CommandParts): Refusal | undefined {
  if (effects.isStoreFull) return noRoom;
  if (effects.unstored < limits.unstored) return undefined;
  return slowStore(`${limits.unstored} changes are being stored`);
}

/**
 * Why nothing is asked at present of which the answer would wait for the store, if so: it is refused long before so much
 * waits that connections are closed.
 */
export function storeDelay({ effects, limits }: CommandParts): Refusal | undefined {
  if (effects.heldBytes <= limits.heldBytes / 2) return undefined;
  return slowStore('too much waits for the store');
}

function slowStore(detail: string): Refusal {
  return { code: 'RATE_LIMITED', detail, retryMs: slowStoreMs };
}
