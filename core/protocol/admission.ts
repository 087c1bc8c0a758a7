/** How many handshakes and connections an address, its network and all together may have (docs/PROTOCOL.md §10). */

import { BanterError } from '../errors.ts';
import { type Address, canonicalHost, ipv6Network } from './address.ts';
import type { ProofType } from './handshake.ts';
import { RateTable } from './rate-table.ts';

/**
 * Every field is a whole number of at least 1. An address is an IPv4 address, an IPv6 /64 (what one customer or one
 * network segment has) or a relayed peer; ports do not count. Handshakes with a cookie and with an address token are
 * counted apart, each up to these bounds. What goes beyond is dropped and comes again; a token beyond is no worse
 * than none.
 */
export interface AdmissionLimits {
  /** Handshakes of one address in a second, beyond the burst. Default 20. */
  readonly addressHandshakesPerSecond: number;
  /** Handshakes of one address at once. Default 40: a classroom sits behind one address. */
  readonly addressHandshakeBurst: number;
  /** Handshakes of one IPv6 /48, which one site has, in a second. Default 80. */
  readonly networkHandshakesPerSecond: number;
  /** Handshakes of one IPv6 /48 at once. Default 160. */
  readonly networkHandshakeBurst: number;
  /** Handshakes in all in a second, half of them for holders of address tokens and half for others. Default 200. */
  readonly handshakesPerSecond: number;
  /** Handshakes in all at once, halved likewise. Default 400. */
  readonly handshakeBurst: number;
  /** Connections that began at one address, half-open ones included. Default 512. */
  readonly addressConnections: number;
}

const defaultAdmissionLimits: AdmissionLimits = {
  addressHandshakesPerSecond: 20,
  addressHandshakeBurst: 40,
  networkHandshakesPerSecond: 80,
  networkHandshakeBurst: 160,
  handshakesPerSecond: 200,
  handshakeBurst: 400,
  addressConnections: 512,
};

/** Of an IPv6 address: what a customer or a segment has, and what a site has (RFC 6177 §2). */
const addressBits = 64;
const networkBits = 48;

/** Which bound a handshake met: of all connections, or of its address; of its address' rate, its /48's, or of all. */
export type AdmissionRefusal =
  | 'connectionsFull'
  | 'addressFull'
  | 'rateLimited'
  | 'networkRateLimited'
  | 'totalRateLimited';

interface Rule {
  readonly table: RateTable;
  /** What is counted as one; undefined for addresses that the rule does not know. */
  readonly keyOf: (host: string) => string | undefined;
  readonly refusal: AdmissionRefusal;
}

/** Asked for every new handshake whose address has proved itself, before anything expensive is done for it. */
export class Admission {
  readonly #addressConnectionsMax: number;
  readonly #connectionsMax: number;
  readonly #rules: Readonly<Record<ProofType, readonly Rule[]>>;
  /** Connections by address; none where there are none. */
  readonly #connections = new Map<string, number>();
  #connectionCount = 0;

  /**
   * @param connectionsMax connections that others may hold, from all addresses, half-open ones included
   * @throws BanterError OPTION_INVALID
   */
  constructor(limits: Partial<AdmissionLimits>, connectionsMax: number) {
    const complete = parseLimits(limits);
    this.#addressConnectionsMax = complete.addressConnections;
    this.#connectionsMax = connectionsMax;
    this.#rules = { cookie: rulesOf(complete), token: rulesOf(complete) };
  }

  /** Entries of all tables: bounded by the connections and by what {@link RateTable} remembers. */
  get size(): number {
    const tables = [...this.#rules.cookie, ...this.#rules.token].map(({ table }) => table.size);
    return tables.reduce((sum, size) => sum + size, this.#connections.size);
  }

  /** Counts a handshake if it may go on. @returns why not, and then it counts for nothing */
  admit(from: Address, proof: ProofType, now: number): AdmissionRefusal | undefined {
    if (this.#connectionCount >= this.#connectionsMax) return 'connectionsFull';
    if (this.#connectionsOf(from) >= this.#addressConnectionsMax) return 'addressFull';
    const host = canonicalHost(from.host);
    const rates = this.#rules[proof].flatMap(({ table, keyOf, refusal }) => {
      const key = keyOf(host);
      return key === undefined ? [] : [{ table, key, refusal }];
    });
    const exceeded = rates.find(({ table, key }) => !table.hasRoom(key, now));
    if (exceeded !== undefined) return exceeded.refusal;
    for (const { table, key } of rates) table.take(key, now);
    return undefined;
  }

  /** A connection has begun; {@link closed} follows with the same address, wherever the connection has moved. */
  opened(from: Address): void {
    this.#connectionCount++;
    this.#connections.set(addressOf(from.host), this.#connectionsOf(from) + 1);
  }

  /** A connection has ended. */
  closed(from: Address): void {
    this.#connectionCount--;
    const left = this.#connectionsOf(from) - 1;
    if (left > 0) this.#connections.set(addressOf(from.host), left);
    else this.#connections.delete(addressOf(from.host));
  }

  #connectionsOf(from: Address): number {
    return this.#connections.get(addressOf(from.host)) ?? 0;
  }
}

function rulesOf(limits: AdmissionLimits): readonly Rule[] {
  return [
    {
      table: new RateTable(limits.addressHandshakesPerSecond, limits.addressHandshakeBurst),
      keyOf: addressOf,
      refusal: 'rateLimited',
    },
    {
      table: new RateTable(limits.networkHandshakesPerSecond, limits.networkHandshakeBurst),
      keyOf: (host) => ipv6Network(host, networkBits),
      refusal: 'networkRateLimited',
    },
    {
      // There is such a rule for each kind of proof: each has its half, whatever becomes of the other's.
      table: new RateTable(limits.handshakesPerSecond / 2, Math.ceil(limits.handshakeBurst / 2)),
      keyOf: () => 'all',
      refusal: 'totalRateLimited',
    },
  ];
}

function addressOf(host: string): string {
  return ipv6Network(host, addressBits) ?? canonicalHost(host);
}

function parseLimits(limits: Partial<AdmissionLimits>): AdmissionLimits {
  const complete = { ...defaultAdmissionLimits, ...limits };
  for (const [name, value] of Object.entries(complete)) {
    if (!(name in defaultAdmissionLimits)) {
      throw new BanterError('OPTION_INVALID', `no limit is called ${name}`, { data: { name } });
    }
    if (Number.isSafeInteger(value) && value >= 1) continue;
    const message = `${name} is ${value}, not a whole number of at least 1`;
    throw new BanterError('OPTION_INVALID', message, { data: { name, value } });
  }
  return complete;
}
