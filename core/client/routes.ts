/** The ways to a peer: over the server's relay, and directly where the network and both persons let it. */

import { decodeRelayed, encodeRelayed } from '../chat/relay.ts';
import type { DirectoryEntry } from '../chat/types.ts';
import { controlConversation, peerCodec } from '../chat/wire.ts';
import { type Address, isPrivateHost, relayAddress, relayedIdentity } from '../protocol/address.ts';
import type { Endpoint } from '../protocol/endpoint.ts';

/** Addresses that a peer may have us try on one connection, and that we tell it there. */
const toldAddressesMax = 3;

export interface RoutesOptions {
  readonly endpoint: Endpoint;
  readonly now: () => number;
  /** The connection to the server while it is there. */
  readonly serverLink: () => number | undefined;
  /** Whether peers are not to learn where we are. */
  readonly relayOnly: boolean;
  /** Where we can be reached on the networks we are on. */
  readonly localAddresses: () => readonly Address[];
}

export class Routes {
  readonly #options: RoutesOptions;
  /** Links on which the peer has been told where we are. */
  readonly #told = new Set<number>();
  /** How many addresses the peer has had us try, by link. */
  readonly #tried = new Map<number, number>();

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  /**
   * Where a connection to a peer may begin, the first choice first: at the relay, unless the server or the peer's tie
   * to it is gone, and then directly.
   */
  ways({ key, online, address }: DirectoryEntry): readonly Address[] {
    const { relayOnly, serverLink } = this.#options;
    const relayed = serverLink() !== undefined && online ? [relayAddress(key, 0)] : [];
    return relayOnly || address.port === 0 ? relayed : [...relayed, address];
  }

  /**
   * Tries the way that a connection does not have yet, and says once where we are; `entry` is what the server says of
   * the peer. Nobody without an entry is told: whoever finds the port may connect.
   */
  widen(link: number, entry: DirectoryEntry): void {
    const { endpoint, relayOnly, serverLink, now } = this.#options;
    this.#tell(link);
    if (serverLink() !== undefined) endpoint.probe(link, relayAddress(entry.key, 0), now());
    if (relayOnly || entry.address.port === 0) return;
    endpoint.probe(link, entry.address, now());
  }

  /** A connection has ended. */
  forget(link: number): void {
    this.#told.delete(link);
    this.#tried.delete(link);
  }

  /**
   * Tries addresses that the peer says it has. Only those of private networks: with any other it could have us knock
   * at a stranger's door; and no more than three on a connection, however often it says so, lest it search our network.
   */
  tryTold(link: number, addresses: readonly Address[]): void {
    const { endpoint, relayOnly, now } = this.#options;
    if (relayOnly) return;
    const tried = this.#tried.get(link) ?? 0;
    const tryable = addresses
      .filter(({ host, port }) => port !== 0 && isPrivateHost(host))
      .slice(0, toldAddressesMax - tried);
    this.#tried.set(link, tried + tryable.length);
    for (const address of tryable) endpoint.probe(link, address, now());
  }

  /** Sends a datagram whose address leads over the relay; lost while the server is away. */
  sendRelayed(datagram: Uint8Array, to: Address): void {
    const { endpoint, serverLink } = this.#options;
    const link = serverLink();
    if (link === undefined) return;
    const relayed = { identity: relayedIdentity(to), link: to.port, datagram };
    endpoint.sendDatagram(link, encodeRelayed(relayed));
  }

  /** Takes a datagram that the server has relayed. */
  receiveRelayed(payload: Uint8Array): void {
    const relayed = decodeRelayed(payload);
    if (relayed === undefined) return;
    const { endpoint, now } = this.#options;
    endpoint.receive(relayed.datagram, relayAddress(relayed.identity, relayed.link), now());
  }

  #tell(link: number): void {
    const { endpoint, relayOnly, localAddresses } = this.#options;
    if (relayOnly || this.#told.has(link)) return;
    this.#told.add(link);
    const addresses = localAddresses()
      .filter(({ host }) => isPrivateHost(host))
      .slice(0, toldAddressesMax);
    if (addresses.length === 0) return;
    const told = peerCodec.encode({ type: 'reachableAt', addresses });
    endpoint.send(link, controlConversation, told);
  }
}
