/** What an operator orders at the prompt or on the command line, and what comes of it. */

import {
  type AccessMode,
  accessModes,
  BanterError,
  type InvitationOptions,
} from '../core/client-api.ts';
import type { ChatClient } from './chat-client.ts';
import type { AdministrationResult, CommandResult } from './commands/index.ts';

/** One order. */
export type Order =
  | { readonly type: 'operators' | 'bans' | 'access' | 'invitations' }
  | { readonly type: 'users'; readonly prefix: string }
  | { readonly type: 'audit'; readonly count: string | undefined }
  | {
      readonly type: 'addOperator' | 'removeOperator' | 'unban' | 'allow' | 'disallow' | 'release';
      readonly who: string;
    }
  | { readonly type: 'kick' | 'ban'; readonly who: string; readonly reason: string }
  | { readonly type: 'setAccess'; readonly access: string; readonly onlyListed: boolean }
  | { readonly type: 'giveGroup'; readonly group: string; readonly who: string }
  | { readonly type: 'removeGroup'; readonly group: string }
  | ({ readonly type: 'invite' } & InvitationOptions)
  | { readonly type: 'revoke'; readonly id: string }
  | { readonly type: 'announce'; readonly text: string };

/** A page of them fills a screen. */
const auditCount = 20;

/** Nobody reads a longer list of users. */
const accountsMax = 2000;

/** Who carries them out. */
type Operator = Pick<ChatClient, 'administration' | 'moderation'>;

type Orders = {
  readonly [Type in Order['type']]: (
    operator: Operator,
    order: Extract<Order, { readonly type: Type }>,
  ) => Promise<CommandResult>;
};

const orders: Orders = {
  operators: async ({ administration }) => ({
    type: 'operators',
    operators: await administration.operators(),
  }),
  bans: async ({ administration }) => ({ type: 'bannedKeys', bans: await administration.bans() }),
  access: async ({ administration }) => ({ type: 'access', ...(await administration.access()) }),
  invitations: async ({ administration }) => ({
    type: 'invitations',
    invitations: await administration.invitations(),
  }),
  users: async ({ administration }, { prefix }) => ({
    type: 'accounts',
    accounts: await administration.accounts(prefix, accountsMax),
  }),
  audit: async ({ administration }, { count }) => ({
    type: 'audit',
    entries: await administration.audit(count === undefined ? auditCount : wholeNumber(count)),
  }),
  addOperator: ({ administration }, { who }) =>
    administered('addOperator', who, administration.addOperator(who)),
  removeOperator: ({ administration }, { who }) =>
    administered('removeOperator', who, administration.removeOperator(who)),
  unban: ({ administration }, { who }) => administered('unban', who, administration.unban(who)),
  allow: ({ administration }, { who }) => administered('allow', who, administration.allow(who)),
  disallow: ({ administration }, { who }) =>
    administered('disallow', who, administration.disallow(who)),
  release: ({ administration }, { who }) =>
    administered('release', who, administration.release(who)),
  kick: ({ administration }, { who, reason }) =>
    administered('kick', who, administration.kick(who, reason)),
  ban: ({ administration }, { who, reason }) =>
    administered('ban', who, administration.ban(who, reason)),
  setAccess: ({ administration }, { access, onlyListed }) => {
    const mode = accessMode(access);
    const done = administration.setAccess(mode, { admitsKnown: !onlyListed });
    return administered('setAccess', mode, done);
  },
  giveGroup: async ({ moderation }, { group, who }) => {
    await moderation.transfer(group, who);
    return { type: 'moderated', action: 'transfer', group, name: who };
  },
  removeGroup: async ({ moderation }, { group }) => {
    await moderation.remove(group);
    return { type: 'groupRemoved', group };
  },
  invite: async ({ administration }, { type: _, ...options }) => ({
    type: 'invited',
    ...(await administration.createInvitation(options)),
  }),
  revoke: ({ administration }, { id }) =>
    administered('revoke', id, administration.revokeInvitation(id)),
  announce: ({ administration }, { text }) =>
    administered('announce', text, administration.announce(text)),
};

/** Carries an order out. @throws BanterError as `Administration` and `Moderation` do; OPTION_INVALID */
export function carryOut(operator: Operator, order: Order): Promise<CommandResult> {
  // The table pairs each type with its function; the compiler cannot follow the pair through the look-up.
  const run = orders[order.type] as (operator: Operator, order: Order) => Promise<CommandResult>;
  return run(operator, order);
}

/** A whole number from 1. @throws BanterError OPTION_INVALID */
function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d{1,9}$/.test(text) && number >= 1) return number;
  throw new BanterError('OPTION_INVALID', `"${text}" is not a whole number from 1`);
}

async function administered(
  action: Extract<AdministrationResult, { readonly type: 'administered' }>['action'],
  target: string,
  done: Promise<void>,
): Promise<AdministrationResult> {
  await done;
  return { type: 'administered', action, target };
}

function accessMode(text: string): AccessMode {
  const mode = accessModes.find((candidate) => candidate === text);
  if (mode !== undefined) return mode;
  throw new BanterError('OPTION_INVALID', `access is ${accessModes.join(', ')}, not "${text}"`);
}
