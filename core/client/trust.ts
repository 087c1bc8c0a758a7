/** What a person says about keys: accept the one a server has now, forget the one a peer had. */

import { BanterError } from '../errors.ts';
import { fingerprintOf, parseServerAddress, type ServerAddress } from '../net/address.ts';
import { Driver } from '../net/driver.ts';
import { SodiumCrypto } from '../net/sodium.ts';
import { systemEnvironment } from '../net/system.ts';
import type { Environment } from '../net/transport.ts';
import { toHex } from '../protocol/bytes.ts';
import { Endpoint } from '../protocol/endpoint.ts';
import type { EndpointEvent } from '../protocol/endpoint-event.ts';
import type { HandshakeFailure } from '../protocol/initiator.ts';
import { ClientFiles, ServerPin } from '../store/client-files.ts';

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

/** How long to wait for the server. Milliseconds. */
const connectTimeoutMs = 5000;

const timing = { silenceMs: connectTimeoutMs, keepaliveMs: undefined, idleTimeoutMs: 60_000 };

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
  const key = await provenKey(address, options);
  pin.write(toHex(key));
  return { previous: previous && fingerprintOf(previous), current: fingerprintOf(key) };
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

/** The key that the server shows to have in the handshake. */
async function provenKey(address: ServerAddress, options: TrustServerOptions): Promise<Uint8Array> {
  const { environment = systemEnvironment, signal } = options;
  const crypto = new SodiumCrypto();
  const endpoint = new Endpoint({
    crypto,
    random: environment.random,
    // An identity of its own, which nobody sees again.
    identity: crypto.identity(environment.random(32)),
    timing,
    connectionsMax: 1,
    now: environment.now(),
  });
  const host = await environment.resolve(address.host);
  const proven = Promise.withResolvers<Uint8Array>();
  const onEvent = (event: EndpointEvent): void => {
    if (event.type === 'connected') {
      proven.resolve(event.identity);
      endpoint.close(event.link, 0, 'done');
    } else if (event.type === 'handshakeFailed') {
      proven.reject(failed(event.failure, address));
    }
  };
  const driver = await Driver.start({ environment, endpoint, host: undefined, port: 0, onEvent });
  const onAbort = (): void => proven.reject(new BanterError('ABORTED', 'cancelled'));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal?.aborted === true) onAbort();
    const target = { address: { host, port: address.port }, identity: address.key, timing };
    endpoint.connect({ ...target, timeoutMs: connectTimeoutMs }, environment.now());
    driver.wake();
    return await proven.promise;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await driver.close();
  }
}

function failed(failure: HandshakeFailure, { name }: ServerAddress): BanterError {
  switch (failure.type) {
    case 'timeout':
      return new BanterError('SERVER_UNREACHABLE', `no server answers at ${name}`);
    case 'keyChanged':
      return new BanterError(
        'SERVER_KEY_CHANGED',
        `${name} has another key than the one given: ${fingerprintOf(failure.identity)}`,
        { data: { server: name, fingerprint: fingerprintOf(failure.identity) } },
      );
    case 'version':
      return new BanterError(
        'VERSION_UNSUPPORTED',
        `${name} speaks only versions ${failure.versions.join(', ')} of the protocol`,
      );
  }
}
