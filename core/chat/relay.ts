/** The relay: opaque datagrams from one client to another, by identity (docs/PROTOCOL.md §9). */

import { ByteReader, ByteWriter, fromHex, MalformedError, toHex } from '../protocol/bytes.ts';
import { BucketTable } from './bucket-table.ts';
import type { Link } from './sessions.ts';

/** Bytes a second that an identity may have relayed, and at once; beyond, datagrams are lost. */
const bytesPerSecond = 256 * 1024;
const bytesAtOnce = 512 * 1024;

const identityBytes = 32;

/** A datagram on its way over the relay. */
export interface Relayed {
  /** Whom it is for on the way to the server, who sent it on the way from there; 64 hex digits. */
  readonly identity: string;
  /** Which connection of theirs: 0 for the present one, else the number of an auxiliary one. */
  readonly link: number;
  readonly datagram: Uint8Array;
}

/** What travels in a DATAGRAM frame. */
export function encodeRelayed({ identity, link, datagram }: Relayed): Uint8Array {
  const key = fromHex(identity);
  if (key?.length !== identityBytes) throw new RangeError(`no identity: ${identity}`);
  const writer = new ByteWriter(identityBytes + 8 + datagram.length);
  writer.raw(key);
  writer.varint(link);
  writer.raw(datagram);
  return writer.bytes;
}

/** @returns undefined for what is too short */
export function decodeRelayed(payload: Uint8Array): Relayed | undefined {
  try {
    const reader = new ByteReader(payload);
    const identity = toHex(reader.raw(identityBytes));
    return { identity, link: reader.varint(), datagram: reader.rest() };
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** Finds the other end of what is relayed; knows whoever is registered and keeps no datagram. */
export class Relay {
  /** By identity; of several names of one identity the one that came last is its last one. */
  readonly #present = new Map<string, readonly Link[]>();
  /** By identity, since a budget for each connection would be none. */
  readonly #budgets = new BucketTable(bytesAtOnce, bytesPerSecond);

  /** A client is present on a link from now on. */
  enter(link: Link): void {
    this.#present.set(link.identity, [...this.#others(link), link]);
  }

  /** A client is present on a link no more. */
  leave(link: Link): void {
    const others = this.#others(link);
    if (others.length > 0) this.#present.set(link.identity, others);
    else this.#present.delete(link.identity);
  }

  /**
   * Readdresses a datagram of a link.
   * @param links the links that are up, by number
   * @returns the link it goes to and what it gets; undefined where there is none, or too much was sent
   */
  forward(
    from: Link,
    payload: Uint8Array,
    links: ReadonlyMap<number, Link>,
    now: number,
  ): { readonly link: number; readonly payload: Uint8Array } | undefined {
    if (from.registration === undefined) return undefined;
    const relayed = decodeRelayed(payload);
    if (relayed === undefined || !this.#budgets.take(from.identity, now, payload.length))
      return undefined;
    const to = relayed.link === 0 ? this.#presentOf(relayed.identity) : links.get(relayed.link);
    if (to?.registration === undefined || to.identity !== relayed.identity) return undefined;
    const link = this.#presentOf(from.identity) === from ? 0 : from.number;
    const readdressed = { identity: from.identity, link, datagram: relayed.datagram };
    return { link: to.number, payload: encodeRelayed(readdressed) };
  }

  #presentOf(identity: string): Link | undefined {
    return this.#present.get(identity)?.at(-1);
  }

  #others(link: Link): readonly Link[] {
    return (this.#present.get(link.identity) ?? []).filter((other) => other !== link);
  }
}
