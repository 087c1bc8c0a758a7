/** The commands that say something. */

import { type Command, defineCommand } from './command.ts';

/** `send`, `send_group`. */
export const talkCommands: readonly Command[] = [
  defineCommand({
    name: 'send',
    section: 'Talk',
    summary: 'send a private message, straight to the other client; kept for who is away',
    example: `send bob it's "fine" (really)`,
    parameters: [
      { name: 'user', type: 'user' },
      { name: 'message', type: 'text' },
    ],
    async run(session, { user, message }, { signal }) {
      const receipt = await session.send(user, message, signal);
      return { type: 'sent', receipt, text: message };
    },
  }),
  defineCommand({
    name: 'send_group',
    section: 'Talk',
    summary: 'send a message to the group you are in',
    example: 'send_group deploy in five minutes',
    parameters: [{ name: 'message', type: 'text' }],
    async run(session, { message }, { signal }) {
      const group = session.groupOr(undefined);
      const receipt = await session.client.sendGroup(group, message, { signal });
      return { type: 'sent', receipt, text: message };
    },
  }),
];
