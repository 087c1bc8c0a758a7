/** `banter admin` on the command line: its subcommands, their arguments and options. */

import type { Command } from 'commander';
import type { Add, CommonOptions, Perform, Text } from './cli.ts';
import type { Order } from './orders.ts';

/** What commander makes of the options; of each subcommand those that it has. */
interface AdminOptions extends CommonOptions {
  readonly as?: string;
  readonly json?: true;
  readonly stored?: true;
  readonly reason?: string;
  readonly onlyListed?: true;
  readonly uses?: string;
  readonly days?: string;
  readonly note?: string;
  readonly limit?: string;
}

type Flag = readonly [flags: string, description: string];

interface Row {
  readonly description: string;
  /** What it is about: the name and the help of the argument before the server. */
  readonly about?: Flag;
  /** What it is about beside that: the argument between the two. */
  readonly also?: Flag;
  readonly options?: readonly Flag[];
  /** Runs where none of its siblings is named. */
  readonly isDefault?: true;
  readonly order: (about: string, options: AdminOptions, also: string) => Order;
}

const who: Flag = ['<who>', 'a name, or a key of 64 hex digits'];
const group: Flag = ['<group>', 'the group'];
const reason: Flag = ['--reason <words>', 'what is told who is sent away'];
const stored: Flag = [
  '--stored',
  'in the folder of a server on this machine (--data) that is stopped',
];

const operators: Readonly<Record<string, Row>> = {
  list: {
    description: 'list them',
    options: [stored],
    isDefault: true,
    order: () => ({ type: 'operators' }),
  },
  add: {
    description: 'make somebody one',
    about: who,
    options: [stored],
    order: (about) => ({ type: 'addOperator', who: about }),
  },
  remove: {
    description: 'take that back',
    about: who,
    options: [stored],
    order: (about) => ({ type: 'removeOperator', who: about }),
  },
};

const tokens: Readonly<Record<string, Row>> = {
  create: {
    description: 'make one; its token is shown this once',
    options: [
      ['--uses <n>', 'how many keys it admits (1)'],
      ['--days <n>', 'for how many days (7)'],
      ['--note <words>', 'what operators read beside it'],
    ],
    order: (_about, { uses, days, note = '' }) => ({
      type: 'invite',
      note,
      ...(uses === undefined ? {} : { uses: numberOf(uses) }),
      ...(days === undefined ? {} : { days: numberOf(days) }),
    }),
  },
  list: { description: 'list those that are open', order: () => ({ type: 'invitations' }) },
  revoke: {
    description: 'end one',
    about: ['<id>', 'as list has it'],
    order: (id) => ({ type: 'revoke', id }),
  },
};

const rows: Readonly<Record<string, Row>> = {
  users: {
    description: 'list everybody with key, role and rights',
    order: () => ({ type: 'users', prefix: '' }),
  },
  kick: {
    description: 'end the connections of a name',
    about: who,
    options: [reason],
    order: (about, options) => ({ type: 'kick', who: about, reason: options.reason ?? '' }),
  },
  ban: {
    description: 'let a key register no more',
    about: who,
    options: [reason],
    order: (about, options) => ({ type: 'ban', who: about, reason: options.reason ?? '' }),
  },
  unban: {
    description: 'lift a ban',
    about: who,
    order: (about) => ({ type: 'unban', who: about }),
  },
  bans: { description: 'list the banned keys', order: () => ({ type: 'bans' }) },
  release: {
    description: 'make the name of a lost key nobody’s, for another key to claim',
    about: ['<name>', 'whose key is lost'],
    order: (about) => ({ type: 'release', who: about }),
  },
  'give-group': {
    description: 'make somebody the owner of a group, whoever was it',
    about: group,
    also: ['<name>', 'of the new owner'],
    order: (about, _options, also) => ({ type: 'giveGroup', group: about, who: also }),
  },
  'remove-group': {
    description: 'remove a group that nobody is in, with all that was said in it',
    about: group,
    order: (about) => ({ type: 'removeGroup', group: about }),
  },
  access: {
    description: 'say who may come in, or show it',
    about: ['<kind>', 'open, allow-list, invitation; or show'],
    options: [['--only-listed', 'whoever has a name already is not put on the list']],
    order: (kind, { onlyListed }) =>
      kind === 'show'
        ? { type: 'access' }
        : { type: 'setAccess', access: kind, onlyListed: onlyListed === true },
  },
  allow: {
    description: 'put a key on the list of those who may come in',
    about: who,
    order: (about) => ({ type: 'allow', who: about }),
  },
  disallow: {
    description: 'take a key off that list',
    about: who,
    order: (about) => ({ type: 'disallow', who: about }),
  },
  audit: {
    description: 'what operators and moderators have done, newest first',
    options: [['-n, --limit <count>', 'how much of it (20)']],
    order: (_about, { limit }) => ({ type: 'audit', count: limit }),
  },
  announce: {
    description: 'tell everybody who is online',
    about: ['<text>', 'at most 200 bytes'],
    order: (text) => ({ type: 'announce', text }),
  },
};

/** Adds `admin` with its subcommands. */
export function addAdmin(add: Add, run: Perform, serverHelp: string): void {
  const parent = add('admin', 'run a server that is yours: operators, bans, who may come in');
  const addRows = (to: Command, table: Readonly<Record<string, Row>>): void => {
    for (const [name, row] of Object.entries(table)) addRow(to, name, row, run, serverHelp);
  };
  addRows(parent.command('operators').description('who runs the server'), operators);
  addRows(parent, rows);
  addRows(parent.command('invite-token').description('invitations to a closed server'), tokens);
}

function addRow(to: Command, name: string, row: Row, run: Perform, serverHelp: string): void {
  const { about, also, options = [], isDefault = false, order } = row;
  const command = to.command(name, { isDefault }).description(row.description);
  const own = [about, also].filter((flag) => flag !== undefined);
  for (const flag of own) command.argument(...flag);
  command
    .argument('[server]', serverHelp)
    .option('--as <name>', 'the name to speak under (BANTER_NAME)')
    .option('--json', 'print one JSON object')
    .option('--data <folder>', 'folder of identities, keys and history (BANTER_DATA)')
    .option('--debug', 'show stacks with errors (BANTER_DEBUG)');
  for (const option of options) command.option(...option);
  command.action((...given: readonly unknown[]) => {
    // Commander gives what was declared: the arguments, then the options, then the command.
    const [first = '', second = ''] = given.slice(0, own.length) as readonly string[];
    const [server, flags] = given.slice(own.length) as [Text, AdminOptions];
    const { as, data, debug, json, stored: isStored } = flags;
    return run({ name: as, server, data, debug }, async (work) => {
      const { admin } = await import('./admin.ts');
      const form = { json: json === true, stored: isStored === true };
      return admin({ ...work, order: order(first, flags, second), ...form });
    });
  });
}

/** What is no number is refused where its bounds are known. */
function numberOf(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}
