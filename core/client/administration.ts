/** What an operator of a server asks of it: who may come in, who must go, and who else is an operator. */

import type { AuditEntry } from '../chat/audit.ts';
import { type AccessMode, accessModes, reasonBytesMax } from '../chat/wire-administration.ts';
import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';
import { askWithinRate } from './pacing.ts';
import type { Answer, AnswerOf, RequestBody } from './requests.ts';

/** A key, and the name it had when it was put where it is; empty for none. */
export interface NamedKey {
  /** 64 hex digits. */
  readonly key: string;
  readonly name: string;
}

export interface Operator extends NamedKey {
  /** By the configuration of the server, which no operator changes. */
  readonly configured: boolean;
}

export interface Account extends NamedKey {
  readonly online: boolean;
  readonly bot: boolean;
  readonly operator: boolean;
  readonly banned: boolean;
  /** On the list of those who may come in. */
  readonly admitted: boolean;
}

export interface KeyBan extends NamedKey {
  readonly reason: string;
  /** The operator's name. */
  readonly by: string;
  readonly atMs: number;
}

export interface Access {
  readonly access: AccessMode;
  /** The list of those who may come in; an open server does not look at it. */
  readonly keys: readonly NamedKey[];
}

export interface Invitation {
  /** 8 hex digits. */
  readonly id: string;
  readonly usesLeft: number;
  readonly expiresAtMs: number;
  readonly note: string;
  readonly by: string;
}

/** An invitation as it is told once. */
export interface NewInvitation extends Pick<Invitation, 'id' | 'expiresAtMs'> {
  /** What `ConnectOptions.invitation` takes, 32 hex digits. The server keeps only a hash of it. */
  readonly token: string;
}

export interface InvitationOptions {
  /** How many keys it admits, 1 (default) to 10,000. */
  readonly uses?: number;
  /** For how many days, 1 to 366. Default 7. */
  readonly days?: number;
  /** What operators read beside it. At most 200 bytes. */
  readonly note?: string;
}

export interface AccessOptions {
  /** Whether the key of every name that there is comes on the list. Default true: else everybody else must be put there. */
  readonly admitsKnown?: boolean;
}

export interface AdministrationOptions {
  readonly environment: Environment;
  readonly ask: <Type extends Answer['type']>(
    body: RequestBody,
    type: Type,
  ) => Promise<AnswerOf<Type>>;
}

const daysDefault = 7;

/**
 * Every method rejects with NOT_OPERATOR if the client's key is none of an operator, and otherwise as those of a client
 * do. `who` is a key of 64 hex digits, or a name. What changes the server is stored before it resolves.
 */
export class Administration {
  readonly #options: AdministrationOptions;

  constructor(options: AdministrationOptions) {
    this.#options = options;
  }

  /** The same, with what every request is wrapped in: so that whoever waits can give up. */
  within(wrap: <Value>(work: () => Promise<Value>) => Promise<Value>): Administration {
    const { environment, ask } = this.#options;
    return new Administration({ environment, ask: (body, type) => wrap(() => ask(body, type)) });
  }

  async operators(): Promise<readonly Operator[]> {
    const { operators } = await this.#ask({ type: 'listOperators' }, 'operatorList');
    return operators.map(withKey);
  }

  /** Makes somebody an operator. @throws BanterError USER_UNKNOWN, BANNED_FROM_SERVER, SERVER_FULL */
  async addOperator(who: string): Promise<void> {
    await this.#ask({ type: 'addOperator', who }, 'done');
  }

  /** @throws BanterError USER_UNKNOWN, NOT_LISTED, OPERATOR_STAYS */
  async removeOperator(who: string): Promise<void> {
    await this.#ask({ type: 'removeOperator', who }, 'done');
  }

