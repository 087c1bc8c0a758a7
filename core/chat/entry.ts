/** One name of the directory on the wire, and the hash of many of them (docs/PROTOCOL.md §7). */

import { hostBytes, hostText } from '../protocol/address.ts';
import { ByteWriter, fromHex, MalformedError, toHex } from '../protocol/bytes.ts';
import { type Field, text } from '../protocol/codec.ts';
import { nameBytesMax } from './names.ts';
import type { DirectoryEntry } from './types.ts';

const identityBytes = 32;

/** How many bytes the host has, by the kind in bits 0 and 1 of the byte before it. */
const hostBytesByKind: readonly number[] = [0, 4, 16];

const kindBits = 0b11;
const onlineBit = 0b100;
const botBit = 0b1000;
const knownBits: number = kindBits | onlineBit | botBit;

const nameField = text(nameBytesMax);

/** Name, identity, a byte of flags with the kind of the address, the host's bytes, and the port unless there is no host. */
export const entryField: Field<DirectoryEntry> = {
  write: (writer, { name, key, address, online, bot }) => {
    const identity = fromHex(key);
    if (identity?.length !== identityBytes) throw new RangeError(`no identity: ${key}`);
    const host = hostBytes(address.host);
    nameField.write(writer, name);
    writer.raw(identity);
    writer.uint8(
      hostBytesByKind.indexOf(host.length) | (online ? onlineBit : 0) | (bot ? botBit : 0),
    );
    writer.raw(host);
    if (host.length > 0) writer.raw(Uint8Array.of(address.port >>> 8, address.port & 0xff));
  },
  read: (reader) => {
    const name = nameField.read(reader);
    const key = toHex(reader.raw(identityBytes));
    const flags = reader.uint8();
    const length = hostBytesByKind[flags & kindBits];
    if (length === undefined || (flags & ~knownBits) !== 0) {
      throw new MalformedError('flags beyond the known ones');
    }
    const host = hostText(reader.raw(length));
    const port = length === 0 ? 0 : reader.uint8() * 256 + reader.uint8();
    const online = (flags & onlineBit) !== 0;
    const bot = (flags & botBit) !== 0;
    return { name, key, address: { host, port }, online, bot };
  },
};

/**
 * A hash of a set of entries that follows each change and does not depend on their order: the sum of the entries'
 * own hashes, modulo 2^32 in each of two halves (Bellare and Micciancio, "A New Paradigm for Collision-Free Hashing:
 * Incrementality at Reduced Cost", 1997). It finds faults, not forgeries: the hash of an entry is not cryptographic.
 */
export class DirectoryHash {
  readonly #writer = new ByteWriter();
  #first = 0;
  #second = 0;

  /** 8 bytes. */
  get bytes(): Uint8Array {
    const writer = new ByteWriter(8);
    writer.uint32(this.#first);
    writer.uint32(this.#second);
    return writer.bytes;
  }

  add(entry: DirectoryEntry): void {
    const [first, second] = this.#hash(entry);
    this.#first = (this.#first + first) >>> 0;
    this.#second = (this.#second + second) >>> 0;
  }

  /** Takes an entry out again, in the form in which it was added. */
  remove(entry: DirectoryEntry): void {
    const [first, second] = this.#hash(entry);
    this.#first = (this.#first - first) >>> 0;
    this.#second = (this.#second - second) >>> 0;
  }

  /** cyrb53 by bryc (public domain) over the entry's bytes: two multiplicative hashes and MurmurHash3's final mix. */
  #hash(entry: DirectoryEntry): readonly [number, number] {
    this.#writer.truncate(0);
    entryField.write(this.#writer, entry);
    let first = 0xdeadbeef;
    let second = 0x41c6ce57;
    for (const byte of this.#writer.bytes) {
      first = Math.imul(first ^ byte, 0x9e3779b1);
      second = Math.imul(second ^ byte, 0x5f356495);
    }
    first = mix(first, second);
    return [first, mix(second, first)];
  }
}

function mix(own: number, other: number): number {
  const mixed = Math.imul(own ^ (own >>> 16), 0x85ebca6b);
  return (mixed ^ Math.imul(other ^ (other >>> 13), 0xc2b2ae35)) >>> 0;
}
