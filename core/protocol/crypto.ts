/** What the protocol asks of cryptography; `core/net/sodium.ts` provides it. */

/** An Ed25519 identity with the X25519 pair that the handshake derives from it. */
export interface Identity {
  /** 32 bytes; what names are bound to and what is pinned. */
  readonly publicKey: Uint8Array;
  /** 32 bytes from which all of it follows; the only part that is ever stored. */
  readonly seed: Uint8Array;
  /** The Noise static pair, 32 bytes each. */
  readonly agreement: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
}

/** The two AEAD keys of a connection, 32 bytes each. */
export interface TrafficKeys {
  readonly send: Uint8Array;
  readonly receive: Uint8Array;
}

/** The initiator's half of a Noise IK handshake. */
export interface HandshakeInitiator {
  readonly message: Uint8Array;
  /** Takes message 2; undefined if it does not authenticate. May be tried again with another message. */
  finish(
    message: Uint8Array,
  ): { readonly payload: Uint8Array; readonly keys: TrafficKeys } | undefined;
}

/** What a responder learns from message 1, before it answers. */
export interface HandshakeResponder {
  /** The initiator's X25519 static key, 32 bytes. */
  readonly remoteAgreementKey: Uint8Array;
  readonly payload: Uint8Array;
  /** @param ephemeral 32 fresh random bytes */
  respond(
    payload: Uint8Array,
    ephemeral: Uint8Array,
  ): { readonly message: Uint8Array; readonly keys: TrafficKeys };
}

export interface Crypto {
  /** The identity that follows from 32 random bytes. */
  identity(seed: Uint8Array): Identity;
  /** The X25519 form of an Ed25519 public key, or undefined if it is not a point of full order. */
  agreementKey(publicKey: Uint8Array): Uint8Array | undefined;
  /** Keyed BLAKE2b, 16 bytes. */
  mac(key: Uint8Array, message: Uint8Array): Uint8Array;
  /** The key after this one, 32 bytes: keyed BLAKE2b of `banter key update`. It does not tell the one before. */
  nextKey(key: Uint8Array): Uint8Array;
  /** Compares in constant time. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /**
   * ChaCha20-Poly1305 (RFC 8439) in place: `packet` is header, plaintext and 16 bytes of room for the tag.
   * The header is the associated data; the nonce is 4 zero bytes and the 64-bit big-endian packet number.
   */
  seal(key: Uint8Array, packetNumber: number, packet: Uint8Array, headerBytes: number): void;
  /** The plaintext in bytes of its own, or undefined if the tag does not fit. `packet` stays as it is. */
  open(
    key: Uint8Array,
    packetNumber: number,
    packet: Uint8Array,
    headerBytes: number,
  ): Uint8Array | undefined;
  /**
   * Noise_IK_25519_ChaChaPoly_BLAKE2b, message 1.
   * @param options.ephemeral 32 fresh random bytes
   * @returns undefined if `remotePublicKey` is no usable identity
   */
  initiate(options: {
    readonly identity: Identity;
    readonly remotePublicKey: Uint8Array;
    readonly prologue: Uint8Array;
    readonly payload: Uint8Array;
    readonly ephemeral: Uint8Array;
  }): HandshakeInitiator | undefined;
  /** The responder's side; undefined if message 1 does not authenticate. */
  accept(options: {
    readonly identity: Identity;
    readonly prologue: Uint8Array;
    readonly message: Uint8Array;
  }): HandshakeResponder | undefined;
}

/** A source of random bytes. The server's is the operating system's; a simulation's is seeded. */
export type Random = (count: number) => Uint8Array;
