/** The keys of a connection and their change (key update as in RFC 9001 §6). */

import type { Crypto, TrafficKeys } from './crypto.ts';

/** A key seals packets for this long… as in WireGuard (Donenfeld 2017, §6.2). Milliseconds. */
const phaseMsMax = 120_000;

/** …or this many of them. */
const phasePacketsMax = 2 ** 20;

/** What was sealed before the peer's change may still be under way for this long: three probe timeouts at most. Milliseconds. */
const previousKeyMs = 15_000;

/** The phase in one direction; its lowest bit travels with every packet. */
interface Phase {
  readonly number: number;
  readonly key: Uint8Array;
  /** The first packet of it that was sent or received. */
  readonly firstPacketNumber: number;
  readonly startedAt: number;
}

/**
 * Seals and opens packets. Either side may begin a new phase with any packet once the peer has acknowledged one of the
 * present phase; the other side follows with its next packet. The next key follows from the present one by a one-way
 * function, and the present one is forgotten: who takes a key cannot read what was sent before it.
 */
export class PacketKeys {
  readonly #crypto: Crypto;
  #send: Phase;
  #receive: Phase;
  #previous: { readonly key: Uint8Array; readonly expiresAt: number } | undefined;
  /** The key of the phase after {@link #receive}, once somebody has asked for it. */
  #nextReceiveKey: Uint8Array | undefined;
  /** Whether the peer has acknowledged a packet of the present phase. */
  #isConfirmed = false;

  constructor(crypto: Crypto, { send, receive }: TrafficKeys, now: number) {
    this.#crypto = crypto;
    this.#send = { number: 0, key: send, firstPacketNumber: 0, startedAt: now };
    this.#receive = { number: 0, key: receive, firstPacketNumber: 0, startedAt: now };
  }

  /** The bit that packets sealed now bear. */
  get phaseBit(): 0 | 1 {
    return (this.#send.number & 1) as 0 | 1; // of one bit
  }

  /** Packets up to this one were acknowledged. */
  acknowledged(newestPacketNumber: number): void {
    if (newestPacketNumber >= this.#send.firstPacketNumber) this.#isConfirmed = true;
  }

  /** To be called before a packet is built: forgets a key whose time is over, begins a new phase when it is time. */
  renew(packetNumber: number, now: number): void {
    if (this.#previous !== undefined && this.#previous.expiresAt <= now) this.#forgetPrevious();
    const { number, firstPacketNumber, startedAt } = this.#send;
    const isDue =
      now - startedAt >= phaseMsMax || packetNumber - firstPacketNumber >= phasePacketsMax;
    // Not before the peer has followed, nor before it has shown to have a packet of this phase (RFC 9001 §6.1).
    if (isDue && this.#isConfirmed && this.#receive.number === number) {
      this.#advanceSend(packetNumber, now);
    }
  }

  /** Encrypts a packet of header, plaintext and room for the tag. */
  seal(packetNumber: number, packet: Uint8Array, headerBytes: number): void {
    this.#crypto.seal(this.#send.key, packetNumber, packet, headerBytes);
  }

  /**
   * Decrypts a packet, and follows the peer into its next phase.
   * @param nextToSend the number of the next packet that will be sealed
   * @returns undefined if the packet is not authentic
   */
  open(
    packet: { readonly datagram: Uint8Array; readonly number: number; readonly phaseBit: number },
    headerBytes: number,
    nextToSend: number,
    now: number,
  ): Uint8Array | undefined {
    const { datagram, number } = packet;
    const open = (key: Uint8Array): Uint8Array | undefined =>
      this.#crypto.open(key, number, datagram, headerBytes);
    if (packet.phaseBit === (this.#receive.number & 1)) return open(this.#receive.key);
    if (number < this.#receive.firstPacketNumber) {
      return this.#previous !== undefined && this.#previous.expiresAt > now
        ? open(this.#previous.key)
        : undefined;
    }
    // Kept, so that a flood of forged packets does not derive it each time (RFC 9001 §6.3).
    this.#nextReceiveKey ??= this.#crypto.nextKey(this.#receive.key);
    const plaintext = open(this.#nextReceiveKey);
    if (plaintext !== undefined) this.#follow(this.#nextReceiveKey, number, nextToSend, now);
    return plaintext;
  }

  #follow(key: Uint8Array, packetNumber: number, nextToSend: number, now: number): void {
    this.#forgetPrevious();
    this.#previous = { key: this.#receive.key, expiresAt: now + previousKeyMs };
    this.#receive = {
      number: this.#receive.number + 1,
      key,
      firstPacketNumber: packetNumber,
      startedAt: now,
    };
    this.#nextReceiveKey = undefined;
    if (this.#send.number < this.#receive.number) this.#advanceSend(nextToSend, now);
  }

  /** Not left to the garbage collector: who reads our memory must not find it. */
  #forgetPrevious(): void {
    this.#previous?.key.fill(0);
    this.#previous = undefined;
  }

  #advanceSend(firstPacketNumber: number, now: number): void {
    const { number, key } = this.#send;
    const next = this.#crypto.nextKey(key);
    key.fill(0);
    this.#send = { number: number + 1, key: next, firstPacketNumber, startedAt: now };
    this.#isConfirmed = false;
  }
}
