/**
 * The initiator's side of one handshake: HELLO until a RETRY, INIT until a RESPONSE; to an acquaintance INIT at once
 * (docs/PROTOCOL.md §3).
 */

import type { Acquaintance } from './acquaintances.ts';
import type { Address } from './address.ts';
import { equalBytes } from './bytes.ts';
import type { Crypto, HandshakeInitiator, Identity, Random, TrafficKeys } from './crypto.ts';
import {
  decodeResponder,
  encodeHello,
  encodeInit,
  encodeInitiator,
  handshakePrologue,
  type Introduction,
  initiatorBytesMin,
  nonceBytes,
  type Proof,
  type Response,
  type Retry,
} from './handshake.ts';
import { supportedVersions } from './packet.ts';

/** Two copies a try, the n-th try (2^n − 1) × 100 ms after the first: at 20 % loss each way 1 in 1000 takes over 2.5 s. */
const copiesPerTry = 2;
const firstGapMs = 100;

/** From this try on an INIT goes with a HELLO: the responder may have restarted, or its RETRY may have been forged. */
const helloAgainTry = 3;

/** RETRYs followed in one attempt at most: each costs a key agreement. */
const retriesMax = 8;

/** Why a handshake ended without a connection. */
export type HandshakeFailure =
  /** Nobody answered. */
  | { readonly type: 'timeout' }
  /** Somebody answered, but only with another key than the expected one. */
  | { readonly type: 'keyChanged'; readonly identity: Uint8Array }
  /** Somebody answered, but speaks none of our versions. */
  | { readonly type: 'version'; readonly versions: readonly number[] };

/** What a finished handshake yields. */
export interface Agreement {
  readonly keys: TrafficKeys;
  readonly version: number;
  readonly remote: Introduction;
  readonly remoteIdentity: Uint8Array;
  /** An upper bound of the round-trip time. Milliseconds. */
  readonly rttMs: number;
}

/** What the initiator of a finished handshake knows besides. */
export interface InitiatorAgreement extends Agreement {
  readonly acquaintance: Acquaintance;
}

export interface InitiatorOptions {
  readonly crypto: Crypto;
  readonly random: Random;
  readonly identity: Identity;
  readonly address: Address;
  /** The only key to accept; undefined to accept any on first contact. */
  readonly expectedIdentity: Uint8Array | undefined;
  /** What is known of whoever has `expectedIdentity` at `address`; undefined if nothing is. */
  readonly acquaintance: Acquaintance | undefined;
  readonly introduction: Introduction;
  /** How long to try in all. Milliseconds. */
  readonly timeoutMs: number;
  readonly now: number;
}

/** Whom an INIT is for, and what it must agree on with them. */
interface Responder {
  readonly identity: Uint8Array;
  readonly versions: readonly number[];
  readonly version: number;
  readonly proof: Proof;
}

/** An INIT that was made, and what awaits its RESPONSE. */
interface Started {
  readonly responder: Responder;
  readonly datagram: Uint8Array;
  readonly handshake: HandshakeInitiator;
}

export class Initiator {
  readonly address: Address;
  readonly nonce: Uint8Array;
  readonly #options: InitiatorOptions;
  readonly #deadline: number;
  readonly #hello: Uint8Array;
  #started: Started | undefined;
  #stageStartedAt: number;
  #tries = 0;
  #due: Uint8Array[];
  #retries = 0;
  #failure: HandshakeFailure = { type: 'timeout' };

  constructor(options: InitiatorOptions) {
    this.#options = options;
    this.address = options.address;
    this.nonce = options.random(nonceBytes);
    const hello = { versions: supportedVersions, nonce: this.nonce };
    this.#hello = encodeHello(hello, initiatorBytesMin(options.address));
    this.#started = this.#greetAcquaintance();
    this.#due = this.#nextCopies();
    this.#stageStartedAt = options.now;
    this.#deadline = options.now + options.timeoutMs;
  }

