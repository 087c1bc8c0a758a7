/** Compares the permissions that a plugin asks for with the members of `ctx` that stand in the text of its bundle. */

import { Bundler } from './bundle.ts';
import { isHttpPermission } from './http-origin.ts';
import type { NamedPermission, Permission } from './permissions.ts';

/** What differs. It is a look at the text: what is computed (`ctx[name]`) or passed on under another name is not seen. */
export interface PermissionUses {
  /** Asked for, and nothing that needs it was seen. */
  readonly unused: readonly Permission[];
  /** Seen, and not one of the permissions that allow it is asked for. */
  readonly unasked: readonly { readonly use: string; readonly needs: readonly string[] }[];
}

interface Use {
  readonly use: string;
  /** As esbuild prints it: no comments, one form of quotes. */
  readonly pattern: RegExp;
  /** Any of these allows it. */
  readonly needs: readonly (NamedPermission | 'http')[];
}

const uses: readonly Use[] = [
  {
    use: 'on (events of groups)',
    pattern: /\bon\(\s*["'`](?:message|mention|joined|left|removed|gap)["'`]/,
    needs: ['message.read'],
  },
  { use: 'on "private"', pattern: /\bon\(\s*["'`]private["'`]/, needs: ['private.read'] },
  {
    use: 'command, hear, respond, ask or use "listen"',
    pattern: /\b(?:command|hear|respond)\(|\bask\b|\buse\(\s*["'`]listen["'`]/,
    needs: ['message.read', 'private.read'],
  },
  {
    use: 'use "receive" or "send"',
    pattern: /\buse\(\s*["'`](?:receive|send)["'`]/,
    needs: ['message.change', 'private.change'],
  },
  {
    use: 'send, reply or what a command answers',
    pattern: /\b(?:send|reply|command|hear|respond)\(|\bask\b/,
    needs: ['message.send', 'private.send'],
  },
  { use: 'history', pattern: member('history'), needs: ['history.read'] },
  { use: 'file.append', pattern: member('file'), needs: ['file.append'] },
  { use: 'storage', pattern: member('storage'), needs: ['storage'] },
  { use: 'schedule', pattern: member('schedule'), needs: ['schedule'] },
  { use: 'http', pattern: member('http'), needs: ['http'] },
];

/** Looks at the text of a plugin's bundle. @throws BanterError PLUGIN_INVALID if it cannot be bundled */
export async function permissionUses(
  file: string,
  asked: readonly Permission[],
): Promise<PermissionUses> {
  const { code } = await new Bundler().bundle(file);
  const seen = uses.filter(({ pattern }) => pattern.test(code));
  const kinds = new Set(asked.map(kindOf));
  const used = new Set(seen.flatMap(({ needs }) => needs));
  return {
    unused: asked.filter((permission) => !used.has(kindOf(permission))),
    unasked: seen
      .filter(({ needs }) => !needs.some((need) => kinds.has(need)))
      .map(({ use, needs }) => ({ use, needs })),
  };
}

function kindOf(permission: Permission): NamedPermission | 'http' {
  return isHttpPermission(permission) ? 'http' : permission;
}

/** A member that is read from an object, or taken out of one. */
function member(name: string): RegExp {
  return new RegExp(`\\.${name}\\b|[{,]\\s*${name}\\s*[,}:=]`);
}
