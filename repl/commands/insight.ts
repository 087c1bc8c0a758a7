/** The commands that show what plugins make of messages. */

import { BanterError } from '../../core/error-api.ts';
import type { ChatSession } from '../session.ts';
import { type Command, defineCommand } from './command.ts';

/** `explain`, `tap`. */
export const insightCommands: readonly Command[] = [
  defineCommand({
    name: 'explain',
    section: 'Scripts & plugins',
    summary: 'say what plugins made of a message, by its group and number, or of the last one',
    example: 'explain ops#13',
    parameters: [{ name: 'message', type: 'word', optional: true }],
    async run(session, { message }) {
      const place = message === undefined ? undefined : placeOf(session, message);
      return { type: 'explained', trace: session.plugins?.explain(place) };
    },
  }),
  defineCommand({
    name: 'tap',
    section: 'Scripts & plugins',
    summary: 'show what plugins are told and do, all or one, until "tap off"',
    example: 'tap dice',
    parameters: [{ name: 'plugin', type: 'plugin', optional: true }],
    async run({ plugins }, { plugin }) {
      if (plugins === undefined) {
        throw new BanterError('COMMAND_INVALID', 'this session was started without plugins');
      }
      if (plugin === 'off') {
        plugins.untap();
        return { type: 'untapped' };
      }
      plugins.tap(plugin);
      return plugin === undefined ? { type: 'tapped' } : { type: 'tapped', plugin };
    },
  }),
];

/** `ops#13`, `#ops#13`, or `13` of the current group. */
function placeOf(
  session: ChatSession,
  message: string,
): { readonly group: string; readonly seq: number } {
  const [, group, digits] = /^#?(?:(.+)#)?(\d{1,15})$/.exec(message) ?? [];
  if (digits === undefined) {
    const problem = `"${message}" names no message; write it like "explain ops#13"`;
    throw new BanterError('COMMAND_INVALID', problem);
  }
  return { group: session.groupOr(group), seq: Number(digits) };
}
