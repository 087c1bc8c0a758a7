/** Stateless resets: tells whoever holds a connection that we do not know that it is gone (RFC 9000 §10.3). */

import { type Address, isRelayed } from './address.ts';
import { ByteWriter } from './bytes.ts';
import type { Transmit } from './connection-event.ts';
import type { Crypto, Identity } from './crypto.ts';
import { connectionIdBytes, datagramForm, resetTokenBytes } from './packet.ts';

/** Resets a second at most: a reset answers a stranger. */
const resetsPerSecond = 200;

export interface ResetsOptions {
  readonly crypto: Crypto;
  readonly identity: Identity;
  /** Whether nobody but the relay is answered: who knows a token and guesses an address would know who is there. Default false. */
  readonly relayedOnly?: boolean;
}

export class Resets {
  readonly #crypto: Crypto;
  readonly #secret: Uint8Array;
  readonly #relayedOnly: boolean;
  #port = 0;
  readonly #due: Transmit[] = [];
  #window = { startedAt: 0, count: 0 };

  constructor({ crypto, identity, relayedOnly = false }: ResetsOptions) {
    this.#crypto = crypto;
    this.#relayedOnly = relayedOnly;
    // Derived, so that a restarted process of the same identity can still reset the connections of its predecessor.
    this.#secret = crypto.mac(identity.seed, new TextEncoder().encode('banter reset'));
  }

  /**
   * From now on tokens are those of this port: another process of the same identity has another one, and must not tell
   * whoever asks it what ends our connections (RFC 9000 §21.11).
   */
  bind(port: number): void {
    this.#port = port;
  }

  /** What ends the connection whose packets bear this id. */
  token(connectionId: Uint8Array): Uint8Array {
    const writer = new ByteWriter(4 + connectionIdBytes);
    writer.uint32(this.#port);
    writer.raw(connectionId);
    return this.#crypto.mac(this.#secret, writer.bytes);
  }

  /** Answers a data packet of an unknown connection, with less than what provoked it. */
  answer(datagram: Uint8Array, to: Address, now: number): void {
    if (this.#relayedOnly && !isRelayed(to)) return;
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
