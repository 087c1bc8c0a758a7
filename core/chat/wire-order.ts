/** What is asked and told about order in the groups: who leaves, roles, bans, mutes, topics (docs/PROTOCOL.md §7). */

import { bytes, flag, list, varint } from '../protocol/codec.ts';
import type { ToldRetention } from './retention.ts';
import {
  type GivenRole,
  givenRoles,
  type NewcomerRole,
  newcomerRoles,
  type Role,
  roles,
} from './roles.ts';
import type { LeaveReason } from './types.ts';
import { choice, name, pageEntriesMax, requestId, type TablesOf, words } from './wire-fields.ts';

/** Bytes of UTF-8 in a topic or a reason; more is refused `WORDS_TOO_LONG`. */
export const remarkBytesMax = 400;

/** How many bans one page holds; with the longest reasons it fits one message. */
export const bansPerPage = 64;

/** The longest mute that ends by itself: a year. Minutes. */
export const muteMinutesMax = 525_600;

/** Why a client lost a group that it did not leave. */
export type LostReason = LeaveReason | 'forgotten';

/** In the order of their numbers. */
const lostReasons: readonly LostReason[] = [
  'left',
  'deregistered',
  'unresponsive',
  'forgotten',
  'kicked',
  'banned',
  'removed',
];

interface AboutGroup {
  readonly requestId: number;
  readonly group: string;
}

interface AboutMember extends AboutGroup {
  readonly name: string;
}

/** Requests of those who keep order; each names the group. */
export type OrderRequest =
  /** Ends somebody's membership: `done`. */
  | ({ readonly type: 'kick'; readonly reason: string } & AboutMember)
  /** Ends the memberships of a name and its identity, and lets them in no more: `done`. */
  | ({ readonly type: 'ban'; readonly reason: string } & AboutMember)
  /** Lets a banned name in again: `done`. */
  | ({ readonly type: 'unban' } & AboutMember)
  /** One page of bans, like `listGroups`: `banList`. */
  | ({ readonly type: 'listBans'; readonly after: number } & AboutGroup)
  /** Takes somebody's voice for so many minutes, 0 for until it is given back: `done`. */
  | ({ readonly type: 'mute'; readonly minutes: number; readonly reason: string } & AboutMember)
  /** Gives the voice back: `done`. */
  | ({ readonly type: 'unmute' } & AboutMember)
  /** Sets the topic, or with an empty text takes it away: `done`. */
  | ({ readonly type: 'setTopic'; readonly text: string } & AboutGroup)
  /** Gives a role: `done`. */
  | ({ readonly type: 'giveRole'; readonly role: GivenRole } & AboutMember)
  /** Makes a member the owner, and the owner a moderator: `done`. */
  | ({ readonly type: 'transferGroup' } & AboutMember)
  /** Tells a name that it may join, if only once and within a week: `done`. */
  | ({ readonly type: 'invite' } & AboutMember)
  /** Lets in nobody but who was invited or given a role, or everybody again: `done`. */
  | ({ readonly type: 'setInviteOnly'; readonly isOn: boolean } & AboutGroup)
  /** Says what those are who were given no role: `done`. */
  | ({ readonly type: 'setNewcomers'; readonly role: NewcomerRole } & AboutGroup)
  /** Lets in with the password that the proof (32 bytes, docs/PROTOCOL.md §8) was derived from: `done`. */
  | ({ readonly type: 'setPassword'; readonly proof: Uint8Array } & AboutGroup)
  /** Asks for no password any more: `done`. */
  | ({ readonly type: 'clearPassword' } & AboutGroup)
  /** Says how long what is said is kept, at most as long as the server keeps it; 0 is no bound of the group's: `done`. */
  | ({ readonly type: 'setRetention' } & ToldRetention & AboutGroup)
  /** The same as `joinGroup`, with the proof of the password: `joined`. */
  | ({ readonly type: 'joinWithPassword'; readonly proof: Uint8Array } & AboutGroup)
  /** Removes a group that nobody else is in, and what was said in it: `done`. */
  | ({ readonly type: 'removeGroup' } & AboutGroup)
  /** How the group is, and what the caller is in it: `groupDescription`. */
  | ({ readonly type: 'describeGroup' } & AboutGroup)
  /** One page of the names that were given a role, like `listGroups`: `roleList`. */
  | ({ readonly type: 'listRoles'; readonly after: number } & AboutGroup);

/** How a group is: who is let in and as what, and how long what is said is kept. */
export interface GroupSettings extends ToldRetention {
  readonly inviteOnly: boolean;
  readonly hasPassword: boolean;
  readonly newcomers: NewcomerRole;
}

