/** The command of a server's operators. */

import { BanterError, type InvitationOptions } from '../../core/client-api.ts';
import { carryOut, type Order } from '../orders.ts';
import { type Command, defineCommand } from './command.ts';

/** What was typed behind the action: its first word, and the rest of the line. */
interface Typed {
  readonly who: string | undefined;
  readonly rest: string | undefined;
}

type Read = (typed: Typed) => Order;

const actions: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['operators', ({ who, rest }) => operators(who, rest)],
  ['users', ({ who = '' }) => ({ type: 'users', prefix: who })],
  ['kick', ({ who, rest = '' }) => ({ type: 'kick', who: needed('kick', who), reason: rest })],
  ['ban', ({ who, rest = '' }) => ({ type: 'ban', who: needed('ban', who), reason: rest })],
  ['unban', ({ who }) => ({ type: 'unban', who: needed('unban', who) })],
  ['bans', () => ({ type: 'bans' })],
  ['release', ({ who }) => ({ type: 'release', who: needed('release', who) })],
  ['give_group', ({ who, rest }) => ({ type: 'giveGroup', ...gift(who, rest) })],
  [
    'remove_group',
    ({ who }) => ({ type: 'removeGroup', group: needed('remove_group', who, 'group') }),
  ],
  ['access', ({ who, rest }) => access(who, rest)],
  ['allow', ({ who }) => ({ type: 'allow', who: needed('allow', who) })],
  ['disallow', ({ who }) => ({ type: 'disallow', who: needed('disallow', who) })],
  ['invite', ({ who, rest }) => ({ type: 'invite', ...invitation(who, rest) })],
  ['invitations', () => ({ type: 'invitations' })],
  ['revoke', ({ who }) => ({ type: 'revoke', id: needed('revoke', who) })],
  ['audit', ({ who }) => ({ type: 'audit', count: who })],
  ['announce', ({ who, rest }) => ({ type: 'announce', text: announcement(who, rest) })],
]);

/** `admin`. */
export const administrationCommands: readonly Command[] = [
  defineCommand({
    name: 'admin',
    section: 'Order',
    summary: 'run the server, if you are its operator; with "operators" for those who are',
    example: 'admin ban eve spam',
    parameters: [
      { name: 'action', type: 'word', words: [...actions.keys()] },
      { name: 'who', type: 'user', optional: true },
      { name: 'rest', type: 'text', optional: true },
    ],
    async run(session, { action, who, rest }) {
      const read = actions.get(action);
      if (read === undefined) throw invalid(`no action "${action}"`);
      return carryOut(session.client, read({ who, rest }));
    },
  }),
];

/** `operators`, `operators add bob`, `operators remove bob`. */
function operators(verb: string | undefined, who: string | undefined): Order {
  if (verb === undefined) return { type: 'operators' };
  if (verb === 'add') return { type: 'addOperator', who: needed('operators add', who) };
  if (verb === 'remove') return { type: 'removeOperator', who: needed('operators remove', who) };
  throw invalid(`"${verb}" is neither add nor remove; usage: admin operators [add|remove <who>]`);
}

/** `access`, `access open`, `access allow-list only-listed`. */
function access(mode: string | undefined, rest: string | undefined): Order {
  if (mode === undefined) return { type: 'access' };
  if (rest !== undefined && rest !== 'only-listed') throw invalid(`"${rest}" is not "only-listed"`);
  return { type: 'setAccess', access: mode, onlyListed: rest !== undefined };
}

/** `give_group ops bob`. */
function gift(
  group: string | undefined,
  who: string | undefined,
): { readonly group: string; readonly who: string } {
  if (group !== undefined && who !== undefined) return { group, who };
  throw invalid(`missing <who>; usage: admin give_group <group> <who>`);
}

/** `invite`, `invite 30`, `invite 30 14 for the class`: keys, days, a note. */
function invitation(uses: string | undefined, rest: string | undefined): InvitationOptions {
  if (uses === undefined) return {};
  const [, days, note = ''] = /^(\d+)?\s*(.*)$/s.exec(rest ?? '') ?? [];
  if (!/^\d{1,9}$/.test(uses)) {
    throw invalid(`"${uses}" is no number; usage: admin invite [keys] [days] [note]`);
  }
  return { uses: Number(uses), note, ...(days === undefined ? {} : { days: Number(days) }) };
}

function announcement(first: string | undefined, rest: string | undefined): string {
  return [needed('announce', first), rest].filter((part) => part !== undefined).join(' ');
}

function needed(action: string, typed: string | undefined, what = 'who'): string {
  if (typed !== undefined) return typed;
  throw invalid(`missing <${what}>; usage: admin ${action} <${what}>`);
}

function invalid(problem: string): BanterError {
  return new BanterError('COMMAND_INVALID', problem);
}
