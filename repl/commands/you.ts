/** The commands about people: oneself and the others. */

import { BanterError } from '../../core/error-api.ts';
import { type Command, defineCommand } from './command.ts';

/** `list_users`, `whoami`, `dereg`. */
export const youCommands: readonly Command[] = [
  defineCommand({
    name: 'list_users',
    section: 'You',
    summary: 'list everybody the server knows, or those whose names begin alike; at most 2,000',
    example: 'list_users',
    parameters: [{ name: 'prefix', type: 'user', optional: true }],
    async run(session, { prefix = '' }) {
      return { type: 'users', ...(await session.listUsers(prefix)) };
    },
  }),
  defineCommand({
    name: 'whoami',
    section: 'You',
    summary: 'say who and where you are, and with which keys',
    example: 'whoami',
    parameters: [],
    async run({ client, group }) {
      return {
        type: 'identity',
        name: client.name,
        group,
        groups: client.groups,
        connected: client.connected,
        key: client.key,
        server: client.serverFingerprint,
      };
    },
  }),
  defineCommand({
    name: 'dereg',
    section: 'You',
    summary: 'go offline and exit; your own name confirms it',
    example: 'dereg ann',
    parameters: [{ name: 'name', type: 'word' }],
    async run(session, { name }) {
      const own = session.client.name;
      if (name !== own) {
        throw new BanterError(
          'COMMAND_INVALID',
          `only "dereg ${own}" de-registers you, not "${name}"`,
        );
      }
      await session.exit();
      return { type: 'deregistered', name };
    },
  }),
];
