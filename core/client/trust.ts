/** What a person says about keys: accept the one a server has now, forget the one a peer had. */

import { BanterError } from '../errors.ts';
import { fingerprintOf, parseServerAddress } from '../net/address.ts';
import type { Environment } from '../net/transport.ts';
import { toHex } from '../protocol/bytes.ts';
import { ClientFiles, ServerPin } from '../store/client-files.ts';
import { meetServer } from './meeting.ts';

/** Which server to accept the key of. */
export interface TrustServerOptions {
  /** As in `ConnectOptions`; with a `#fingerprint` no other key is accepted. */
  readonly server: string;
  /** The folder in which the key is pinned. */
  readonly dataDir: string;
  /** Cancels the attempt to connect. */
  readonly signal?: AbortSignal;
  /** Clock and network; a test brings a simulated one. */
  readonly environment?: Environment;
}

/** Which peer's key to forget. */
export interface TrustPeerOptions {
  /** The server at which the peer was met. */
  readonly server: string;
  /** The own name, under which the peer was met. */
  readonly name: string;
  readonly peer: string;
  /** The folder in which keys are pinned. */
  readonly dataDir: string;
}

/**
 * Has the server prove its key, without registering anything, and pins that key in place of the one before.
 * Resolves to fingerprints; `previous` is undefined at first contact.
 * @throws BanterError ADDRESS_INVALID, SERVER_UNREACHABLE, SERVER_KEY_CHANGED (not the `#fingerprint` given),
 * VERSION_UNSUPPORTED, DATA_UNUSABLE, ABORTED
 */
export async function trustServer(
  options: TrustServerOptions,
): Promise<{ readonly previous: string | undefined; readonly current: string }> {
  const address = parseServerAddress(options.server);
  const pin = new ServerPin(options.dataDir, address.name);
  const previous = pin.read();
  const { key } = await meetServer(address, options);
  pin.write(toHex(key));
  return { previous: previous && fingerprintOf(previous), current: fingerprintOf(key) };
}

/** A server as it showed itself, and what is known of it. */
export interface ServerExamination {
  /** Round trip of the handshake. Milliseconds. */
  readonly rttMs: number;
  readonly fingerprint: string;
  /** The fingerprint that is pinned; undefined before first contact. */
  readonly pinned: string | undefined;
}

/**
 * Has the server prove its key, without registering or pinning anything.
 * @throws BanterError ADDRESS_INVALID, SERVER_UNREACHABLE, SERVER_KEY_CHANGED (not the `#fingerprint` given),
 * VERSION_UNSUPPORTED, DATA_UNUSABLE, ABORTED
 */
export async function examineServer(options: TrustServerOptions): Promise<ServerExamination> {
  const address = parseServerAddress(options.server);
  const pinned = new ServerPin(options.dataDir, address.name).read();
  const { key, rttMs } = await meetServer(address, options);
  return { rttMs, fingerprint: fingerprintOf(key), pinned: pinned && fingerprintOf(pinned) };
}

/**
 * Forgets the key of a peer, so that the next contact pins anew. A client of this name that is running must be restarted.
 * @returns whether there was a key to forget
 * @throws BanterError ADDRESS_INVALID, OPTION_INVALID (the own name was never used at this server), DATA_UNUSABLE
 */
export async function trustPeer(options: TrustPeerOptions): Promise<boolean> {
  const { server, name, peer, dataDir } = options;
  const address = parseServerAddress(server);
  const files = new ClientFiles(dataDir, address.name, name, () => {
    throw new BanterError('OPTION_INVALID', `"${name}" was never used at ${address.name}`);
  });
  files.close();
  return files.pins.forget(peer);
}
