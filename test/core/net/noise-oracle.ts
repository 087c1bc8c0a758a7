/** Noise_IK_25519_ChaChaPoly_BLAKE2b written from its specification (revision 34) on other libraries than the one under test. */

import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { hmac } from '@noble/hashes/hmac.js';

/** All that both sides bring: secret keys of 32 bytes, and what they say. */
export interface Script {
  readonly prologue: Uint8Array;
  readonly initiatorStatic: Uint8Array;
  readonly initiatorEphemeral: Uint8Array;
  readonly responderStatic: Uint8Array;
  readonly responderEphemeral: Uint8Array;
  readonly firstPayload: Uint8Array;
  readonly secondPayload: Uint8Array;
}

/** What goes over the wire, and the keys that both sides have in the end. */
export interface Transcript {
  readonly firstMessage: Uint8Array;
  readonly secondMessage: Uint8Array;
  readonly initiatorKey: Uint8Array;
  readonly responderKey: Uint8Array;
}

/** Plays the handshake: `<- s`, then `-> e, es, s, ss` and `<- e, ee, se`. */
export function noiseIk(script: Script): Transcript {
  const { initiatorStatic, initiatorEphemeral, responderStatic, responderEphemeral } = script;
  const publicOf = (secret: Uint8Array): Uint8Array => x25519.getPublicKey(secret);
  const shared = (secret: Uint8Array, other: Uint8Array): Uint8Array =>
    x25519.getSharedSecret(secret, publicOf(other));
  const state = new SymmetricState('Noise_IK_25519_ChaChaPoly_BLAKE2b');
  state.mixHash(script.prologue);
  state.mixHash(publicOf(responderStatic));

  const first = [publicOf(initiatorEphemeral)];
  state.mixHash(publicOf(initiatorEphemeral));
  state.mixKey(shared(initiatorEphemeral, responderStatic));
  first.push(state.encryptAndHash(publicOf(initiatorStatic)));
  state.mixKey(shared(initiatorStatic, responderStatic));
  first.push(state.encryptAndHash(script.firstPayload));

  const second = [publicOf(responderEphemeral)];
  state.mixHash(publicOf(responderEphemeral));
  state.mixKey(shared(responderEphemeral, initiatorEphemeral));
  state.mixKey(shared(responderEphemeral, initiatorStatic));
  second.push(state.encryptAndHash(script.secondPayload));

  const [initiatorKey, responderKey] = state.split();
  return {
    firstMessage: joined(first),
    secondMessage: joined(second),
    initiatorKey,
    responderKey,
  };
}

/** Section 5.2 of the specification; a forger mixes in what it has. */
export class SymmetricState {
  #hash: Uint8Array;
  #chainingKey: Uint8Array;
  #key = new Uint8Array(32);
  #nonce = 0;

  constructor(protocolName: string) {
    // Shorter than a hash, the name is padded with zeros.
    this.#hash = new Uint8Array(64);
    this.#hash.set(new TextEncoder().encode(protocolName));
    this.#chainingKey = this.#hash;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = blake2b(joined([this.#hash, data]));
  }

  mixKey(material: Uint8Array): void {
    const [chainingKey, key] = hkdf(this.#chainingKey, material);
    this.#chainingKey = chainingKey;
    this.#key = key.slice(0, 32);
    this.#nonce = 0;
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const nonce = new Uint8Array(12);
    nonce[4] = this.#nonce++;
    const ciphertext = chacha20poly1305(this.#key, nonce, this.#hash).encrypt(plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  split(): readonly [Uint8Array, Uint8Array] {
    const [first, second] = hkdf(this.#chainingKey, new Uint8Array());
    return [first.slice(0, 32), second.slice(0, 32)];
  }
}

/** Section 4.3, with two outputs. */
function hkdf(chainingKey: Uint8Array, material: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const temporary = hmac(blake2b, chainingKey, material);
  const first = hmac(blake2b, temporary, Uint8Array.of(1));
  return [first, hmac(blake2b, temporary, joined([first, Uint8Array.of(2)]))];
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