  /** Everybody whose name begins with `prefix`, with role and rights, at most `limit` (default: all). */
  async accounts(
    prefix = '',
    limit: number = Number.POSITIVE_INFINITY,
  ): Promise<readonly Account[]> {
    return this.#pages(limit, async (after) => {
      const page = await this.#ask({ type: 'listAccounts', prefix, after }, 'accountList');
      return { items: page.accounts.map(withKey), next: page.next };
    });
  }

  /** Ends every connection of a name; its client does not come back by itself. @throws BanterError USER_UNKNOWN, NOT_LISTED */
  async kick(name: string, reason = ''): Promise<void> {
    checkWords('reason', reason);
    await this.#ask({ type: 'evict', name, reason }, 'done');
  }

  /** Lets a key register no more, under any name. @throws BanterError USER_UNKNOWN, IS_OPERATOR, SERVER_FULL */
  async ban(who: string, reason = ''): Promise<void> {
    checkWords('reason', reason);
    await this.#ask({ type: 'banKey', who, reason }, 'done');
  }

  /** @throws BanterError NOT_LISTED */
  async unban(who: string): Promise<void> {
    await this.#ask({ type: 'unbanKey', who }, 'done');
  }

  async bans(): Promise<readonly KeyBan[]> {
    return this.#pages(Number.POSITIVE_INFINITY, async (after) => {
      const page = await this.#ask({ type: 'listBannedKeys', after }, 'bannedKeyList');
      return { items: page.bans.map(withKey), next: page.next };
    });
  }

  /**
   * A name is nobody's any more: its connections and memberships end, and whoever claims it next has it. Peers who have
   * pinned its key refuse another one until their people say `banter trust <server> <name>`.
   * @throws BanterError USER_UNKNOWN, BAD_REQUEST for one's own
   */
  async release(name: string): Promise<void> {
    await this.#ask({ type: 'releaseName', name }, 'done');
  }

  async access(): Promise<Access> {
    let access: AccessMode = 'open';
    const keys = await this.#pages(Number.POSITIVE_INFINITY, async (after) => {
      const page = await this.#ask({ type: 'listAdmissions', after }, 'admissionList');
      access = page.access;
      return { items: page.keys.map(withKey), next: page.next };
    });
    return { access, keys };
  }

  /** Says who may come in; whoever may not any more is disconnected. @throws BanterError OPTION_INVALID */
  async setAccess(access: AccessMode, { admitsKnown = true }: AccessOptions = {}): Promise<void> {
    if (!accessModes.includes(access)) {
      const message = `access is ${accessModes.join(', ')}, not "${access}"`;
      throw new BanterError('OPTION_INVALID', message, { data: { access } });
    }
    await this.#ask({ type: 'setAccess', access, admitsKnown }, 'done');
  }

  /** Puts a key on the list of those who may come in. @throws BanterError USER_UNKNOWN, SERVER_FULL */
  async allow(who: string): Promise<void> {
    await this.#ask({ type: 'allow', who }, 'done');
  }

  /** @throws BanterError NOT_LISTED */
  async disallow(who: string): Promise<void> {
    await this.#ask({ type: 'disallow', who }, 'done');
  }

  /** @throws BanterError BAD_REQUEST, SERVER_FULL, OPTION_INVALID */
  async createInvitation(options: InvitationOptions = {}): Promise<NewInvitation> {
    const { uses = 1, days = daysDefault, note = '' } = options;
    checkWords('note', note);
    checkCount('uses', uses);
    checkCount('days', days);
    const body = { type: 'createInvitation', uses, days, note } as const;
    const { invitation, token, expiresAtMs } = await this.#ask(body, 'invitationCreated');
    return { id: toHex(invitation), token: toHex(token), expiresAtMs };
  }

  async invitations(): Promise<readonly Invitation[]> {
    return this.#pages(Number.POSITIVE_INFINITY, async (after) => {
      const page = await this.#ask({ type: 'listInvitations', after }, 'invitationList');
      const items = page.invitations.map(({ invitation, ...rest }) => ({
        id: toHex(invitation),
        ...rest,
      }));
      return { items, next: page.next };
    });
  }

  /** @param id 8 hex digits @throws BanterError NOT_LISTED, OPTION_INVALID */
  async revokeInvitation(id: string): Promise<void> {
    const bytes = fromHex(id);
    if (bytes?.length !== 4) {
      throw new BanterError(
        'OPTION_INVALID',
        `an invitation is called by 8 hex digits, not "${id}"`,
      );
    }
    await this.#ask({ type: 'revokeInvitation', invitation: bytes }, 'done');
  }

  /** The newest entries of the audit trail, newest first, at most `limit`. */
  async audit(limit = 50): Promise<readonly AuditEntry[]> {
    return this.#pages(limit, async (after) => {
      const { entries, next } = await this.#ask({ type: 'readAudit', after }, 'auditPage');
      return { items: entries.map(withoutEmpty), next };
    });
  }

  /** Tells everybody who is online. @throws BanterError OPTION_INVALID for more than 200 bytes */
  async announce(text: string): Promise<void> {
    checkWords('announcement', text);
    await this.#ask({ type: 'announce', text }, 'done');
  }

  /** A list that takes many pages is read no faster than the server allows. */
  #ask<Type extends Answer['type']>(body: RequestBody, type: Type): Promise<AnswerOf<Type>> {
    const { environment, ask } = this.#options;
    return askWithinRate(environment, () => ask(body, type), undefined);
  }

  async #pages<Item>(
    limit: number,
    readPage: (
      after: number,
    ) => Promise<{ readonly items: readonly Item[]; readonly next: number }>,
  ): Promise<readonly Item[]> {
    const items: Item[] = [];
    let after = 0;
    do {
      const page = await readPage(after);
      items.push(...page.items);
      after = page.next;
    } while (after !== 0 && items.length < limit);
    return items.slice(0, limit);
  }
}

function withKey<Item extends { readonly key: Uint8Array }>(
  item: Item,
): Omit<Item, 'key'> & { readonly key: string } {
  return { ...item, key: toHex(item.key) };
}

function withoutEmpty({ atMs, by, action, ...rest }: Required<AuditEntry>): AuditEntry {
  const { group, target, detail } = rest;
  return {
    atMs,
    by,
    action,
    ...(group === '' ? {} : { group }),
    ...(target === '' ? {} : { target }),
    ...(detail === '' ? {} : { detail }),
  };
}

/** A server drops what it cannot read, so that nobody would ever answer what is too long. */
function checkWords(what: string, words: string): void {
  const bytes = Buffer.byteLength(words);
  if (bytes <= reasonBytesMax) return;
  const message = `the ${what} has ${bytes} bytes, more than ${reasonBytesMax}`;
  throw new BanterError('OPTION_INVALID', message, { data: { what, bytes } });
}

function checkCount(what: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 1) return;
  throw new BanterError('OPTION_INVALID', `${what} is ${count}, not a whole number from 1`);
}
