/** Identities and what a handshake computes (docs/PROTOCOL.md §3): Noise_IK_25519_ChaChaPoly_BLAKE2b of revision 34, by hand. */

import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { hmac } from '@noble/hashes/hmac.js';
import { joined, Malformed } from './notation.ts';

/** Who somebody is, with the secret. */
export interface Identity {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** The keys of a connection. */
export interface Keys {
  readonly initiator: Uint8Array;
  readonly responder: Uint8Array;
}

const utf8 = new TextEncoder();
const protocolName = utf8.encode('Noise_IK_25519_ChaChaPoly_BLAKE2b');
const hashBytes = 64;
const keyBytes = 32;
const sealedKeyBytes = keyBytes + 16;

/** @param seed 32 random bytes */
export function identityOf(seed: Uint8Array): Identity {
  return { seed, publicKey: ed25519.getPublicKey(seed) };
}

/** MAC(key, data) of §1. */
export function mac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return blake2b(data, { key, dkLen: 16 });
}

/** The token of §6 that resets the connection to which `identity` gave the id. */
export function resetToken(identity: Identity, connectionId: Uint8Array): Uint8Array {
  return mac(mac(identity.seed, utf8.encode('banter reset')), connectionId);
}

/** The key of the phase after the one that has `key` (§4). */
export function nextPhaseKey(key: Uint8Array): Uint8Array {
  return blake2b(utf8.encode('banter key update'), { key, dkLen: keyBytes });
}

/** The X25519 key of an identity. @throws Malformed when it is no point of the prime-order subgroup */
function staticKey(identity: Uint8Array): Uint8Array {
  try {
    const point = ed25519.Point.fromBytes(identity);
    if (point.isTorsionFree() && !point.is0()) return ed25519.utils.toMontgomery(identity);
  } catch {
    // Refused below, like a point of another subgroup.
  }
  throw new Malformed('no usable identity');
}

/**
 * One handshake of the pattern IK: the initiator writes message 1 and reads message 2, the responder does the opposite.
 * Reading throws when the message does not authenticate, and leaves no state worth keeping: read with a copy.
 */
export class Handshake {
  #chainingKey: Uint8Array;
  #hash: Uint8Array;
  #key = new Uint8Array(keyBytes);
  #nonce = 0;
  readonly #me: Identity;
  readonly #ephemeral: Uint8Array;
  #peerStatic: Uint8Array;
  #peerEphemeral = new Uint8Array(keyBytes);

  /**
   * @param ephemeral the secret of this handshake alone, 32 random bytes
   * @param responder the identity that the pattern has both know beforehand; the prologue is the page's
   * @throws Malformed when the identity is none
   */
  constructor(me: Identity, ephemeral: Uint8Array, responder: Uint8Array, prologue: Uint8Array) {
    this.#me = me;
    this.#ephemeral = ephemeral;
    this.#peerStatic = staticKey(responder);
    this.#hash = joined(protocolName, new Uint8Array(hashBytes - protocolName.length));
    this.#chainingKey = this.#hash;
    this.#mixHash(prologue);
    this.#mixHash(this.#peerStatic);
  }

  /** The same state once more. */
  copy(): Handshake {
    const none = new Uint8Array();
    const twin = new Handshake(this.#me, this.#ephemeral, this.#me.publicKey, none);
    twin.#chainingKey = this.#chainingKey;
    twin.#hash = this.#hash;
    twin.#key = this.#key;
    twin.#nonce = this.#nonce;
    twin.#peerStatic = this.#peerStatic;
    twin.#peerEphemeral = this.#peerEphemeral;
    return twin;
  }

  /** e, es, s, ss. */
  writeMessage1(payload: Uint8Array): Uint8Array {
    const ephemeralKey = this.#ownEphemeral();
    this.#mixAgreement(this.#ephemeral, this.#peerStatic);
    const sealedStatic = this.#encrypt(staticKey(this.#me.publicKey));
    this.#mixAgreement(this.#staticSecret(), this.#peerStatic);
    return joined(ephemeralKey, sealedStatic, this.#encrypt(payload));
  }

  /** @returns the payload and the X25519 key that it proves */
  readMessage1(message: Uint8Array): { payload: Uint8Array; proved: Uint8Array } {
    this.#readEphemeral(message);
    this.#mixAgreement(this.#staticSecret(), this.#peerEphemeral);
    const afterStatic = keyBytes + sealedKeyBytes;
    this.#peerStatic = this.#decrypt(message.subarray(keyBytes, afterStatic));
    this.#mixAgreement(this.#staticSecret(), this.#peerStatic);
    return { payload: this.#decrypt(message.subarray(afterStatic)), proved: this.#peerStatic };
  }

  /** e, ee, se. */
  writeMessage2(payload: Uint8Array): Uint8Array {
    const ephemeralKey = this.#ownEphemeral();
    this.#mixAgreement(this.#ephemeral, this.#peerEphemeral);
    this.#mixAgreement(this.#ephemeral, this.#peerStatic);
    return joined(ephemeralKey, this.#encrypt(payload));
  }

  /** @returns the payload */
  readMessage2(message: Uint8Array): Uint8Array {
    this.#readEphemeral(message);
    this.#mixAgreement(this.#ephemeral, this.#peerEphemeral);
    this.#mixAgreement(this.#staticSecret(), this.#peerEphemeral);
    return this.#decrypt(message.subarray(keyBytes));
  }

  /** After both messages. */
  split(): Keys {
    const [initiator, responder] = derived(this.#chainingKey, new Uint8Array());
    return { initiator: initiator.slice(0, keyBytes), responder: responder.slice(0, keyBytes) };
  }

  #staticSecret(): Uint8Array {
    return ed25519.utils.toMontgomerySecret(this.#me.seed);
  }

  #ownEphemeral(): Uint8Array {
    const key = x25519.getPublicKey(this.#ephemeral);
    this.#mixHash(key);
    return key;
  }

  #readEphemeral(message: Uint8Array): void {
    this.#peerEphemeral = message.slice(0, keyBytes);
    this.#mixHash(this.#peerEphemeral);
  }

  #mixHash(data: Uint8Array): void {
    this.#hash = blake2b(joined(this.#hash, data));
  }

  #mixAgreement(secret: Uint8Array, publicKey: Uint8Array): void {
    const [chainingKey, key] = derived(
      this.#chainingKey,
      x25519.getSharedSecret(secret, publicKey),
    );
    this.#chainingKey = chainingKey;
    this.#key = key.slice(0, keyBytes);
    this.#nonce = 0;
  }

  #encrypt(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher().encrypt(plaintext);
    this.#mixHash(ciphertext);
    return ciphertext;
  }

  #decrypt(ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#cipher().decrypt(ciphertext);
    this.#mixHash(ciphertext);
    return plaintext;
  }

  #cipher(): ReturnType<typeof chacha20poly1305> {
    // Unlike that of a data packet, the nonce of Noise (§12.3 there) has its least significant byte first.
    const nonce = new Uint8Array(12);
    nonce[4] = this.#nonce++;
    return chacha20poly1305(this.#key, nonce, this.#hash);
  }
}

/** Whether an identity has this X25519 key. */
export function hasStaticKey(identity: Uint8Array, key: Uint8Array): boolean {
  return Buffer.from(staticKey(identity)).equals(key);
}

/** HKDF of Noise (§4.3 there) with two outputs. */
function derived(key: Uint8Array, input: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const secret = hmac(blake2b, key, input);
  const first = hmac(blake2b, secret, Uint8Array.of(1));
  return [first, hmac(blake2b, secret, joined(first, Uint8Array.of(2)))];
}
