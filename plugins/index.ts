/** The public API of Banter's plugins, for whoever runs them; authors import `plugins/sdk.ts`. */

export type { PluginLog } from './capabilities.ts';
export type { PluginClient } from './feed.ts';
export { builtinPlugins } from './location.ts';
export type { PluginStatus } from './plugin.ts';
export { PluginRuntime, type PluginRuntimeOptions } from './runtime.ts';
