/** Which plugins a test loads. */

import { fileURLToPath } from 'node:url';

/** A built-in plugin by name, any other by path from the working folder or by its `file:` URL. */
export type PluginSpec = string | URL;

type Config = Readonly<Record<string, unknown>>;

/** A plugin, with settings where it needs any. */
export type PluginToLoad = PluginSpec | { readonly plugin: PluginSpec; readonly config?: Config };

/** The same as a runtime takes it. */
export function located(given: PluginToLoad): { readonly path: string; readonly config: Config } {
  const { plugin, config = {} } =
    typeof given === 'string' || given instanceof URL ? { plugin: given } : given;
  return { path: plugin instanceof URL ? fileURLToPath(plugin) : plugin, config };
}
