/** What an initiator remembers of responders that it has reached, so that it reaches them faster (docs/PROTOCOL.md §3). */

import { type Address, addressKey } from './address.ts';
import { toHex } from './bytes.ts';

/** What the newest handshake with a responder has told. */
export interface Acquaintance {
  /** What the responder gave us as a proof of our address. */
  readonly addressToken: Uint8Array;
  /** Versions the responder speaks, best first; both sides hash them. */
  readonly versions: readonly number[];
}

/** Responders remembered; beyond, the one met longest ago is a stranger again, and costs a round trip more. */
const acquaintancesMax = 1024;

export class Acquaintances {
  /** By identity and address, the one met longest ago first. */
  readonly #known = new Map<string, Acquaintance>();

  /** Replaces what was known: a token that has served is not shown again, which would tie connections together. */
  remember(identity: Uint8Array, address: Address, acquaintance: Acquaintance): void {
    const key = keyOf(identity, address);
    this.#known.delete(key);
    this.#known.set(key, acquaintance);
    const [oldest] = this.#known.keys();
    if (this.#known.size > acquaintancesMax && oldest !== undefined) this.#known.delete(oldest);
  }

  find(identity: Uint8Array, address: Address): Acquaintance | undefined {
    return this.#known.get(keyOf(identity, address));
  }
}

function keyOf(identity: Uint8Array, address: Address): string {
  return `${toHex(identity)} ${addressKey(address)}`;
}
