/** Looks at a plugin without running it: its manifest, as its isolate describes it, before `setup`. */

import { BanterError } from '../core/error-api.ts';
import type { PermissionRequest } from './authority.ts';
import type { PluginClient } from './feed.ts';
import { PluginRuntime } from './runtime.ts';

/**
 * What a plugin asks for, and where it comes from. Its file is evaluated in the sandbox, where it can do nothing.
 * @throws BanterError PLUGIN_INVALID, PLUGIN_CHANGED, PLUGIN_FAILED
 */
export async function inspectPlugin(
  spec: string,
  installedDir?: string,
): Promise<PermissionRequest> {
  let seen: PermissionRequest | undefined;
  const runtime = await PluginRuntime.start({
    client: nobody,
    installedDir,
    authorize: (request) => {
      seen = request;
      throw new BanterError('ABORTED', 'it was only looked at');
    },
  });
  try {
    await runtime.load(spec);
  } catch (error) {
    if (seen === undefined) throw error;
  } finally {
    await runtime.close();
  }
  if (seen !== undefined) return seen;
  throw new BanterError('PLUGIN_FAILED', `${spec} cannot be looked at`);
}

/** A client that hears nothing and can say nothing. */
const nobody: PluginClient = {
  name: 'nobody',
  serverFingerprint: '',
  connected: false,
  send: refuse,
  sendGroup: refuse,
  history: refuse,
  search: refuse,
  moderation: {
    roles: refuse,
    kick: refuse,
    ban: refuse,
    unban: refuse,
    mute: refuse,
    unmute: refuse,
    invite: refuse,
  },
  administration: { operators: refuse },
  cursors: { hold: () => () => undefined },
  intercept: () => undefined,
  on: () => undefined,
  off: () => undefined,
};

async function refuse(): Promise<never> {
  throw new BanterError('CLOSED', 'there is no chat');
}