  /**
   * Takes a RETRY that echoes our nonce. Anybody on the path can forge one, so that a wrong key or no common version
   * is only remembered as the likely reason in case nothing better comes.
   */
  receiveRetry(retry: Retry, now: number): void {
    if (!this.#followsRetry(retry.cookie)) return;
    const { expectedIdentity } = this.#options;
    if (expectedIdentity !== undefined && !equalBytes(expectedIdentity, retry.identity)) {
      this.#failure = { type: 'keyChanged', identity: retry.identity.slice() };
      return;
    }
    if (!supportedVersions.includes(retry.version)) {
      this.#failure = { type: 'version', versions: retry.versions };
      return;
    }
    const started = this.#start({
      identity: retry.identity.slice(),
      versions: retry.versions,
      version: retry.version,
      proof: { type: 'cookie', bytes: retry.cookie.slice() },
    });
    if (started === undefined) return;
    this.#started = started;
    this.#retries++;
    this.#stageStartedAt = now;
    this.#tries = 0;
    this.#due = this.#nextCopies();
  }

  /** Takes a RESPONSE to our connection id; undefined if it does not authenticate. */
  receiveResponse(response: Response, now: number): InitiatorAgreement | undefined {
    if (this.#started === undefined) return undefined;
    const { handshake, responder } = this.#started;
    const finished = handshake.finish(response.message);
    const remote = finished === undefined ? undefined : decodeResponder(finished.payload);
    if (finished === undefined || remote === undefined) return undefined;
    return {
      keys: finished.keys,
      version: responder.version,
      remote,
      remoteIdentity: responder.identity,
      rttMs: now - this.#stageStartedAt,
      acquaintance: { addressToken: remote.addressToken, versions: responder.versions },
    };
  }

  /** The datagram to send now, once for each copy that is due. */
  pollTransmit(): Uint8Array | undefined {
    return this.#due.shift();
  }

  /** When {@link handleTimeout} is due. */
  pollTimeout(): number {
    return Math.min(this.#nextTryAt, this.#deadline);
  }

  /** @returns the failure once the time is up */
  handleTimeout(now: number): HandshakeFailure | undefined {
    if (now >= this.#deadline) return this.#failure;
    if (now >= this.#nextTryAt) {
      this.#tries++;
      this.#due = this.#nextCopies();
    }
    return undefined;
  }

  /** An INIT with the token of last time, for the version that the responder would choose. */
  #greetAcquaintance(): Started | undefined {
    const { acquaintance, expectedIdentity } = this.#options;
    if (acquaintance === undefined || expectedIdentity === undefined) return undefined;
    const { versions, addressToken } = acquaintance;
    const version = versions.find((each) => supportedVersions.includes(each));
    if (version === undefined) return undefined;
    const proof: Proof = { type: 'token', bytes: addressToken };
    return this.#start({ identity: expectedIdentity, versions, version, proof });
  }

  /** @returns undefined if the responder's identity is no usable one */
  #start(responder: Responder): Started | undefined {
    const { address, crypto, random, identity, introduction } = this.#options;
    const { versions, version, proof } = responder;
    const handshake = crypto.initiate({
      identity,
      remotePublicKey: responder.identity,
      prologue: handshakePrologue(supportedVersions, versions, version, responder.identity),
      payload: encodeInitiator(introduction, identity),
      ephemeral: random(32),
    });
    if (handshake === undefined) return undefined;
    const { message } = handshake;
    const init = { versions: supportedVersions, nonce: this.nonce, version, proof, message };
    const datagram = encodeInit(init, initiatorBytesMin(address));
    return { responder, datagram, handshake };
  }

  /**
   * The first RETRY that fits, also where it answers a token; and a later one with another cookie once the first has
   * led nowhere.
   */
  #followsRetry(cookie: Uint8Array): boolean {
    const proof = this.#started?.responder.proof;
    if (proof?.type !== 'cookie') return true;
    const isStuck = this.#tries >= helloAgainTry && this.#retries < retriesMax;
    return isStuck && !equalBytes(cookie, proof.bytes);
  }

  #nextCopies(): Uint8Array[] {
    const next = this.#started?.datagram ?? this.#hello;
    const copies = Array.from({ length: copiesPerTry }, () => next);
    const asksAgain = this.#started !== undefined && this.#tries >= helloAgainTry;
    return asksAgain ? [...copies, this.#hello] : copies;
  }

  get #nextTryAt(): number {
    return this.#stageStartedAt + firstGapMs * (2 ** (this.#tries + 1) - 1);
  }
}
