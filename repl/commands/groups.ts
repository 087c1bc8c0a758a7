/** The commands about groups. */

import { type Command, defineCommand } from './command.ts';

/** `create_group`, `list_groups`, `join_group`, `leave_group`, `list_members`. */
export const groupCommands: readonly Command[] = [
  defineCommand({
    name: 'create_group',
    section: 'Groups',
    summary: 'create a group (joining it is a step of its own)',
    example: 'create_group ops',
    parameters: [{ name: 'group', type: 'word' }],
    async run(session, { group }) {
      await session.client.createGroup(group);
      return { type: 'groupCreated', group };
    },
  }),
  defineCommand({
    name: 'list_groups',
    section: 'Groups',
    summary: 'list the groups of the server',
    example: 'list_groups',
    parameters: [],
    async run(session) {
      return { type: 'groups', groups: await session.listGroups() };
    },
  }),
  defineCommand({
    name: 'join_group',
    section: 'Groups',
    summary: 'join a group, or turn to one you are in already',
    example: 'join_group ops',
    parameters: [
      { name: 'group', type: 'group' },
      { name: 'password', type: 'word', optional: true },
    ],
    async run(session, { group, password }) {
      await session.joinGroup(group, password);
      return { type: 'groupJoined', group };
    },
  }),
  defineCommand({
    name: 'leave_group',
    section: 'Groups',
    summary: 'leave a group, by default the current one',
    example: 'leave_group',
    parameters: [{ name: 'group', type: 'joinedGroup', optional: true }],
    async run(session, { group }) {
      const left = session.groupOr(group);
      await session.client.leaveGroup(left);
      return { type: 'groupLeft', group: left };
    },
  }),
  defineCommand({
    name: 'list_members',
    section: 'Groups',
    summary: 'list who is in a group, by default the current one',
    example: 'list_members',
    parameters: [{ name: 'group', type: 'joinedGroup', optional: true }],
    async run(session, values) {
      const group = session.groupOr(values.group);
      return { type: 'members', group, members: await session.client.listMembers(group) };
    },
  }),
];
