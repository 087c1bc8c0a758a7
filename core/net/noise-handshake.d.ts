/** The part of noise-handshake that Banter uses; the package ships no types. */
declare module 'noise-handshake' {
  interface KeyPair {
    readonly publicKey: Buffer;
    readonly secretKey: Buffer;
  }
  class Noise {
    constructor(pattern: 'IK', initiator: boolean, staticKeyPair: KeyPair);
    /** The ephemeral pair; made at random unless set before the first message. */
    e: KeyPair | null;
    readonly rs: Buffer;
    readonly tx: Buffer;
    readonly rx: Buffer;
    initialise(prologue: Uint8Array, remoteStatic?: Uint8Array): void;
    send(payload: Uint8Array): Buffer;
    recv(message: Uint8Array): Buffer;
  }
  export = Noise;
}
