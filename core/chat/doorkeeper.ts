/** Who may come in, and who runs the house: what a server asks before it grants anything, and how that changes. */

import { BanterError } from '../errors.ts';
import { toHex } from '../protocol/bytes.ts';
import { Attempts, failureIntervalMs } from './attempts.ts';
import type { Directory } from './directory.ts';
import { type Effects, noRoom, type Refusal } from './effects.ts';
import { House, type HouseChange, type StoredHouse, type StoredInvitation } from './house.ts';
import type { HubLimits } from './limits.ts';
import type { Link } from './sessions.ts';

/** A key as people write it; a name is never that long. */
const keyPattern = /^[0-9a-f]{64}$/;

/** How much of a hash tells invitations apart, for people. Hex digits. */
const invitationIdLength = 8;

export interface DoorkeeperParts {
  readonly limits: HubLimits;
  readonly effects: Effects;
  readonly directory: Directory;
  /** 16 bytes that tell nothing of what they are the hash of. */
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  readonly random: (count: number) => Uint8Array;
  /** Milliseconds since the epoch at `now`. */
  readonly wallClock: (now: number) => number;
}

/** A new invitation; its token is told once and kept nowhere. */
export interface NewInvitation {
  readonly invitation: StoredInvitation;
  readonly token: Uint8Array;
}

export class Doorkeeper {
  readonly house: House;
  readonly #parts: DoorkeeperParts;
  /** Operators by the server's configuration: nobody removes them over a connection. Key and name. */
  readonly #configured: ReadonlyMap<string, string>;
  readonly #attempts = new Attempts();

  /**
   * @param operators keys of 64 hex digits, or names that are bound
   * @throws BanterError OPTION_INVALID for a name that is nobody's: whoever claimed it first would run the server
   */
  constructor(parts: DoorkeeperParts, stored: StoredHouse, operators: readonly string[]) {
    this.#parts = parts;
    this.house = new House(stored);
    this.#configured = new Map(operators.map((who) => this.#operatorOf(who)));
    if (this.#configured.size <= parts.limits.operators) return;
    const message = `more than ${parts.limits.operators} operators are configured`;
    throw new BanterError('OPTION_INVALID', message);
  }

  /** Operators by configuration: name by key. */
  get configured(): ReadonlyMap<string, string> {
    return this.#configured;
  }

  isOperator(identity: string): boolean {
    return this.#configured.has(identity) || this.house.operators.has(identity);
  }

  /** The key that is meant by a key or by a bound name, in lower case. */
  keyOf(who: string): string | undefined {
    const key = who.toLowerCase();
    return keyPattern.test(key) ? key : this.#parts.directory.find(who)?.key;
  }

  /** Why a key may not register under any name. */
  objection(identity: string): Refusal | undefined {
    const { bans, access, admissions } = this.house;
    const ban = bans.get(identity);
    if (ban !== undefined) {
      const reason = ban.reason === '' ? '' : `: ${ban.reason}`;
      return { code: 'BANNED_FROM_SERVER', detail: `${ban.by} has banned this key${reason}` };
    }
    const isAdmitted = access === 'open' || admissions.has(identity) || this.isOperator(identity);
    if (isAdmitted) return undefined;
    const whom = access === 'invitation' ? 'is invited' : 'is on its list';
    // Whoever asks to be let in has to name the key, and has nothing yet that would tell it.
    const detail = `this server lets in only who ${whom}; your key is ${identity}`;
    return { code: 'NOT_ADMITTED', detail };
  }

  /** Admits a key by a token, unless it needs none. A token that is good counts one use, however often the key shows it. */
  admit({ identity, address }: Link, token: Uint8Array, now: number): Refusal | undefined {
    const { house } = this;
    const banned = house.bans.has(identity) ? this.objection(identity) : undefined;
    if (banned !== undefined) return banned;
    const needsNone = house.access === 'open' || this.objection(identity) === undefined;
    if (needsNone) return undefined;
    if (house.access !== 'invitation') return this.objection(identity);
    const retryMs = this.#attempts.waitMs(address.host, now);
    if (retryMs > 0) {
      const detail = `too many invitations were tried from ${address.host}: one in ${failureIntervalMs / 1000} s`;
      return { code: 'RATE_LIMITED', detail, retryMs };
    }
    const invitation = this.#find(token, now);
    if (invitation === undefined) {
      return { code: 'INVITATION_INVALID', detail: 'no such invitation is open' };
    }
    if (this.#parts.effects.isStoreFull) return noRoom;
    if (house.admissions.size >= this.#parts.limits.admissions) return this.full('admissions');
    this.change({ type: 'keyAdmitted', identity, name: '', invitation: invitation.id });
    return undefined;
  }

  /** What is said where no more fit. */
  full(what: 'operators' | 'bans' | 'admissions' | 'invitations'): Refusal {
    const { [what]: most } = this.#parts.limits;
    return { code: 'SERVER_FULL', detail: `the server keeps ${most} ${what} and no more` };
  }

  /** Makes an invitation for which there is room. */
  invite(uses: number, lifeMs: number, note: string, by: string, now: number): NewInvitation {
    const { hash, random, wallClock } = this.#parts;
    const { invitations } = this.house;
    let token = random(16);
    // Ids are short; two invitations must not share one.
    while (invitations.has(idOf(toHex(hash(token))))) token = random(16);
    const digits = toHex(hash(token));
    const expiresAtMs = wallClock(now) + lifeMs;
    const invitation = { id: idOf(digits), hash: digits, usesLeft: uses, expiresAtMs, note, by };
    this.change({ type: 'invitationCreated', ...invitation });
    return { invitation, token };
  }

  /** Invitations whose time is over go. */
  forgetExpired(now: number): void {
    const nowMs = this.#parts.wallClock(now);
    for (const { id, expiresAtMs } of this.house.invitations.values()) {
      if (expiresAtMs <= nowMs) this.change({ type: 'invitationEnded', id });
    }
  }

  /** Changes the house and has the change stored; what is said afterwards waits for it. */
  change(change: HouseChange): void {
    const { directory, effects } = this.#parts;
    this.house.apply(change, directory.bindings);
    effects.store(change);
  }

  #find(token: Uint8Array, now: number): StoredInvitation | undefined {
    const digits = toHex(this.#parts.hash(token));
    const invitation = this.house.invitations.get(idOf(digits));
    if (invitation?.hash !== digits) return undefined;
    return invitation.expiresAtMs > this.#parts.wallClock(now) ? invitation : undefined;
  }

  #operatorOf(who: string): readonly [string, string] {
    const entry = this.#parts.directory.find(who);
    const key = this.keyOf(who);
    if (key !== undefined) return [key, entry?.name ?? ''];
    throw new BanterError(
      'OPTION_INVALID',
      `the operator "${who}" has no key here: name a key of 64 hex digits, or claim the name first`,
      { data: { operator: who } },
    );
  }
}

function idOf(hash: string): string {
  return hash.slice(0, invitationIdLength);
}
