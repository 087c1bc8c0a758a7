/** Cookies: proof that an address answers, kept by whoever owns the address and not by us (docs/PROTOCOL.md §3). */

import { type Address, addressKey } from './address.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import type { Crypto, Random } from './crypto.ts';

/** Time in milliseconds (32 bits) and a 16-byte MAC. */
export const cookieBytes = 20;

const lifetimeMs = 15_000;
const rotationMs = 60_000;

export class CookieJar {
  readonly #crypto: Crypto;
  readonly #random: Random;
  #secret: Uint8Array;
  #previousSecret: Uint8Array;
  #rotatedAt: number;

  constructor(crypto: Crypto, random: Random, now: number) {
    this.#crypto = crypto;
    this.#random = random;
    this.#secret = random(32);
    this.#previousSecret = this.#secret;
    this.#rotatedAt = now;
  }

  /** A cookie for this address and this nonce. */
  bake(address: Address, nonce: Uint8Array, now: number): Uint8Array {
    this.#rotate(now);
    const writer = new ByteWriter(cookieBytes);
    writer.uint32(Math.floor(now) >>> 0);
    writer.raw(this.#mac(this.#secret, Math.floor(now) >>> 0, address, nonce));
    return writer.bytes;
  }

  /** Whether we baked this cookie for this address and nonce within the last 15 seconds. */
  verify(cookie: Uint8Array, address: Address, nonce: Uint8Array, now: number): boolean {
    this.#rotate(now);
    const reader = new ByteReader(cookie);
    const bakedAt = reader.uint32();
    // Both are cut to 32 bits, so that the difference is right across the wrap.
    if ((Math.floor(now) - bakedAt) >>> 0 > lifetimeMs) return false;
    const mac = reader.rest();
    return [this.#secret, this.#previousSecret].some((secret) =>
      this.#crypto.equal(mac, this.#mac(secret, bakedAt, address, nonce)),
    );
  }

  #mac(secret: Uint8Array, bakedAt: number, address: Address, nonce: Uint8Array): Uint8Array {
    const writer = new ByteWriter(96);
    writer.uint32(bakedAt);
    writer.block(nonce);
    writer.raw(new TextEncoder().encode(addressKey(address)));
    return this.#crypto.mac(secret, writer.bytes);
  }

  #rotate(now: number): void {
    if (now - this.#rotatedAt < rotationMs) return;
    this.#previousSecret = this.#secret;
    this.#secret = this.#random(32);
    this.#rotatedAt = now;
  }
}
