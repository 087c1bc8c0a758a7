/** Who is let into a group: bans, invitations, and a password that is never kept. */

import { hostBytes } from '../protocol/address.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';
import { BucketTable } from './bucket-table.ts';
import type { Refusal } from './effects.ts';
import type { RuleOf } from './group-rules.ts';
import type { Invitations } from './invitations.ts';
import type { RuleBook } from './rule-book.ts';
import type { Group, Link, Session } from './sessions.ts';
import { banFault } from './standing.ts';

/** Wrong passwords of one identity at once, and one more in each minute. */
const identityTries = 5;
const identityTriesPerSecond = 1 / 60;

/** The same of an IPv4 address or an IPv6 /64, which several people may share. */
const addressTries = 20;
const addressTriesPerSecond = 1 / 15;

const ipv6PrefixBytes = 8;
const saltBytes = 16;

export interface EntranceParts {
  readonly rules: RuleBook;
  readonly invitations: Invitations;
  readonly random: (count: number) => Uint8Array;
  /** A hash of which nobody finds what it is of. */
  readonly hash: (bytes: Uint8Array) => Uint8Array;
}

/** What somebody brings who wants in. */
export interface Entrant {
  readonly session: Session;
  readonly link: Link;
  /** What follows from the password (docs/PROTOCOL.md §8), 32 bytes; undefined without one. */
  readonly proof: Uint8Array | undefined;
  readonly now: number;
}

/** Keeps of a password a salted hash of what clients derive from it: nobody who reads the store could join with it. */
export class Entrance {
  readonly #parts: EntranceParts;
  readonly #byIdentity = new BucketTable(identityTries, identityTriesPerSecond);
  readonly #byAddress = new BucketTable(addressTries, addressTriesPerSecond);

  constructor(parts: EntranceParts) {
    this.#parts = parts;
  }

  /** Why somebody is not let in. The owner is always, and past a password whoever was given a role or invited. */
  objection(group: Group, entrant: Entrant): Refusal | undefined {
    const { session, link, now } = entrant;
    const { rules } = group;
    const fault = banFault(group, session, link.identity);
    const isExpected =
      rules.roleOf(session.key) === 'owner' ||
      rules.find('role', session.key) !== undefined ||
      this.#parts.invitations.find(group, session.key, now) !== undefined;
    if (fault !== undefined || isExpected) return fault;
    if (rules.isInviteOnly) {
      return { code: 'INVITE_ONLY', detail: `"${group.name}" is for those who were invited` };
    }
    const password = rules.find('password');
    return password && this.#passwordFault(group, entrant, password);
  }

  /** Somebody is in: an invitation is used up, and lets who came by it into a closed group come again. */
  enter(group: Group, { key, name }: Session, now: number): void {
    const { invitations, rules } = this.#parts;
    const wasGood = invitations.find(group, key, now) !== undefined;
    invitations.end(group, key);
    const isListed = group.rules.roleOf(key) === 'owner' || group.rules.find('role', key);
    if (!wasGood || !isClosed(group) || isListed) return;
    // Where there is no room the next time takes another invitation.
    if (rules.objection(group, 'role', name) !== undefined) return;
    rules.set(group, { type: 'role', name, role: group.rules.newcomers });
  }

  /** The rule that stands for a password. */
  lock(proof: Uint8Array): RuleOf<'password'> {
    const salt = this.#parts.random(saltBytes);
    return { type: 'password', salt: toHex(salt), digest: toHex(this.#digest(salt, proof)) };
  }

  /** Wrong ones only count; whoever has had too many is not even told whether the next is right. */
  #passwordFault(
    { name }: Group,
    { link, proof, now }: Entrant,
    { salt, digest }: RuleOf<'password'>,
  ): Refusal | undefined {
    if (proof === undefined) {
      return { code: 'PASSWORD_REQUIRED', detail: `"${name}" asks for its password` };
    }
    const address = toHex(hostBytes(link.address.host).subarray(0, ipv6PrefixBytes));
    const retryMs = Math.max(
      this.#byIdentity.waitMs(link.identity, now),
      this.#byAddress.waitMs(address, now),
    );
    if (retryMs > 0) return { code: 'RATE_LIMITED', detail: 'too many wrong passwords', retryMs };
    const [salted, wanted] = [fromHex(salt), fromHex(digest)];
    if (salted && wanted && isSame(this.#digest(salted, proof), wanted)) return undefined;
    this.#byIdentity.take(link.identity, now);
    this.#byAddress.take(address, now);
    return { code: 'PASSWORD_WRONG', detail: `this is not the password of "${name}"` };
  }

  #digest(salt: Uint8Array, proof: Uint8Array): Uint8Array {
    return this.#parts.hash(Uint8Array.of(...salt, ...proof));
  }
}

/** Looks at every byte, so that the time it takes tells nothing of how many are the same. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (const [at, byte] of one.entries()) difference |= byte ^ (other[at] ?? 0);
  return difference === 0;
}

/** Whether not everybody is let in. */
export function isClosed({ rules }: Group): boolean {
  return rules.isInviteOnly || rules.find('password') !== undefined;
}
