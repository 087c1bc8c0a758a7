/** The public API of Banter's plugins, for whoever runs them; authors import `plugins/sdk.ts`. */

export {
  type Authorize,
  authority,
  type PermissionAnswer,
  type PermissionQuestion,
} from './authority.ts';
export { Bundler } from './bundle.ts';
export type { PluginLog } from './capabilities.ts';
export { estatesIn, estateWords, exchangeEstates, placeWords } from './estates.ts';
export type { PluginClient } from './feed.ts';
export { GrantBook, type GrantRecord } from './grant-book.ts';
export { Granted } from './granted.ts';
export type { TapEntry } from './insight.ts';
export { inspectPlugin } from './inspection.ts';
export {
  type InstalledPlugin,
  InstalledPlugins,
  integrityPattern,
  type PackageOrigin,
  type PluginOrigin,
} from './installed.ts';
export { builtinIdentity, builtinPlugins, isPluginName } from './location.ts';
export { isPluginId } from './manifest.ts';
export type { MetricFamily, MetricSeries, MetricsStatus } from './metrics.ts';
export { permissionUses } from './permission-uses.ts';
export { describePermission, type Permission } from './permissions.ts';
export { noCounters, type PluginStatus } from './plugin-status.ts';
export { RecordedClient, type RecordingSummary } from './recorded-client.ts';
export { PluginRuntime } from './runtime.ts';
export type { PluginRuntimeOptions } from './runtime-options.ts';
export type { KeptValues } from './storage.ts';
export { pack, tarballIntegrity, unpack } from './tarball.ts';
export type { Trace } from './traces.ts';
export { PluginWatch } from './watch.ts';
