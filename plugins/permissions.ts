/** What a plugin may ask for, what that means in words, and which permission stands behind each event and action. */

import { BanterError } from '../core/error-api.ts';
import type { Action, PluginEvent } from './bridge.ts';
import { describeHttpPermission, type HttpPermission, isHttpPermission } from './http-origin.ts';

/** Every permission there is, in the words that a person is shown. */
export const permissionTable = {
  'message.read': 'reads the messages of your groups and sees who joins and leaves',
  'message.send': 'writes to your groups in your name',
  'message.change':
    'reads, changes and stops messages of your groups before you see them, and yours before they are sent',
  'history.read': 'reads what was said before in your groups',
  'group.moderate':
    'kicks, bans, mutes and invites people in your groups in your name, as far as your role there lets you',
  'private.read': 'reads the private messages that you receive',
  'private.send': 'sends private messages in your name',
  'private.change':
    'reads, changes and stops private messages before you see them, and yours before they are sent',
  'file.append': 'appends to a log file of its own in your data folder',
  storage: 'keeps data of its own in your data folder, up to 4 MB, over restarts',
  schedule: 'does things later, at times it has kept in your data folder',
} as const;

/** A permission that is a name of its own. */
export type NamedPermission = keyof typeof permissionTable;

/** What a plugin may ask for, by name or as a host of the web; what each means in words, `banter plugin permissions` and a prompt tell. */
export type Permission = NamedPermission | HttpPermission;

/** The names of {@link permissionTable} in its order. */
export const permissions: readonly NamedPermission[] =
  // Object.keys widens the keys of a const table to string.
  Object.keys(permissionTable) as NamedPermission[];

/** What a permission allows, in words. @throws BanterError OPTION_INVALID for a host that is none */
export function describePermission(permission: Permission): string {
  return isHttpPermission(permission)
    ? describeHttpPermission(permission)
    : permissionTable[permission];
}

/** Those that can be granted for named groups only. */
export const perGroup: ReadonlySet<Permission> = new Set([
  'message.read',
  'message.send',
  'message.change',
  'history.read',
  'group.moderate',
]);

/** What these functions ask of what was granted; see `granted.ts`. */
interface Grants {
  allows(permission: Permission, group?: string): boolean;
}

const neededForEvent: { readonly [K in PluginEvent['type']]?: Permission } = {
  message: 'message.read',
  joined: 'message.read',
  left: 'message.read',
  removed: 'message.read',
  gap: 'message.read',
  private: 'private.read',
};

const neededForAction: { readonly [K in Action['type']]?: Permission } = {
  sendGroup: 'message.send',
  sendPrivate: 'private.send',
  append: 'file.append',
  standing: 'message.read',
  arrival: 'private.send',
  history: 'history.read',
  moderate: 'group.moderate',
  storageGet: 'storage',
  storageSet: 'storage',
  storageDelete: 'storage',
  storageList: 'storage',
  scheduleJob: 'schedule',
  scheduleTask: 'schedule',
  cancelTask: 'schedule',
};

/** Whether the hooks of a plugin that was granted this may be asked about a message of a group, or, without one, a private one. */
export function mayChange(granted: Grants, group: string | undefined): boolean {
  return group === undefined
    ? granted.allows('private.change')
    : granted.allows('message.change', group);
}

/** Whether a plugin that was granted this is told of such an event. */
export function mayReceive(granted: Grants, event: PluginEvent): boolean {
  const needed = neededForEvent[event.type];
  return needed === undefined || granted.allows(needed, groupOf(event));
}

/** The refusal of an action that the grants do not cover, or undefined if they do. */
export function refusal(granted: Grants, action: Action): BanterError | undefined {
  const needed = neededForAction[action.type];
  const group = 'group' in action ? action.group : undefined;
  if (needed === undefined || granted.allows(needed, group)) return undefined;
  const problem = granted.allows(needed)
    ? `"${needed}" is granted for other groups than "${group}"`
    : `${action.type} needs the permission "${needed}"`;
  return new BanterError('PERMISSION_DENIED', problem, { data: { permission: needed } });
}

function groupOf(event: PluginEvent): string | undefined {
  if (event.type === 'message') return event.message.group;
  return 'group' in event ? event.group : undefined;
}
