/** What a plugin may ask for, what that means in words, and which permission stands behind each event and action. */

import { BanterError } from '../core/client-api.ts';
import type { Action, PluginEvent } from './bridge.ts';

/** Every permission there is, in the words that a person is shown. */
export const permissionTable = {
  'message.read': 'reads the messages of your groups and sees who joins and leaves',
  'message.send': 'writes to your groups in your name',
  'message.change':
    'reads, changes and stops messages of your groups before you see them, and yours before they are sent',
  'private.read': 'reads the private messages that you receive',
  'private.send': 'sends private messages in your name',
  'private.change':
    'reads, changes and stops private messages before you see them, and yours before they are sent',
  'file.append': 'appends to a log file of its own in your data folder',
  storage: 'keeps data of its own in your data folder, up to 4 MB, over restarts',
  schedule: 'does things later, at times it has kept in your data folder',
} as const;

/** A name of {@link permissionTable}. */
export type Permission = keyof typeof permissionTable;

/** The names of {@link permissionTable} in its order. */
export const permissions: readonly Permission[] =
  // Object.keys widens the keys of a const table to string.
  Object.keys(permissionTable) as Permission[];

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
  storageGet: 'storage',
  storageSet: 'storage',
  storageDelete: 'storage',
  storageList: 'storage',
  scheduleJob: 'schedule',
  scheduleTask: 'schedule',
  cancelTask: 'schedule',
};

/** Whether the hooks of a plugin may be asked about a message of this kind. */
export function mayChange(
  { manifest }: { readonly manifest: { readonly permissions: readonly Permission[] } | undefined },
  kind: 'group' | 'private',
): boolean {
  const needed = kind === 'group' ? 'message.change' : 'private.change';
  return manifest?.permissions.includes(needed) === true;
}

/** Whether a plugin with these permissions is told of such an event. */
export function mayReceive(granted: readonly Permission[], type: PluginEvent['type']): boolean {
  const needed = neededForEvent[type];
  return needed === undefined || granted.includes(needed);
}

/** The refusal of an action that the permissions do not cover, or undefined if they do. */
export function refusal(
  granted: readonly Permission[],
  type: Action['type'],
): BanterError | undefined {
  const needed = neededForAction[type];
  if (needed === undefined || granted.includes(needed)) {
    return undefined;
  }
  return new BanterError('PERMISSION_DENIED', `${type} needs the permission "${needed}"`, {
    data: { permission: needed },
  });
}
