/** The public API of Banter's plugins, for whoever runs them; authors import `plugins/sdk.ts`. */

export type { CommandInfo, LogLevel } from './bridge.ts';
export type { PluginLog } from './capabilities.ts';
export type { PluginClient } from './feed.ts';
export { type Permission, permissionTable } from './permissions.ts';
export type { PluginCounters, PluginStatus } from './plugin.ts';
export { builtinPlugins, PluginRuntime, type PluginRuntimeOptions } from './runtime.ts';
