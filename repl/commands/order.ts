/** The commands that keep order in a group: roles, bans, mutes, the topic. They are about the current group. */

import { BanterError, givenRoles } from '../../core/client-api.ts';
import { type Command, defineCommand } from './command.ts';

/** `kick`, `ban`, `unban`, `bans`, `mute`, `unmute`, `topic`, `clear_topic`, `role`, `roles`, `invite`. */
export const orderCommands: readonly Command[] = [
  defineCommand({
    name: 'kick',
    section: 'Order',
    summary: 'put somebody out of the group; who was can join again',
    example: 'kick eve please calm down',
    parameters: [
      { name: 'member', type: 'member' },
      { name: 'reason', type: 'text', optional: true },
    ],
    async run(session, { member, reason = '' }) {
      const group = session.groupOr(undefined);
      await session.client.moderation.kick(group, member, reason);
      return { type: 'moderated', action: 'kick', group, name: member };
    },
  }),
  defineCommand({
    name: 'ban',
    section: 'Order',
    summary: 'put somebody out of the group and do not let them in again',
    example: 'ban eve spam',
    parameters: [
      { name: 'member', type: 'member' },
      { name: 'reason', type: 'text', optional: true },
    ],
    async run(session, { member, reason = '' }) {
      const group = session.groupOr(undefined);
      await session.client.moderation.ban(group, member, reason);
      return { type: 'moderated', action: 'ban', group, name: member };
    },
  }),
  defineCommand({
    name: 'unban',
    section: 'Order',
    summary: 'let somebody in again',
    example: 'unban eve',
    parameters: [{ name: 'user', type: 'user' }],
    async run(session, { user }) {
      const group = session.groupOr(undefined);
      await session.client.moderation.unban(group, user);
      return { type: 'moderated', action: 'unban', group, name: user };
    },
  }),
  defineCommand({
    name: 'bans',
    section: 'Order',
    summary: 'list who is not let into the group, and why',
    example: 'bans',
    parameters: [],
    async run(session) {
      const group = session.groupOr(undefined);
      return { type: 'bans', group, bans: await session.client.moderation.bans(group) };
    },
  }),
  defineCommand({
    name: 'mute',
    section: 'Order',
    summary: 'let somebody say nothing, for some minutes or until "unmute"',
    example: 'mute eve 10 count to ten',
    parameters: [
      { name: 'member', type: 'member' },
      { name: 'minutes', type: 'word', optional: true },
      { name: 'reason', type: 'text', optional: true },
    ],
    async run(session, { member, minutes, reason = '' }) {
      const group = session.groupOr(undefined);
      const time = minutes === undefined ? {} : { minutes: readMinutes(minutes) };
      await session.client.moderation.mute(group, member, { ...time, reason });
      return { type: 'moderated', action: 'mute', group, name: member, ...time };
    },
  }),
  defineCommand({
    name: 'unmute',
    section: 'Order',
    summary: 'let somebody speak again',
    example: 'unmute eve',
    parameters: [{ name: 'member', type: 'member' }],
    async run(session, { member }) {
      const group = session.groupOr(undefined);
      await session.client.moderation.unmute(group, member);
      return { type: 'moderated', action: 'unmute', group, name: member };
    },
  }),
  defineCommand({
    name: 'topic',
    section: 'Order',
    summary: 'show the topic of the group, or set it',
    example: 'topic deploys on Thursdays',
    parameters: [{ name: 'topic', type: 'text', optional: true }],
    async run(session, { topic }) {
      const group = session.groupOr(undefined);
      const { moderation } = session.client;
      if (topic === undefined) {
        return { type: 'topic', group, topic: (await moderation.describe(group)).topic };
      }
      await moderation.setTopic(group, topic);
      return { type: 'topicSet', group, text: topic };
    },
  }),
  defineCommand({
    name: 'clear_topic',
    section: 'Order',
    summary: 'take the topic of the group away',
    example: 'clear_topic',
    parameters: [],
    async run(session) {
      const group = session.groupOr(undefined);
      await session.client.moderation.setTopic(group, '');
      return { type: 'topicSet', group, text: '' };
    },
  }),
  defineCommand({
    name: 'role',
    section: 'Order',
    summary: 'say what somebody is in the group; "newcomer" takes a role back',
    example: 'role bob moderator',
    parameters: [
      { name: 'member', type: 'member' },
      { name: 'role', type: 'word', words: givenRoles },
    ],
    async run(session, { member, role }) {
      const group = session.groupOr(undefined);
      const given = givenRoles.find((known) => known === role);
      if (given === undefined) throw new BanterError('COMMAND_INVALID', `no role "${role}"`);
      await session.client.moderation.giveRole(group, member, given);
      return { type: 'moderated', action: 'role', group, name: member, role: given };
    },
  }),
  defineCommand({
    name: 'roles',
    section: 'Order',
    summary: 'list the owner of the group and whoever was given a role',
    example: 'roles',
    parameters: [],
    async run(session) {
      const group = session.groupOr(undefined);
      return { type: 'roles', group, roles: await session.client.moderation.roles(group) };
    },
  }),
  defineCommand({
    name: 'invite',
    section: 'Order',
    summary: 'tell somebody that they may join the group, within a week',
    example: 'invite bob',
    parameters: [{ name: 'user', type: 'user' }],
    async run(session, { user }) {
      const group = session.groupOr(undefined);
      await session.client.moderation.invite(group, user);
      return { type: 'moderated', action: 'invite', group, name: user };
    },
  }),
];

function readMinutes(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new BanterError('COMMAND_INVALID', `"${text}" is no number of minutes`);
}
