/** Where the file of a plugin is: the built-in ones by name, all others by path. */

import { realpathSync } from 'node:fs';
import { extname, resolve, sep } from 'node:path';
import { BanterError } from '../core/client-api.ts';
import { sibling } from './bundle.ts';

/** The plugins that come with Banter, by the name under which they are loaded. */
export const builtinPlugins: readonly string[] = [
  'auto-reply',
  'dice',
  'greeter',
  'logger',
  'moderation',
  'poll',
  'reminder',
];

/** Where a plugin comes from. */
export interface PluginSource {
  readonly file: string;
  /** What grants hold for: another plugin of the same id has another one. */
  readonly identity: string;
}

/** The identity of every plugin that comes with Banter. */
export const builtinIdentity = 'built-in';

/** What is behind a name or path. @throws BanterError PLUGIN_INVALID */
export function locate(spec: string): PluginSource {
  if (builtinPlugins.includes(spec)) {
    return { file: sibling(`builtin/${spec}`), identity: builtinIdentity };
  }
  if (extname(spec) !== '' || spec.includes('/') || spec.includes(sep)) {
    const file = realPath(resolve(spec));
    return { file, identity: `file:${file}` };
  }
  throw new BanterError(
    'PLUGIN_INVALID',
    `there is no plugin "${spec}"; built in are ${builtinPlugins.join(', ')}, and a file is named by its path (./${spec}.ts)`,
  );
}

/** A link that is turned to another file has not been granted what that one asks for. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Whoever reads it tells what is wrong.
    return path;
  }
}
