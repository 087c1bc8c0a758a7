/** Compares the permissions that a plugin asks for with what of the SDK its code uses. */

import { isHttpPermission } from './http-origin.ts';
import type { NamedPermission, Permission } from './permissions.ts';

/** What differs. */
export interface PermissionUses {
  /** Asked for, and nothing that needs it is used. */
  readonly unused: readonly Permission[];
  /** Used, and not one of the permissions that allow it is asked for. */
  readonly unasked: readonly { readonly use: string; readonly needs: readonly string[] }[];
}

interface Use {
  readonly use: string;
  /** Any of these makes it one: a member of `ctx` or of a message, for `on` and `use` with what is passed first. */
  readonly members: readonly string[];
  /** Any of these allows it. */
  readonly needs: readonly (NamedPermission | 'http')[];
}

const groupEvents = ['message', 'mention', 'joined', 'left', 'removed', 'gap'];

const uses: readonly Use[] = [
  {
    use: 'on (events of groups)',
    members: groupEvents.map((event) => `on ${event}`),
    needs: ['message.read'],
  },
  { use: 'on "private"', members: ['on private'], needs: ['private.read'] },
  {
    use: 'command, hear, respond, ask or use "listen"',
    members: ['command', 'hear', 'respond', 'ask', 'use listen'],
    needs: ['message.read', 'private.read'],
  },
  {
    use: 'use "receive" or "send"',
    members: ['use receive', 'use send'],
    needs: ['message.change', 'private.change'],
  },
  {
    use: 'send, reply or what a command answers',
    members: ['send', 'reply', 'command', 'hear', 'respond', 'ask'],
    needs: ['message.send', 'private.send'],
  },
  { use: 'history', members: ['history'], needs: ['history.read'] },
  { use: 'moderation', members: ['moderation'], needs: ['group.moderate'] },
  { use: 'file.append', members: ['file'], needs: ['file.append'] },
  { use: 'storage', members: ['storage'], needs: ['storage'] },
  { use: 'schedule', members: ['schedule'], needs: ['schedule'] },
  { use: 'http', members: ['http'], needs: ['http'] },
];

/** `used` are members: `storage`, `reply`, `on message`, `use send`. */
export function permissionUses(
  used: ReadonlySet<string>,
  asked: readonly Permission[],
): PermissionUses {
  const seen = uses.filter(({ members }) => members.some((member) => used.has(member)));
  const kinds = new Set(asked.map(kindOf));
  const needed = new Set(seen.flatMap(({ needs }) => needs));
  return {
    unused: asked.filter((permission) => !needed.has(kindOf(permission))),
    unasked: seen
      .filter(({ needs }) => !needs.some((need) => kinds.has(need)))
      .map(({ use, needs }) => ({ use, needs })),
  };
}

function kindOf(permission: Permission): NamedPermission | 'http' {
  return isHttpPermission(permission) ? 'http' : permission;
}
