/** Lines for operators: what their orders have come to. Whatever others wrote passes `safe-text.ts` here. */

import type { AdministrationAction, AdministrationResult } from './commands/index.ts';
import { safeText } from './safe-text.ts';

type Describe = {
  readonly [Type in AdministrationResult['type']]: (
    result: Extract<AdministrationResult, { readonly type: Type }>,
  ) => string;
};

export const administrationDescriptions: Describe = {
  administered: ({ action, target }) => acts[action](safeText(target)),
  operators: ({ operators }) =>
    linesOf(
      operators,
      ({ key, name, configured }) => `${key}  ${named(name)}${configured ? ', configured' : ''}`,
      'nobody is an operator',
    ),
  accounts: ({ accounts }) => {
    const width = Math.max(0, ...accounts.map(({ name }) => name.length));
    return linesOf(
      accounts,
      ({ name, key, online, bot, operator, banned, admitted }) =>
        [
          `${safeText(name).padEnd(width)}  ${key}  ${online ? 'online' : 'offline'}`,
          ...(bot ? ['bot'] : []),
          ...(operator ? ['operator'] : []),
          ...(banned ? ['banned'] : []),
          ...(admitted ? ['listed'] : []),
        ].join(', '),
      'nobody is called so',
    );
  },
  bannedKeys: ({ bans }) =>
    linesOf(
      bans,
      ({ key, name, by, atMs, reason }) =>
        `${key}  ${named(name)}, by ${safeText(by)} at ${when(atMs)}${because(reason)}`,
      'no key is banned',
    ),
  access: ({ access, keys }) =>
    [
      `access: ${access}`,
      ...keys.map(({ key, name }) => `${key}  ${named(name)}`),
      ...(keys.length === 0 && access !== 'open' ? ['no key is listed: operators only'] : []),
    ].join('\n'),
  invited: ({ token, id, expiresAtMs }) =>
    `${token}\nshown this once; good until ${when(expiresAtMs)}, revoked with "revoke ${id}"; for "banter chat <name> <server> --invitation ${token}"`,
  invitations: ({ invitations }) =>
    linesOf(
      invitations,
      ({ id, usesLeft, expiresAtMs, note, by }) =>
        `${id}  for ${usesLeft} more until ${when(expiresAtMs)}, by ${safeText(by)}${because(note)}`,
      'no invitation is open',
    ),
  audit: ({ entries }) =>
    linesOf(
      entries,
      ({ atMs, by, action, group, target, detail }) =>
        [
          `${when(atMs)}  ${safeText(by)}: ${safeText(action)}`,
          ...(target === undefined ? [] : [safeText(target)]),
          ...(group === undefined ? [] : [`in #${safeText(group)}`]),
        ].join(' ') + because(detail ?? ''),
      'nothing was done yet',
    ),
};

const acts: Readonly<Record<AdministrationAction, (target: string) => string>> = {
  addOperator: (who) => `${who} is an operator`,
  removeOperator: (who) => `${who} is an operator no more`,
  kick: (who) => `${who} is disconnected, and may come back`,
  ban: (who) => `${who} is banned: this key cannot register`,
  unban: (who) => `${who} may come back`,
  release: (who) =>
    `${who} is nobody's name any more; whoever wrote with the old key before is refused the new one until "banter trust <server> ${who}"`,
  setAccess: (access) => `access: ${access}`,
  allow: (who) => `${who} may come in`,
  disallow: (who) => `${who} is not on the list any more`,
  revoke: (id) => `the invitation ${id} is good for nobody any more`,
  announce: (text) => `announced: ${text}`,
};

function linesOf<Item>(items: readonly Item[], line: (item: Item) => string, none: string): string {
  return items.length === 0 ? none : items.map(line).join('\n');
}

function named(name: string): string {
  return name === '' ? '(no name)' : safeText(name);
}

function because(reason: string): string {
  return reason === '' ? '' : `: ${safeText(reason)}`;
}

/** A time that sorts and says its zone. */
function when(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? 'some time' : `${date.toISOString().slice(0, 16)}Z`;
}
