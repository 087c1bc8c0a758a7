/** Order in groups, as a client keeps it: roles, bans, mutes, topics. */

import { type GroupRetention, readRetention, tellRetention } from '../chat/retention.ts';
import type { GivenRole, NewcomerRole, Role } from '../chat/roles.ts';
import { muteMinutesMax, remarkBytesMax } from '../chat/wire-order.ts';
import { BanterError } from '../errors.ts';
import { aNumber, checkOptions, type Shape } from '../options.ts';
import type { Prove } from './group-password.ts';
import { readPages } from './pages.ts';
import type { Answer, AnswerOf, RequestBody } from './requests.ts';

/** A name that a group does not let in. */
export interface Ban {
  readonly name: string;
  readonly by: string;
  /** Milliseconds since the epoch by the server's clock. */
  readonly atMs: number;
  /** May be empty. */
  readonly reason: string;
}

/** A topic and whose it is. */
export interface Topic {
  readonly text: string;
  readonly by: string;
  /** Milliseconds since the epoch by the server's clock. */
  readonly atMs: number;
}

/** How a group is, and what one is in it oneself. */
export interface GroupDescription {
  readonly group: string;
  readonly owner: string | undefined;
  readonly role: Role;
  readonly members: number;
  readonly topic: Topic | undefined;
  /** Only those are let in who were invited or given a role. */
  readonly inviteOnly: boolean;
  /** Others need the password. */
  readonly hasPassword: boolean;
  /** What those are who were given no role. */
  readonly newcomers: NewcomerRole;
  /** Bounds of its own; the server may keep less. */
  readonly retention: GroupRetention;
}

const aBound = aNumber(1, Number.MAX_SAFE_INTEGER);

const retentionShape: Shape<GroupRetention> = { ageMs: aBound, messages: aBound, bytes: aBound };

/** Asks the server for an answer of one kind. */
export type Ask = <Type extends Answer['type']>(
  body: RequestBody,
  type: Type,
) => Promise<AnswerOf<Type>>;

/**
 * What may be done to whom stands in docs/ARCHITECTURE.md: it takes a role, and nobody acts on an equal or higher one.
 * Every method rejects with NOT_MEMBER where one is not in the group, and NOT_ALLOWED where one's role is not enough.
 */
export class Moderation {
  readonly #ask: Ask;
  readonly #prove: Prove;

  constructor(ask: Ask, prove: Prove) {
    this.#ask = ask;
    this.#prove = prove;
  }

