/** Packets (docs/PROTOCOL.md §4): their header, numbers and encryption in key phases. */

import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import type { Range } from './frames.ts';
import type { Established } from './handshake.ts';
import { nextPhaseKey } from './noise.ts';
import { eightBytes, encoded, joined, Reader, u32 } from './notation.ts';

const headerBytes = 13;
const packetBytesMin = 30;
const phaseMs = 120_000;
const formerKeyMs = 15_000;
const rangesMax = 32;

/** The connection id that a data packet bears, if it is one. The version beside the form needs no look: the tag covers it. */
export function connectionIdOf(datagram: Uint8Array): Uint8Array | undefined {
  const isPacket = ((datagram[0] ?? 0) & 0x40) !== 0 && datagram.length >= packetBytesMin;
  return isPacket ? datagram.slice(1, 9) : undefined;
}

/** Which packet numbers have come; of the oldest only that they are old. */
export class Received {
  #ranges: readonly Range[] = [];

  /** From the largest numbers down, 32 at most. */
  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** -1 before the first packet. */
  get largest(): number {
    return this.#ranges[0]?.last ?? -1;
  }

  has(number: number): boolean {
    const [oldest] = this.#ranges.slice(rangesMax - 1);
    if (oldest !== undefined && number < oldest.first) return true;
    return this.#ranges.some(({ first, last }) => first <= number && number <= last);
  }

  /** Adds a number that has not come before. */
  add(number: number): void {
    const above = this.#ranges.filter(({ first }) => first > number + 1);
    const below = this.#ranges.filter(({ last }) => last < number - 1);
    const near = this.#ranges.slice(above.length, this.#ranges.length - below.length);
    const first = Math.min(number, ...near.map((range) => range.first));
    const last = Math.max(number, ...near.map((range) => range.last));
    this.#ranges = [...above, { first, last }, ...below].slice(0, rangesMax);
  }
}

/** The key of one direction, and from when it counts. */
interface Phase {
  readonly number: number;
  readonly key: Uint8Array;
  readonly firstPacket: number;
  readonly sinceMs: number;
}

/** Encrypts and decrypts the packets of a connection, and moves from key phase to key phase. */
export class Protection {
  readonly #established: Established;
  readonly #phasePacketsMax: number;
  #sending: Phase;
  #receiving: Phase;
  #formerKey: Uint8Array = new Uint8Array();

  /** @param phasePacketsMax 2^20, or fewer */
  constructor(established: Established, phasePacketsMax: number, now: number) {
    const start = { number: 0, firstPacket: 0, sinceMs: now };
    this.#established = established;
    this.#phasePacketsMax = phasePacketsMax;
    this.#sending = { ...start, key: established.sendKey };
    this.#receiving = { ...start, key: established.receiveKey };
  }

  /** The key phases of both directions. */
  get phases(): { readonly sending: number; readonly receiving: number } {
    return { sending: this.#sending.number, receiving: this.#receiving.number };
  }

  /** @param largestAcked the largest number of ours that was acknowledged, -1 without one */
  seal(number: number, plaintext: Uint8Array, largestAcked: number, now: number): Uint8Array {
    const { number: phase, firstPacket, sinceMs } = this.#sending;
    const isWorn = now - sinceMs >= phaseMs || number - firstPacket >= this.#phasePacketsMax;
    if (isWorn && largestAcked >= firstPacket && this.#receiving.number === phase) {
      this.#sending = nextPhase(this.#sending, number, now);
    }
    const { version, peerId } = this.#established;
    const first = 0x40 | ((this.#sending.number & 1) << 5) | version;
    const clear = joined(Uint8Array.of(first), peerId, encoded(u32, number % 2 ** 32));
    return seal(this.#sending.key, number, clear, plaintext);
  }

  /** @returns undefined when the packet is none of this connection, has come before or does not authenticate */
  open(
    packet: Uint8Array,
    received: Received,
    nextNumber: number,
    now: number,
  ): { readonly number: number; readonly plaintext: Uint8Array } | undefined {
    const low = u32.read(new Reader(packet.subarray(9, headerBytes)));
    const number = wholeNumber(low, received.largest);
    if (received.has(number)) return undefined;
    const plaintext = this.#decrypt(number, packet, received.largest, nextNumber, now);
    return plaintext === undefined ? undefined : { number, plaintext };
  }

  /** With the key of the phase that the packet is of; follows the other side into the next one. */
  #decrypt(
    number: number,
    packet: Uint8Array,
    largest: number,
    nextNumber: number,
    now: number,
  ): Uint8Array | undefined {
    const present = this.#receiving;
    const phaseBit = ((packet[0] ?? 0) >> 5) & 1;
    if (phaseBit === present.number % 2) return unseal(present.key, number, packet);
    if (number < present.firstPacket) {
      const isForgotten = now - present.sinceMs > formerKeyMs;
      return isForgotten ? undefined : unseal(this.#formerKey, number, packet);
    }
    const next = nextPhase(present, number, now);
    const plaintext = number > largest ? unseal(next.key, number, packet) : undefined;
    if (plaintext === undefined) return undefined;
    this.#formerKey = present.key;
    this.#receiving = next;
    if (this.#sending.number < next.number) {
      this.#sending = nextPhase(this.#sending, nextNumber, now);
    }
    return plaintext;
  }
}

function nextPhase({ number, key }: Phase, firstPacket: number, sinceMs: number): Phase {
  return { number: number + 1, key: nextPhaseKey(key), firstPacket, sinceMs };
}

/** The number with these low 32 bits that is nearest to the one after the largest (RFC 9000 §A.3). */
export function wholeNumber(low: number, largest: number): number {
  const expected = largest + 1;
  const span = 2 ** 32;
  const near = expected - (expected % span) + low;
  if (near > expected + span / 2 && near >= span) return near - span;
  return near + span / 2 <= expected ? near + span : near;
}

/** A packet of its header `clear` and its frames. */
export function seal(
  key: Uint8Array,
  number: number,
  clear: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  return joined(clear, cipher(key, number, clear).encrypt(plaintext));
}

/** The frames of a packet; undefined when it does not authenticate. */
export function unseal(
  key: Uint8Array,
  number: number,
  packet: Uint8Array,
): Uint8Array | undefined {
  try {
    const clear = packet.subarray(0, headerBytes);
    return cipher(key, number, clear).decrypt(packet.subarray(headerBytes));
  } catch {
    return undefined;
  }
}

function cipher(
  key: Uint8Array,
  number: number,
  clear: Uint8Array,
): ReturnType<typeof chacha20poly1305> {
  return chacha20poly1305(key, joined(new Uint8Array(4), eightBytes(number)), clear);
}
