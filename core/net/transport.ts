/** What carries datagrams, and the rest of the outside world that a driver needs. */

import type { Address } from '../protocol/address.ts';
import type { Random } from '../protocol/crypto.ts';

/** A bound socket, or something that behaves like one: datagrams may be lost, doubled and reordered. */
export interface Transport {
  readonly localAddress: Address;
  /** Sends at once and never throws; the bytes must not change afterwards. */
  send(datagram: Uint8Array, to: Address): void;
  /** Frees the socket; nothing is received afterwards. */
  close(): Promise<void>;
}

export interface TransportOptions {
  /** Address to bind; undefined for all, IPv6 and IPv4. */
  readonly host: string | undefined;
  /** Port to bind; 0 for any. */
  readonly port: number;
  /** The bytes are the receiver's only until it returns. */
  readonly onDatagram: (datagram: Uint8Array, from: Address) => void;
}

/** Clock, timers, randomness, names and sockets: the machine's own, or a simulated network's. */
export interface Environment {
  readonly random: Random;
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds since the epoch. */
  wallClockMs(): number;
  /** @returns a function that cancels */
  setTimer(callback: () => void, delayMs: number): () => void;
  /** Runs the callback when the current turn of the event loop is over. */
  soon(callback: () => void): void;
  /** The IP addresses of this machine, those of the loopback left out. */
  localHosts(): readonly string[];
  /** The first address of a host. @throws BanterError ADDRESS_INVALID */
  resolve(host: string): Promise<string>;
  /** @throws BanterError PORT_IN_USE, ADDRESS_INVALID */
  open(options: TransportOptions): Promise<Transport>;
}
