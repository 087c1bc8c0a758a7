/** Stateless resets: tells whoever holds a connection that we do not know that it is gone (RFC 9000 §10.3). */

import type { Address } from './address.ts';
import type { Transmit } from './connection-event.ts';
import type { Crypto, Identity, Random } from './crypto.ts';
import { connectionIdBytes, datagramForm, resetTokenBytes } from './packet.ts';

/** Resets a second at most: a reset answers a stranger. */
const resetsPerSecond = 200;

export interface ResetsOptions {
  readonly crypto: Crypto;
  readonly random: Random;
  readonly identity: Identity;
  /** See `EndpointOptions`. */
  readonly isAuxiliary?: boolean;
}

export class Resets {
  readonly #crypto: Crypto;
  readonly #secret: Uint8Array;
  readonly #due: Transmit[] = [];
  #window = { startedAt: 0, count: 0 };

  constructor({ crypto, random, identity, isAuxiliary = false }: ResetsOptions) {
    this.#crypto = crypto;
    // Derived, so that a restarted process of the same identity can still reset the connections of its predecessor.
    // Of two at the same time neither must be had to tell what ends the other's connections (RFC 9000 §21.11).
    this.#secret = isAuxiliary
      ? random(32)
      : crypto.mac(identity.seed, new TextEncoder().encode('banter reset'));
  }

  /** What ends the connection whose packets bear this id. */
  token(connectionId: Uint8Array): Uint8Array {
    return this.#crypto.mac(this.#secret, connectionId);
  }

  /** Answers a data packet of an unknown connection, with less than what provoked it. */
  answer(datagram: Uint8Array, to: Address, now: number): void {
    if (now - this.#window.startedAt >= 1000) this.#window = { startedAt: now, count: 0 };
    if (++this.#window.count > resetsPerSecond) return;
    const reset = new Uint8Array(1 + resetTokenBytes);
    reset[0] = datagramForm.reset;
    reset.set(this.token(datagram.subarray(1, 1 + connectionIdBytes)), 1);
    this.#due.push({ to, datagram: reset });
  }

  /** The next reset to send. */
  poll(): Transmit | undefined {
    return this.#due.shift();
  }
}
