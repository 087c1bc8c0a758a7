/** Where the file of a plugin is: the built-in ones by name, all others by path. */

import { extname, resolve, sep } from 'node:path';
import { BanterError } from '../core/client-api.ts';
import { sibling } from './bundle.ts';

/** The plugins that come with Banter, by the name under which they are loaded. */
export const builtinPlugins: readonly string[] = [
  'auto-reply',
  'dice',
  'logger',
  'moderation',
  'poll',
  'reminder',
];

/** The file behind a name or path. @throws BanterError PLUGIN_INVALID */
export function locate(spec: string): string {
  if (builtinPlugins.includes(spec)) return sibling(`builtin/${spec}`);
  if (extname(spec) !== '' || spec.includes('/') || spec.includes(sep)) return resolve(spec);
  throw new BanterError(
    'PLUGIN_INVALID',
    `there is no plugin "${spec}"; built in are ${builtinPlugins.join(', ')}, and a file is named by its path (./${spec}.ts)`,
  );
}
