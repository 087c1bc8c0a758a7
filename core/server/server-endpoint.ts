/** The endpoint of a server: how long its connections may be silent, and how many there may be. */

import type { SodiumCrypto } from '../net/sodium.ts';
import type { Environment } from '../net/transport.ts';
import type { AdmissionLimits } from '../protocol/admission.ts';
import { Endpoint } from '../protocol/endpoint.ts';

/** A client that has said nothing for this long is asked whether it is there. Milliseconds. */
const keepaliveMs = 30_000;

/** A connection from which nothing came for this long is closed; its client comes back. Milliseconds. */
const idleTimeoutMs = 45_000;

/** Handshakes under way and those who are told that the server is full, beyond the connections it takes; more are dropped. */
const surplusConnections = 1024;

/** Clients talk on the control conversation only. */
const clientConversationsMax = 1;

export interface ServerEndpointOptions {
  readonly crypto: SodiumCrypto;
  readonly environment: Environment;
  readonly identity: ReturnType<SodiumCrypto['identity']>;
  /** Who is silent for longer is said to be. Milliseconds. */
  readonly silenceMs: number;
  /** Connections of clients at a time. */
  readonly linksMax: number;
  readonly admission: Partial<AdmissionLimits>;
  /** The instant 0 of the clock, in milliseconds since the epoch. */
  readonly epochMs: number;
}

/** @throws BanterError OPTION_INVALID */
export function makeEndpoint(options: ServerEndpointOptions): Endpoint {
  const { crypto, environment, identity, silenceMs, linksMax, admission, epochMs } = options;
  return new Endpoint({
    crypto,
    random: environment.random,
    identity,
    timing: { silenceMs, keepaliveMs, idleTimeoutMs },
    connectionsMax: linksMax + surplusConnections,
    conversationsMax: clientConversationsMax,
    admission,
    now: environment.now(),
    epochMs,
  });
}
