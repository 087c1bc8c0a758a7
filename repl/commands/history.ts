/** The commands about what was said. */

import { BanterError } from '../../core/error-api.ts';
import { type Command, defineCommand } from './command.ts';

/** As many lines as fill a screen. */
const linesDefault = 20;
const linesMax = 10_000;

/** `history`, `search`. */
export const historyCommands: readonly Command[] = [
  defineCommand({
    name: 'history',
    section: 'Groups',
    summary: `show what was said last in the group you are in, ${linesDefault} messages by default`,
    example: 'history 50',
    parameters: [{ name: 'count', type: 'word', optional: true }],
    async run(session, { count }, { signal }) {
      const limit = count === undefined ? linesDefault : countOf(count);
      const group = session.groupOr(undefined);
      const messages = await session.client.history(group, { limit, signal });
      return { type: 'history', group, messages };
    },
  }),
  defineCommand({
    name: 'search',
    section: 'Groups',
    summary: `find what was said with certain words, the newest ${linesDefault} messages`,
    example: 'search deploy friday',
    parameters: [{ name: 'words', type: 'text' }],
    async run(session, { words }, { signal }) {
      const group = session.groupOr(undefined);
      const options = { limit: linesDefault, signal };
      const messages = await session.client.search(group, words, options);
      return { type: 'found', group, words, messages };
    },
  }),
];

/** How many messages somebody asks for. @throws BanterError COMMAND_INVALID */
function countOf(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= linesMax) return count;
  throw new BanterError(
    'COMMAND_INVALID',
    `"${text}" is no number of messages from 1 to ${linesMax}; usage: history [count]`,
  );
}
