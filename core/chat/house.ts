/** Who runs a server and who may come in, as the changes of it come to: the same for the hub and for every store. */

import type { NameBinding } from './directory.ts';
import type { AccessMode } from './wire-administration.ts';

/** A key with a role or a right, and the name it had when it got it, for people; empty for none. */
export interface StoredKey {
  /** 64 hex digits. */
  readonly identity: string;
  readonly name: string;
}

/** A key that may not register. */
export interface StoredBan extends StoredKey {
  readonly reason: string;
  /** The operator's name. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** A token that admits keys; only its hash is kept. */
export interface StoredInvitation {
  /** The first 8 hex digits of the hash. */
  readonly id: string;
  /** 32 hex digits. */
  readonly hash: string;
  readonly usesLeft: number;
  /** Milliseconds since the epoch; from then on it admits nobody. */
  readonly expiresAtMs: number;
  readonly note: string;
  /** The operator's name. */
  readonly by: string;
}

/** All of it, in the order in which it came to be. */
export interface StoredHouse {
  readonly operators: readonly StoredKey[];
  readonly bans: readonly StoredBan[];
  readonly access: AccessMode;
  readonly admissions: readonly StoredKey[];
  readonly invitations: readonly StoredInvitation[];
}

/** A change of {@link StoredHouse}. */
export type HouseChange =
  | ({ readonly type: 'operatorAdded' } & StoredKey)
  | { readonly type: 'operatorRemoved'; readonly identity: string }
  | ({ readonly type: 'keyBanned' } & StoredBan)
  | { readonly type: 'keyUnbanned'; readonly identity: string }
  | {
      readonly type: 'accessChanged';
      readonly access: AccessMode;
      /** Every key that has a name by then is admitted. */
      readonly admitsKnown: boolean;
    }
  | ({
      readonly type: 'keyAdmitted';
      /** The id of the invitation that it used up one time of; empty for none. */
      readonly invitation: string;
    } & StoredKey)
  | { readonly type: 'keyDismissed'; readonly identity: string }
  | ({ readonly type: 'invitationCreated' } & StoredInvitation)
  /** It was revoked, or its time was over. */
  | { readonly type: 'invitationEnded'; readonly id: string };

/** A house before anybody has changed anything: open, and nobody's. */
export const openHouse: StoredHouse = {
  operators: [],
  bans: [],
  access: 'open',
  admissions: [],
  invitations: [],
};

/** Bounded by whoever makes the changes; see `HubLimits`. */
export class House {
  readonly #operators: Map<string, StoredKey>;
  readonly #bans: Map<string, StoredBan>;
  readonly #admissions: Map<string, StoredKey>;
  /** By id. */
  readonly #invitations: Map<string, StoredInvitation>;
  #access: AccessMode;

  constructor(stored: StoredHouse = openHouse) {
    this.#operators = byIdentity(stored.operators);
    this.#bans = byIdentity(stored.bans);
    this.#admissions = byIdentity(stored.admissions);
    this.#invitations = new Map(stored.invitations.map((one) => [one.id, one]));
    this.#access = stored.access;
  }

  /** By identity, as are bans and admissions. */
  get operators(): ReadonlyMap<string, StoredKey> {
    return this.#operators;
  }

  get bans(): ReadonlyMap<string, StoredBan> {
    return this.#bans;
  }

  get admissions(): ReadonlyMap<string, StoredKey> {
    return this.#admissions;
  }

  /** By id. */
  get invitations(): ReadonlyMap<string, StoredInvitation> {
    return this.#invitations;
  }

  get access(): AccessMode {
    return this.#access;
  }

  /** All of it as plain data. */
  get stored(): StoredHouse {
    return {
      operators: [...this.#operators.values()],
      bans: [...this.#bans.values()],
      access: this.#access,
      admissions: [...this.#admissions.values()],
      invitations: [...this.#invitations.values()],
    };
  }

  /** @param names all that are bound at that point of the order of changes */
  apply(change: HouseChange, names: Iterable<NameBinding>): void {
    switch (change.type) {
      case 'operatorAdded':
        this.#operators.set(change.identity, keyOf(change));
        break;
      case 'operatorRemoved':
        this.#operators.delete(change.identity);
        break;
      case 'keyBanned': {
        const { type: _, ...ban } = change;
        this.#bans.set(change.identity, ban);
        break;
      }
      case 'keyUnbanned':
        this.#bans.delete(change.identity);
        break;
      case 'accessChanged':
        this.#access = change.access;
        if (change.admitsKnown) this.#admitKnown(names);
        break;
      case 'keyAdmitted':
        this.#admissions.set(change.identity, keyOf(change));
        this.#use(change.invitation);
        break;
      case 'keyDismissed':
        this.#admissions.delete(change.identity);
        break;
      case 'invitationCreated': {
        const { type: _, ...invitation } = change;
        this.#invitations.set(change.id, invitation);
        break;
      }
      case 'invitationEnded':
        this.#invitations.delete(change.id);
        break;
    }
  }

  #admitKnown(names: Iterable<NameBinding>): void {
    for (const key of names) {
      if (!this.#admissions.has(key.identity)) this.#admissions.set(key.identity, keyOf(key));
    }
  }

  #use(id: string): void {
    const invitation = this.#invitations.get(id);
    if (invitation === undefined) return;
    const usesLeft = invitation.usesLeft - 1;
    if (usesLeft > 0) this.#invitations.set(id, { ...invitation, usesLeft });
    else this.#invitations.delete(id);
  }
}

function keyOf({ identity, name }: StoredKey): StoredKey {
  return { identity, name };
}

function byIdentity<Key extends StoredKey>(keys: readonly Key[]): Map<string, Key> {
  return new Map(keys.map((key) => [key.identity, key]));
}
