/** A handshake with a server for its own sake: it shows which key it has, and how far away it is. */

import { BanterError } from '../errors.ts';
import { fingerprintOf, type ServerAddress } from '../net/address.ts';
import { Driver } from '../net/driver.ts';
import { SodiumCrypto } from '../net/sodium.ts';
import { systemEnvironment } from '../net/system.ts';
import type { Environment } from '../net/transport.ts';
import { Endpoint } from '../protocol/endpoint.ts';
import type { EndpointEvent } from '../protocol/endpoint-event.ts';
import type { HandshakeFailure } from '../protocol/initiator.ts';
import { handshakeError } from './handshake-error.ts';

/** What is left out is the machine's own, and for ever. */
export interface MeetingOptions {
  readonly signal?: AbortSignal;
  readonly environment?: Environment;
}

/** What a server has shown. */
export interface Meeting {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Milliseconds. */
  readonly rttMs: number;
}

/** How long to wait for the server. Milliseconds. */
const patienceMs = 5000;

const timing = { silenceMs: patienceMs, keepaliveMs: undefined, idleTimeoutMs: 60_000 };

/**
 * Shakes hands under an identity that nobody sees again, and leaves.
 * @throws BanterError SERVER_UNREACHABLE, SERVER_KEY_CHANGED (not the key of the address), VERSION_UNSUPPORTED,
 * ADDRESS_INVALID, ABORTED
 */
export async function meetServer(
  address: ServerAddress,
  { environment = systemEnvironment, signal }: MeetingOptions,
): Promise<Meeting> {
  const crypto = new SodiumCrypto();
  const endpoint = new Endpoint({
    crypto,
    random: environment.random,
    identity: crypto.identity(environment.random(32)),
    timing,
    connectionsMax: 1,
    now: environment.now(),
  });
  const host = await environment.resolve(address.host);
  const met = Promise.withResolvers<Meeting>();
  const onEvent = (event: EndpointEvent): void => {
    if (event.type === 'connected') {
      met.resolve({ key: event.identity, rttMs: endpoint.rtts()[0] ?? 0 });
      endpoint.close(event.link, 0, 'done');
    } else if (event.type === 'handshakeFailed') {
      met.reject(failed(event.failure, address));
    }
  };
  const driver = await Driver.start({ environment, endpoint, host: undefined, port: 0, onEvent });
  const onAbort = (): void => met.reject(new BanterError('ABORTED', 'cancelled'));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal?.aborted === true) onAbort();
    const target = { address: { host, port: address.port }, identity: address.key, timing };
    endpoint.connect({ ...target, timeoutMs: patienceMs }, environment.now());
    driver.wake();
    return await met.promise;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await driver.close();
  }
}

/** The key that was expected is the one that was handed over, not one from before. */
function failed(failure: HandshakeFailure, { name }: ServerAddress): BanterError {
  if (failure.type !== 'keyChanged') return handshakeError(failure, name);
  const fingerprint = fingerprintOf(failure.identity);
  const words = `${name} has another key than the one given: ${fingerprint}`;
  return new BanterError('SERVER_KEY_CHANGED', words, { data: { server: name, fingerprint } });
}
