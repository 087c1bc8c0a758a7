/** Where the file of a plugin is: those built in or installed by name, all others by path. */

import { realpathSync } from 'node:fs';
import { extname, resolve, sep } from 'node:path';
import { BanterError } from '../core/error-api.ts';
import { InstalledPlugins } from './installed.ts';
import { sibling } from './kept-scripts.ts';

/** The plugins that come with Banter, by the name under which they are loaded. */
export const builtinPlugins: readonly string[] = [
  'auto-reply',
  'bouncer',
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
  /** What the file must be: that of an installed plugin. Files of authors change. */
  readonly sha512?: string;
}

/** The identity of every plugin that comes with Banter. */
export const builtinIdentity = 'built-in';

/** Whether a plugin is meant by its name: built in, or installed. */
export function isPluginName(spec: string): boolean {
  return extname(spec) === '' && !spec.includes('/') && !spec.includes(sep);
}

/**
 * What is behind a name or path; `installedDir` is the folder of installed plugins.
 * @throws BanterError PLUGIN_INVALID, PLUGIN_CHANGED, DATA_UNUSABLE
 */
export function locate(spec: string, installedDir?: string): PluginSource {
  if (builtinPlugins.includes(spec)) {
    return { file: sibling(`builtin/${spec}`), identity: builtinIdentity };
  }
  if (!isPluginName(spec)) {
    const file = realPath(resolve(spec));
    return { file, identity: `file:${file}` };
  }
  const installed =
    installedDir === undefined ? undefined : new InstalledPlugins(installedDir).locate(spec);
  if (installed !== undefined) return installed;
  throw new BanterError(
    'PLUGIN_INVALID',
    `there is no plugin "${spec}"; built in are ${builtinPlugins.join(', ')}, others are installed with "banter plugin install", and a file is named by its path (./${spec}.ts)`,
  );
}

/**
 * What is behind the same name now: meanwhile another version may have been installed. A file stays the same, wherever
 * this process has gone.
 * @throws BanterError as {@link locate}
 */
export function locateAgain(
  { spec, source }: { readonly spec: string; readonly source: PluginSource },
  installedDir: string | undefined,
): PluginSource {
  return source.sha512 === undefined ? source : locate(spec, installedDir);
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
