/** `banter trust`: accepts the key that a server has now, or forgets the one a peer had. */

import {
  type TrustPeerOptions,
  type TrustServerOptions,
  trustPeer,
  trustServer,
} from '../core/client-api.ts';
import { type Config, ownName } from './config.ts';
import { exitCodes } from './exit-codes.ts';
import { safeText } from './safe-text.ts';

/** Whose key is in question. */
export interface TrustOptions {
  /** Its server is the one meant. */
  readonly config: Config;
  /** A peer, instead of the server. */
  readonly peer: string | undefined;
  readonly signal: AbortSignal;
}

/** Says what has become of the key; resolves to the exit code. @throws BanterError as `trustServer` and `trustPeer` do */
export function trust({ config, peer, signal }: TrustOptions): Promise<number> {
  const place = { server: config.server.value, dataDir: config.data.value };
  return peer === undefined
    ? acceptServer({ ...place, signal })
    : forgetPeer({ ...place, name: ownName(config), peer });
}

async function acceptServer(options: TrustServerOptions): Promise<number> {
  const { previous, current } = await trustServer(options);
  const server = safeText(options.server.replace(/#.*/, ''));
  process.stdout.write(`${describe(server, previous, current)}\n`);
  return exitCodes.ok;
}

async function forgetPeer(options: TrustPeerOptions): Promise<number> {
  const wasKnown = await trustPeer(options);
  const [name, peer] = [safeText(options.name), safeText(options.peer)];
  const words = wasKnown
    ? `the key of ${peer} is forgotten; the next contact decides whom ${name} trusts under that name`
    : `${name} has no key of ${peer} to forget`;
  process.stdout.write(`${words}\n`);
  return wasKnown ? exitCodes.ok : exitCodes.failed;
}

function describe(server: string, previous: string | undefined, current: string): string {
  if (previous === current) return `${server} is trusted as before: ${current}`;
  const before = previous === undefined ? 'nothing was known before' : `before: ${previous}`;
  return `${server} is trusted with the key ${current} (${before})`;
}