  /** The same, with every request made by `call`: for who must be able to give up. */
  within(call: <Value>(work: () => Promise<Value>) => Promise<Value>): Moderation {
    return new Moderation(
      (body, type) => call(() => this.#ask(body, type)),
      (group, password) => call(() => this.#prove(group, password)),
    );
  }

  /** Puts a member out; it may come again as a newcomer. @throws BanterError MEMBER_UNKNOWN, USER_UNKNOWN, WORDS_TOO_LONG */
  async kick(group: string, name: string, reason = ''): Promise<void> {
    await this.#ask({ type: 'kick', group, name, reason: checkedWords(reason) }, 'done');
  }

  /** Puts a name out with all of its identity, and lets them in no more. @throws BanterError USER_UNKNOWN, WORDS_TOO_LONG, LIMIT_REACHED */
  async ban(group: string, name: string, reason = ''): Promise<void> {
    await this.#ask({ type: 'ban', group, name, reason: checkedWords(reason) }, 'done');
  }

  /** @throws BanterError BAN_UNKNOWN */
  async unban(group: string, name: string): Promise<void> {
    await this.#ask({ type: 'unban', group, name }, 'done');
  }

  /** In the order in which they were made. */
  async bans(group: string): Promise<readonly Ban[]> {
    return readPages(async (after) => {
      const { bans, next } = await this.#ask({ type: 'listBans', group, after }, 'banList');
      return { entries: bans, next };
    });
  }

  /** Lets a name say nothing, for so many minutes (at most a year) or until {@link unmute}. @throws BanterError USER_UNKNOWN, OPTION_INVALID, LIMIT_REACHED */
  async mute(
    group: string,
    name: string,
    { minutes, reason = '' }: { readonly minutes?: number; readonly reason?: string } = {},
  ): Promise<void> {
    const isWhole = minutes === undefined || Number.isInteger(minutes);
    if (!isWhole || (minutes !== undefined && (minutes < 1 || minutes > muteMinutesMax))) {
      const range = `from 1 to ${muteMinutesMax}`;
      throw new BanterError('OPTION_INVALID', `minutes is ${minutes}, not a whole number ${range}`);
    }
    const words = { minutes: minutes ?? 0, reason: checkedWords(reason) };
    await this.#ask({ type: 'mute', group, name, ...words }, 'done');
  }

  /** @throws BanterError MUTE_UNKNOWN */
  async unmute(group: string, name: string): Promise<void> {
    await this.#ask({ type: 'unmute', group, name }, 'done');
  }

  /** Sets the topic; an empty one takes it away. @throws BanterError WORDS_TOO_LONG */
  async setTopic(group: string, text: string): Promise<void> {
    await this.#ask({ type: 'setTopic', group, text: checkedWords(text) }, 'done');
  }

  /** Gives a name a role, or with `newcomer` takes its role back. @throws BanterError USER_UNKNOWN, BANNED, LIMIT_REACHED */
  async giveRole(group: string, name: string, role: GivenRole): Promise<void> {
    await this.#ask({ type: 'giveRole', group, name, role }, 'done');
  }

  /** Tells a name that it may join, within a week; into a closed group a moderator does. @throws BanterError USER_UNKNOWN, ALREADY_MEMBER, BANNED, LIMIT_REACHED, RATE_LIMITED */
  async invite(group: string, name: string): Promise<void> {
    await this.#ask({ type: 'invite', group, name }, 'done');
  }

  /** Lets in nobody but who is invited or was given a role, or everybody again. */
  async setInviteOnly(group: string, isOn: boolean): Promise<void> {
    await this.#ask({ type: 'setInviteOnly', group, isOn }, 'done');
  }

  /** Says what those are who were given no role: guests read, members speak. */
  async setNewcomers(group: string, role: NewcomerRole): Promise<void> {
    await this.#ask({ type: 'setNewcomers', group, role }, 'done');
  }

  /** Lets in with this password, 1 to 1,024 bytes, whoever is not expected anyway; or asks for none. @throws BanterError OPTION_INVALID */
  async setPassword(group: string, password: string | undefined): Promise<void> {
    if (password === undefined) {
      await this.#ask({ type: 'clearPassword', group }, 'done');
    } else {
      const proof = await this.#prove(group, password);
      await this.#ask({ type: 'setPassword', group, proof }, 'done');
    }
  }

  /**
   * Says how much of what is said is kept, in place of what was said before; a bound that is left out bounds nothing.
   * The server keeps no more than it would without: messages beyond are dropped at once, for everybody and for good.
   * @throws BanterError OPTION_INVALID
   */
  async setRetention(group: string, retention: GroupRetention): Promise<void> {
    checkOptions(retention, retentionShape, 'setRetention');
    await this.#ask({ type: 'setRetention', group, ...tellRetention(retention) }, 'done');
  }

  /**
   * Makes a member the owner; who was it is a moderator from then on. An operator of the server gives any group to anybody.
   * @throws BanterError MEMBER_UNKNOWN, USER_UNKNOWN, GROUP_UNKNOWN, LIMIT_REACHED where the new one has too many
   */
  async transfer(group: string, name: string): Promise<void> {
    await this.#ask({ type: 'transferGroup', group, name }, 'done');
  }

  /** Removes a group that nobody else is in, with all that was said in it. @throws BanterError GROUP_NOT_EMPTY */
  async remove(group: string): Promise<void> {
    await this.#ask({ type: 'removeGroup', group }, 'done');
  }

  /** The owner, and who was given a role, whether in the group or not. */
  async roles(group: string): Promise<readonly { readonly name: string; readonly role: Role }[]> {
    return readPages(async (after) => {
      const { roles, next } = await this.#ask({ type: 'listRoles', group, after }, 'roleList');
      return { entries: roles, next };
    });
  }

  /** How the group is. */
  async describe(group: string): Promise<GroupDescription> {
    const told = await this.#ask({ type: 'describeGroup', group }, 'groupDescription');
    const topic = { text: told.topic, by: told.topicBy, atMs: told.topicAtMs };
    return {
      group: told.group,
      owner: told.owner === '' ? undefined : told.owner,
      role: told.role,
      members: told.members,
      topic: told.topic === '' ? undefined : topic,
      inviteOnly: told.inviteOnly,
      hasPassword: told.hasPassword,
      newcomers: told.newcomers,
      retention: readRetention(told),
    };
  }
}

/** A server drops what it cannot read, so that nobody would answer words that are too long for the wire. */
function checkedWords(words: string): string {
  const bytes = Buffer.byteLength(words);
  if (bytes <= remarkBytesMax) return words;
  throw new BanterError('WORDS_TOO_LONG', `${bytes} bytes of words, more than ${remarkBytesMax}`);
}
