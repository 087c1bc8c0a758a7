/** How plugins are run and loaded. */

import { BanterError } from '../core/error-api.ts';
import type { Authorize } from './authority.ts';
import type { PluginLog } from './capabilities.ts';
import { type Clock, type Simulation, systemClock } from './clock.ts';
import type { PluginClient } from './feed.ts';
import { Granted } from './granted.ts';
import type { PluginStatus } from './plugin-status.ts';
import type { Variables } from './settings.ts';

/** How to run plugins. */
export interface PluginRuntimeOptions {
  /** Whose messages they see and in whose name they act. The runtime does not close it. */
  readonly client: PluginClient;
  /** Folder for what plugins write and keep, under `plugins/`. Without it `file.append` is refused, and `storage` is in memory only. */
  readonly dataDir?: string;
  /** The folder of installed plugins, which are loaded by their ids. Without it there are none. */
  readonly installedDir?: string | undefined;
  /** Decides what a plugin may do before its `setup` runs. Without it each may do what its manifest asks for. */
  readonly authorize?: Authorize | undefined;
  /** What a command begins with, 1 to 8 characters. Default `!`. */
  readonly commandPrefix?: string;
  /** Whether `!help` is answered for all plugins together, as a bot does. Default false: a person says nothing by itself. */
  readonly answersHelp?: boolean;
  /** Where the secrets of plugins are looked for: variables of the environment, by name. Default: there are none. */
  readonly variables?: Variables;
  /** Whether plugins are only tried: what they send and decide about messages is logged and not done. Default false. */
  readonly dryRun?: boolean;
  /** Whether each plugin gets a process of its own, whatever its manifest says; at most 16 then. Default false. */
  readonly isolate?: boolean;
  /** Whether plugins in quarantine for what may pass are loaded again after a while. Default true. */
  readonly retry?: boolean;
  /** Told each line that a plugin logs, and each that the runtime logs about a plugin. */
  readonly onLog?: (entry: PluginLog) => void;
  /** Told whenever a plugin began to run, was quarantined or was stopped. */
  readonly onStatus?: (status: PluginStatus) => void;
  /** Clock and chance of a test world, in place of the machine's. */
  readonly simulation?: Simulation;
}

/** How one plugin is loaded. */
export interface LoadOptions {
  /** What it is granted, such as `message.read` or `message.read@ops`, whoever decides else. */
  readonly permissions?: readonly string[] | undefined;
  /** What it sends and decides about messages is logged and not done. Default: as the runtime was started. */
  readonly dryRun?: boolean | undefined;
  /** Whether it gets a process of its own even if its manifest does not ask for one. Default: as the runtime was started. */
  readonly isolate?: boolean | undefined;
}

/** Options with what holds where nothing is said. */
interface CompleteOptions
  extends Required<Omit<PluginRuntimeOptions, 'dataDir' | 'installedDir' | 'simulation'>> {
  readonly authorize: Authorize;
  readonly dataDir: string | undefined;
  readonly installedDir: string | undefined;
  readonly simulation: Simulation | undefined;
  readonly clock: Clock;
}

/** @throws BanterError OPTION_INVALID */
export function completeOptions({
  client,
  dataDir,
  installedDir,
  authorize = ({ manifest }) => Granted.of(manifest.permissions),
  commandPrefix = '!',
  answersHelp = false,
  variables = () => undefined,
  dryRun = false,
  isolate = false,
  retry = true,
  onLog = () => undefined,
  onStatus = () => undefined,
  simulation,
}: PluginRuntimeOptions): CompleteOptions {
  if (!/^\S{1,8}$/u.test(commandPrefix)) {
    const problem = `commandPrefix must be 1 to 8 characters, not "${commandPrefix}"`;
    throw new BanterError('OPTION_INVALID', problem);
  }
  const clock = simulation?.clock ?? systemClock;
  const behaviour = { authorize, commandPrefix, answersHelp, variables, dryRun, isolate, retry };
  return { client, dataDir, installedDir, simulation, clock, onLog, onStatus, ...behaviour };
}
