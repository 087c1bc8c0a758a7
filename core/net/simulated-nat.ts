/** A box that hides machines behind one public address: endpoint-independent mapping, filtering as told (RFC 4787). */

import type { Address } from '../protocol/address.ts';
import { addressKey } from '../protocol/address.ts';

/** Who may send to a mapped port: anybody, or only hosts that were sent to from it. */
export type NatFiltering = 'none' | 'address';

/** Where the ports of a box begin; it gives none twice. */
const firstPort = 20_000;

interface Mapping {
  readonly inside: Address;
  /** Hosts that the inside has sent to from this port. */
  readonly known: Set<string>;
}

export class Nat {
  readonly #filtering: NatFiltering;
  /** By the inside's address. */
  readonly #ports = new Map<string, number>();
  /** By port. */
  readonly #mappings = new Map<number, Mapping>();
  #address: string;
  #nextPort = firstPort;

  constructor(address: string, filtering: NatFiltering) {
    this.#address = address;
    this.#filtering = filtering;
  }

  /** What stands as sender on a datagram once it has passed the box. */
  outbound(inside: Address, to: Address): Address {
    const key = addressKey(inside);
    const port = this.#ports.get(key) ?? this.#nextPort++;
    this.#ports.set(key, port);
    const mapping = this.#mappings.get(port) ?? { inside, known: new Set<string>() };
    this.#mappings.set(port, mapping);
    mapping.known.add(to.host);
    return { host: this.#address, port };
  }

  /** Where a datagram to a public port goes; undefined if the box does not let it in. */
  inbound(port: number, from: Address): Address | undefined {
    const mapping = this.#mappings.get(port);
    const isKnown = this.#filtering === 'none' || mapping?.known.has(from.host) === true;
    return isKnown ? mapping?.inside : undefined;
  }

  /** Forgets every mapping: the next datagram of each socket comes from another port, and of this address. */
  rebind(address: string): void {
    this.#address = address;
    this.#ports.clear();
    this.#mappings.clear();
  }
}
