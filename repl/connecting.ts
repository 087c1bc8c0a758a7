/** From settings to a client that is connected, has its plugins and is in its group. */

import { BanterError, Client } from '../core/client-api.ts';
import { keepArrivals } from './arrivals.ts';
import { type Config, environmentVariable, ownName } from './config.ts';
import { grantCommandOf, grantFileOf, installedDirOf } from './grant-file.ts';
import { LazyPlugins } from './lazy-plugins.ts';
import type { PluginManner } from './plugin-manner.ts';

/** A client at work. */
export interface Chatter {
  readonly client: Client;
  readonly plugins: LazyPlugins;
}

/** What the settings do not say. */
export interface ConnectingOptions {
  /** Take the name over from another process of the same identity. */
  readonly takeOver: boolean;
  /** Where a client of the name is present already, connect beside it: to send and to list, without a presence. */
  readonly besidePresent?: boolean;
  /** How to run the plugins. Default: as they are meant. */
  readonly manner?: PluginManner;
  readonly signal: AbortSignal;
}

/** Connects under the settings' name. @throws BanterError as `Client.connect` does; OPTION_INVALID without a name */
export async function connectChatter(
  config: Config,
  { takeOver, besidePresent = false, manner, signal }: ConnectingOptions,
): Promise<Chatter> {
  const dataDir = config.data.value;
  const options = {
    name: ownName(config),
    server: config.server.value,
    relayOnly: config.relayOnly.value,
    dataDir,
    takeOver,
    signal,
    ...invitationOf(config),
  };
  const client = await Client.connect(options).catch((error: unknown) => {
    const isPresent = error instanceof BanterError && error.code === 'NAME_PRESENT';
    if (isPresent && besidePresent) return Client.connect({ ...options, auxiliary: true });
    throw error;
  });
  keepArrivals(client);
  const plugins = new LazyPlugins({
    variables: environmentVariable,
    client,
    dataDir,
    installedDir: installedDirOf(config),
    grantFile: grantFileOf(config),
    grantCommand: grantCommandOf(config),
    ...manner,
    errorOutput: process.stderr,
  });
  return { client, plugins };
}

/** What a closed server asks of who comes for the first time. */
export function invitationOf({ invitation }: Config): { readonly invitation?: string } {
  return invitation.value === undefined ? {} : { invitation: invitation.value };
}

/** Loads the plugins and joins the group of the settings. @throws BanterError as the client and the plugins do */
export async function prepareChatter(
  { client, plugins }: Chatter,
  config: Config,
  watch = false,
): Promise<void> {
  for (const { plugin, config: settings, ...options } of config.plugins.value) {
    await plugins.load(plugin, settings, { ...options, watch });
  }
  const group = config.group.value;
  if (group !== undefined && !client.groups.includes(group)) await client.joinGroup(group);
}
