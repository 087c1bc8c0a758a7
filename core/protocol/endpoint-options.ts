/** What an endpoint is made of and how much it allows. */

import type { AdmissionLimits } from './admission.ts';
import type { Crypto, Identity, Random } from './crypto.ts';
import type { ConnectionTiming } from './liveness.ts';

export interface EndpointOptions {
  readonly crypto: Crypto;
  readonly random: Random;
  readonly identity: Identity;
  /** Timing of the connections that others open. */
  readonly timing: ConnectionTiming;
  /** Connections that others may open, half-open ones included; beyond, handshakes are dropped. */
  readonly connectionsMax: number;
  /** What one address may; fields that are missing have their defaults. */
  readonly admission?: Partial<AdmissionLimits>;
  /** Conversations that whoever opens a connection may use on it. Default: as many as the protocol knows. */
  readonly conversationsMax?: number;
  /** Whether it can be reached over the relay only: handshakes and paths of any other address are dropped. Default false. */
  readonly relayedOnly?: boolean;
  /** Whether this process comes and goes beside another one of its identity, which stays. Default false. */
  readonly isAuxiliary?: boolean;
  readonly now: number;
  /**
   * The wall clock at `now` 0, by which address tokens outlive the process. Milliseconds since 1970. Default 0: tokens
   * of an earlier process are as old as `now` says, or refused.
   */
  readonly epochMs?: number;
}