/** Answers to them, and pushes to the members that are present. */
export type OrderNews =
  | {
      readonly type: 'memberLeft';
      readonly group: string;
      readonly name: string;
      readonly reason: LostReason;
      /** Who ended the membership; empty where nobody else did. */
      readonly by: string;
      readonly words: string;
    }
  | {
      readonly type: 'groupLost';
      readonly group: string;
      readonly reason: LostReason;
      readonly by: string;
      readonly words: string;
    }
  /** Push: what somebody is from now on; also told to who becomes a member and is not what most are. */
  | {
      readonly type: 'roleChanged';
      readonly group: string;
      readonly name: string;
      readonly role: Role;
      readonly by: string;
    }
  /** Push: the topic, empty if it was taken away; also told to who becomes a member. */
  | {
      readonly type: 'topicChanged';
      readonly group: string;
      readonly text: string;
      readonly by: string;
      readonly atMs: number;
    }
  /** Push: somebody may not speak, `untilMs` or, where that is 0, until it is taken back; or may again. */
  | {
      readonly type: 'muteChanged';
      readonly group: string;
      readonly name: string;
      readonly isMuted: boolean;
      readonly untilMs: number;
      readonly by: string;
      readonly reason: string;
    }
  /** Push: `by` has invited this client, and `untilMs` it may join. */
  | {
      readonly type: 'invited';
      readonly group: string;
      readonly by: string;
      readonly untilMs: number;
    }
  /** Push: how the group is from now on. */
  | ({
      readonly type: 'settingsChanged';
      readonly group: string;
      readonly by: string;
    } & GroupSettings)
  | {
      readonly type: 'banList';
      readonly requestId: number;
      readonly bans: readonly {
        readonly name: string;
        readonly by: string;
        readonly atMs: number;
        readonly reason: string;
      }[];
      readonly next: number;
    }
  | ({
      readonly type: 'groupDescription';
      readonly requestId: number;
      /** As it was first spelt. */
      readonly group: string;
      /** Empty if nobody owns it. */
      readonly owner: string;
      /** What the caller is. */
      readonly role: Role;
      readonly members: number;
      readonly topic: string;
      readonly topicBy: string;
      readonly topicAtMs: number;
    } & GroupSettings)
  | {
      readonly type: 'roleList';
      readonly requestId: number;
      readonly roles: readonly { readonly name: string; readonly role: Role }[];
      readonly next: number;
    };

const role = choice<Role>(roles);
const newcomerRole = choice<NewcomerRole>(newcomerRoles);
const proof = bytes(32);
const retention = { keepAgeMs: varint, keepMessages: varint, keepBytes: varint };
const settings = { inviteOnly: flag, hasPassword: flag, newcomers: newcomerRole, ...retention };
const lostReason = choice<LostReason>(lostReasons);
const aboutGroup = { requestId, group: name };
const aboutMember = { ...aboutGroup, name };

/** The tables of the requests. */
export const orderRequests: TablesOf<OrderRequest> = {
  kick: { number: 20, fields: { ...aboutMember, reason: words } },
  ban: { number: 21, fields: { ...aboutMember, reason: words } },
  unban: { number: 22, fields: aboutMember },
  listBans: { number: 23, fields: { ...aboutGroup, after: varint } },
  mute: { number: 24, fields: { ...aboutMember, minutes: varint, reason: words } },
  unmute: { number: 25, fields: aboutMember },
  setTopic: { number: 26, fields: { ...aboutGroup, text: words } },
  giveRole: { number: 27, fields: { ...aboutMember, role: choice<GivenRole>(givenRoles) } },
  transferGroup: { number: 28, fields: aboutMember },
  describeGroup: { number: 29, fields: aboutGroup },
  invite: { number: 31, fields: aboutMember },
  setInviteOnly: { number: 32, fields: { ...aboutGroup, isOn: flag } },
  setNewcomers: { number: 33, fields: { ...aboutGroup, role: newcomerRole } },
  setPassword: { number: 34, fields: { ...aboutGroup, proof } },
  clearPassword: { number: 35, fields: aboutGroup },
  joinWithPassword: { number: 36, fields: { ...aboutGroup, proof } },
  removeGroup: { number: 37, fields: aboutGroup },
  setRetention: { number: 38, fields: { ...aboutGroup, ...retention } },
  listRoles: { number: 30, fields: { ...aboutGroup, after: varint } },
};

/** The tables of answers and pushes. */
export const orderNews: TablesOf<OrderNews> = {
  memberLeft: {
    number: 20,
    fields: { group: name, name, reason: lostReason, by: name, words },
  },
  groupLost: { number: 21, fields: { group: name, reason: lostReason, by: name, words } },
  roleChanged: { number: 24, fields: { group: name, name, role, by: name } },
  topicChanged: { number: 25, fields: { group: name, text: words, by: name, atMs: varint } },
  muteChanged: {
    number: 26,
    fields: { group: name, name, isMuted: flag, untilMs: varint, by: name, reason: words },
  },
  invited: { number: 30, fields: { group: name, by: name, untilMs: varint } },
  settingsChanged: { number: 31, fields: { group: name, ...settings, by: name } },
  banList: {
    number: 27,
    fields: {
      requestId,
      bans: list({ name, by: name, atMs: varint, reason: words }, bansPerPage),
      next: varint,
    },
  },
  groupDescription: {
    number: 28,
    fields: {
      requestId,
      group: name,
      owner: name,
      role,
      members: varint,
      topic: words,
      topicBy: name,
      topicAtMs: varint,
      ...settings,
    },
  },
  roleList: {
    number: 29,
    fields: { requestId, roles: list({ name, role }, pageEntriesMax), next: varint },
  },
};
