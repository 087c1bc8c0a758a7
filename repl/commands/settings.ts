/** The commands about how a group is: its settings, its description, whom it belongs to. */

import { BanterError, type GroupRetention, newcomerRoles } from '../../core/client-api.ts';
import type { ChatClient } from '../chat-client.ts';
import { type Rule, rules } from '../settings.ts';
import { type Command, defineCommand } from './command.ts';

const dayMs = 86_400_000;

type Set = (client: ChatClient, group: string, value: string | undefined) => Promise<void>;

const switches: ReadonlyMap<string | undefined, boolean> = new Map([
  ['on', true],
  ['off', false],
]);

const settings: ReadonlyMap<string, Set> = new Map<string, Set>([
  [
    'invite_only',
    async ({ moderation }, group, value) => {
      const isOn = switches.get(value);
      if (isOn === undefined) throw invalid('set_group invite_only on|off');
      await moderation.setInviteOnly(group, isOn);
    },
  ],
  [
    'newcomers',
    async ({ moderation }, group, value) => {
      const role = newcomerRoles.find((known) => known === value);
      if (role === undefined) throw invalid('set_group newcomers member|guest');
      await moderation.setNewcomers(group, role);
    },
  ],
  [
    'password',
    async ({ moderation }, group, value) => {
      if (value === undefined) throw invalid('set_group password <password>');
      await moderation.setPassword(group, value);
    },
  ],
  [
    'no_password',
    async ({ moderation }, group, value) => {
      if (value !== undefined) throw invalid('set_group no_password');
      await moderation.setPassword(group, undefined);
    },
  ],
  ['keep_days', keep('keep_days <n>', rules.keepDays, (days) => ({ ageMs: days * dayMs }))],
  ['keep_messages', keep('keep_messages <n>', rules.keepMessages, (messages) => ({ messages }))],
  ['keep_bytes', keep('keep_bytes <size>', rules.keepBytes, (bytes) => ({ bytes }))],
  [
    'keep_all',
    async ({ moderation }, group, value) => {
      if (value !== undefined) throw invalid('set_group keep_all');
      await moderation.setRetention(group, {});
    },
  ],
]);

/** `set_group`, `describe_group`, `transfer`, `remove_group`. */
export const settingCommands: readonly Command[] = [
  defineCommand({
    name: 'set_group',
    section: 'Order',
    summary: `say how your group is: ${[...settings.keys()].join(', ')}`,
    example: 'set_group invite_only on',
    parameters: [
      { name: 'setting', type: 'word', words: [...settings.keys()] },
      { name: 'value', type: 'word', optional: true },
    ],
    async run(session, { setting, value }) {
      const group = session.groupOr(undefined);
      await settings.get(setting)?.(session.client, group, value);
      const { inviteOnly, hasPassword, newcomers, retention } =
        await session.client.moderation.describe(group);
      return { type: 'groupSet', group, inviteOnly, hasPassword, newcomers, retention };
    },
  }),
  defineCommand({
    name: 'describe_group',
    section: 'Order',
    summary: 'say whose the group is, what it keeps, what you are in it, and its topic',
    example: 'describe_group',
    parameters: [{ name: 'group', type: 'joinedGroup', optional: true }],
    async run(session, values) {
      const group = session.groupOr(values.group);
      return { type: 'groupDescription', ...(await session.client.moderation.describe(group)) };
    },
  }),
  defineCommand({
    name: 'transfer',
    section: 'Order',
    summary: 'make a member the owner of your group; you stay a moderator',
    example: 'transfer bob',
    parameters: [{ name: 'member', type: 'member' }],
    async run(session, { member }) {
      const group = session.groupOr(undefined);
      await session.client.moderation.transfer(group, member);
      return { type: 'moderated', action: 'transfer', group, name: member };
    },
  }),
  defineCommand({
    name: 'remove_group',
    section: 'Order',
    summary: 'remove a group of yours that nobody else is in, and all that was said in it',
    example: 'remove_group ops',
    parameters: [{ name: 'group', type: 'group' }],
    async run(session, { group }) {
      await session.client.moderation.remove(group);
      return { type: 'groupRemoved', group };
    },
  }),
];

/** Sets one bound, by the rule of the server's option of that name, and leaves the others as they are. */
function keep(
  usage: string,
  { parse }: Rule<number | undefined>,
  boundOf: (value: number) => GroupRetention,
): Set {
  return async ({ moderation }, group, value) => {
    const parsed = parse(value);
    if ('wanted' in parsed) throw invalid(`set_group ${usage}, which is ${parsed.wanted}`);
    const { retention } = await moderation.describe(group);
    const bound = parsed.value === undefined ? {} : boundOf(parsed.value);
    await moderation.setRetention(group, { ...retention, ...bound });
  };
}

function invalid(usage: string): BanterError {
  return new BanterError('COMMAND_INVALID', `usage: ${usage}`);
}
