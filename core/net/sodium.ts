/** The protocol's cryptography by libsodium (`sodium-native`) and the Noise handshake by `noise-handshake`. */

import Noise from 'noise-handshake';
import sodium from 'sodium-native';
import type {
  Crypto,
  HandshakeInitiator,
  HandshakeResponder,
  Identity,
  Random,
} from '../protocol/crypto.ts';

const keyBytes = 32;
const tagBytes = 16;
const macBytes = 16;
const keyUpdateLabel = new TextEncoder().encode('banter key update');

/** Random bytes from the operating system. */
export const systemRandom: Random = (count) => {
  const bytes = new Uint8Array(count);
  sodium.randombytes_buf(bytes);
  return bytes;
};

/** The one implementation of {@link Crypto} outside tests; holds scratch space, no keys. */
export class SodiumCrypto implements Crypto {
  /** Bytes 4 to 11 are the packet number; the first four stay zero. */
  readonly #nonce = Buffer.alloc(12);
  readonly #tag = new Uint8Array(tagBytes);
  #header = new Uint8Array(0);

  identity(seed: Uint8Array): Identity {
    const publicKey = new Uint8Array(keyBytes);
    const secretKey = new Uint8Array(64);
    sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
    const agreementSecret = new Uint8Array(keyBytes);
    sodium.crypto_sign_ed25519_sk_to_curve25519(agreementSecret, secretKey);
    const agreementPublic = new Uint8Array(keyBytes);
    sodium.crypto_scalarmult_base(agreementPublic, agreementSecret);
    return {
      publicKey,
      seed: seed.slice(),
      agreement: { publicKey: agreementPublic, secretKey: agreementSecret },
    };
  }

  agreementKey(publicKey: Uint8Array): Uint8Array | undefined {
    const key = new Uint8Array(keyBytes);
    try {
      sodium.crypto_sign_ed25519_pk_to_curve25519(key, publicKey);
    } catch {
      // The library's way to say that this is not a point of the main subgroup.
      return undefined;
    }
    return key;
  }

  mac(key: Uint8Array, message: Uint8Array): Uint8Array {
    const output = new Uint8Array(macBytes);
    sodium.crypto_generichash(output, message, key);
    return output;
  }

  nextKey(key: Uint8Array): Uint8Array {
    const next = new Uint8Array(keyBytes);
    sodium.crypto_generichash(next, keyUpdateLabel, key);
    return next;
  }

  equal(a: Uint8Array, b: Uint8Array): boolean {
    return a.length === b.length && sodium.sodium_memcmp(a, b);
  }

  seal(key: Uint8Array, packetNumber: number, packet: Uint8Array, headerBytes: number): void {
    // Copies of the short parts: a view costs more than they do.
    if (this.#header.length !== headerBytes) this.#header = new Uint8Array(headerBytes);
    for (let at = 0; at < headerBytes; at++) this.#header[at] = packet[at] ?? 0;
    const bodyEnd = packet.length - tagBytes;
    const body = packet.subarray(headerBytes, bodyEnd);
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt_detached(
      body,
      this.#tag,
      body,
      this.#header,
      null,
      this.#nonceOf(packetNumber),
      key,
    );
    packet.set(this.#tag, bodyEnd);
  }

  open(
    key: Uint8Array,
    packetNumber: number,
    packet: Uint8Array,
    headerBytes: number,
  ): Uint8Array | undefined {
    if (packet.length < headerBytes + tagBytes) return undefined;
    const plaintext = new Uint8Array(packet.length - headerBytes - tagBytes);
    const limit = Error.stackTraceLimit;
    // A wrong tag throws; a flood of them must not pay for a stack each time.
    Error.stackTraceLimit = 0;
    try {
      sodium.crypto_aead_chacha20poly1305_ietf_decrypt(
        plaintext,
        null,
        packet.subarray(headerBytes),
        packet.subarray(0, headerBytes),
        this.#nonceOf(packetNumber),
        key,
      );
      return plaintext;
    } catch {
      return undefined;
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  initiate(options: {
    readonly identity: Identity;
    readonly remotePublicKey: Uint8Array;
    readonly prologue: Uint8Array;
    readonly payload: Uint8Array;
    readonly ephemeral: Uint8Array;
  }): HandshakeInitiator | undefined {
    const remoteKey = this.agreementKey(options.remotePublicKey);
    if (remoteKey === undefined) return undefined;
    const begin = (): { readonly noise: Noise; readonly message: Buffer } => {
      const noise = new Noise('IK', true, noisePair(options.identity));
      noise.initialise(options.prologue, Buffer.from(remoteKey));
      noise.e = ephemeralPair(options.ephemeral);
      return { noise, message: noise.send(options.payload) };
    };
    return {
      message: begin().message,
      finish: (message) => {
        // A forged message 2 ruins the library's state: every attempt starts from a fresh one.
        const { noise } = begin();
        const payload = received(noise, message);
        return payload && { payload, keys: trafficKeys(noise) };
      },
    };
  }

  accept(options: {
    readonly identity: Identity;
    readonly prologue: Uint8Array;
    readonly message: Uint8Array;
  }): HandshakeResponder | undefined {
    const noise = new Noise('IK', false, noisePair(options.identity));
    noise.initialise(options.prologue);
    const payload = received(noise, options.message);
    if (payload === undefined) return undefined;
    return {
      remoteAgreementKey: Uint8Array.from(noise.rs),
      payload,
      respond: (answer, ephemeral) => {
        noise.e = ephemeralPair(ephemeral);
        const message = noise.send(answer);
        return { message, keys: trafficKeys(noise) };
      },
    };
  }

  #nonceOf(packetNumber: number): Uint8Array {
    this.#nonce.writeUInt32BE(Math.floor(packetNumber / 0x1_0000_0000), 4);
    this.#nonce.writeUInt32BE(packetNumber >>> 0, 8);
    return this.#nonce;
  }
}

/** Reads a Noise message from a copy, since the library zeroes parts of its input; undefined if it is not authentic. */
function received(noise: Noise, message: Uint8Array): Uint8Array | undefined {
  try {
    return Uint8Array.from(noise.recv(Buffer.from(message)));
  } catch {
    // The library throws for short input, wrong tags and low-order points alike, the latter without an Error.
    return undefined;
  }
}

function noisePair(identity: Identity): { readonly publicKey: Buffer; readonly secretKey: Buffer } {
  return {
    publicKey: Buffer.from(identity.agreement.publicKey),
    secretKey: Buffer.from(identity.agreement.secretKey),
  };
}

function ephemeralPair(secret: Uint8Array): {
  readonly publicKey: Buffer;
  readonly secretKey: Buffer;
} {
  const pair = { publicKey: Buffer.alloc(keyBytes), secretKey: Buffer.from(secret) };
  sodium.crypto_scalarmult_base(pair.publicKey, pair.secretKey);
  return pair;
}

/** The keys are views of a larger buffer of the library's; ours are copies, both in one buffer for the memory's sake. */
function trafficKeys(noise: Noise): { readonly send: Uint8Array; readonly receive: Uint8Array } {
  const keys = new Uint8Array(2 * keyBytes);
  const [send, receive] = [keys.subarray(0, keyBytes), keys.subarray(keyBytes)];
  send.set(noise.tx);
  receive.set(noise.rx);
  return { send, receive };
}
