/** Address tokens: proof that an address has answered lately, for whoever comes back (docs/PROTOCOL.md §3). */

import { type Address, canonicalHost } from './address.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import type { Crypto, Identity } from './crypto.ts';

/** Time in seconds (32 bits) and a 16-byte MAC. */
export const addressTokenBytes = 20;

/** Long enough for whoever comes every day. Seconds. */
const lifetimeSeconds = 24 * 60 * 60;

/**
 * Issues and verifies tokens (RFC 9000 §8.1.3). Unlike a cookie's, the secret follows from the identity, so that a
 * restarted process accepts its predecessor's tokens when all come back at once; and the port does not count, which a
 * NAT chooses anew each time. That a token serves more than once is bounded by the handshakes admitted for it.
 */
export class AddressTokens {
  readonly #crypto: Crypto;
  readonly #secret: Uint8Array;
  readonly #epochMs: number;

  /** @param epochMs the wall clock at `now` 0, in milliseconds since 1970 */
  constructor(crypto: Crypto, identity: Identity, epochMs: number) {
    this.#crypto = crypto;
    this.#secret = crypto.mac(identity.seed, new TextEncoder().encode('banter address token'));
    this.#epochMs = epochMs;
  }

  /** A token for this host, which must have proved itself. */
  issue(to: Address, now: number): Uint8Array {
    const issuedAt = this.#seconds(now);
    const writer = new ByteWriter(addressTokenBytes);
    writer.uint32(issuedAt);
    writer.raw(this.#mac(issuedAt, to));
    return writer.bytes;
  }

  /** Whether we, or a process of our identity, issued this token for this host in the last 24 hours. */
  verify(token: Uint8Array, from: Address, now: number): boolean {
    const reader = new ByteReader(token);
    const issuedAt = reader.uint32();
    const age = this.#seconds(now) - issuedAt;
    // A token of the future is of a clock that was set back since; its age is unknown.
    if (age < 0 || age > lifetimeSeconds) return false;
    return this.#crypto.equal(reader.rest(), this.#mac(issuedAt, from));
  }

  #seconds(now: number): number {
    return Math.floor((this.#epochMs + now) / 1000) >>> 0;
  }

  #mac(issuedAt: number, { host }: Address): Uint8Array {
    const writer = new ByteWriter(64);
    writer.uint32(issuedAt);
    writer.raw(new TextEncoder().encode(canonicalHost(host)));
    return this.#crypto.mac(this.#secret, writer.bytes);
  }
}
