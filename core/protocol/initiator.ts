/** The initiator's side of one handshake: HELLO until a RETRY, INIT until a RESPONSE (docs/PROTOCOL.md §3). */

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
  nonceBytes,
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

export interface InitiatorOptions {
  readonly crypto: Crypto;
  readonly random: Random;
  readonly identity: Identity;
  readonly address: Address;
  /** The only key to accept; undefined to accept any on first contact. */
  readonly expectedIdentity: Uint8Array | undefined;
  readonly introduction: Introduction;
  /** How long to try in all. Milliseconds. */
  readonly timeoutMs: number;
  readonly now: number;
}

export class Initiator {
  readonly address: Address;
  readonly nonce: Uint8Array;
  readonly #options: InitiatorOptions;
  readonly #deadline: number;
  readonly #hello: Uint8Array;
  #init: { readonly datagram: Uint8Array; readonly cookie: Uint8Array } | undefined;
  #handshake: HandshakeInitiator | undefined;
  #remoteIdentity: Uint8Array | undefined;
  #version = 0;
  #stageStartedAt: number;
  #tries = 0;
  #due: Uint8Array[];
  #retries = 0;
  #failure: HandshakeFailure = { type: 'timeout' };

  constructor(options: InitiatorOptions) {
    this.#options = options;
    this.address = options.address;
    this.nonce = options.random(nonceBytes);
    this.#hello = encodeHello({ versions: supportedVersions, nonce: this.nonce });
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
    const { expectedIdentity, crypto, random, identity, introduction } = this.#options;
    if (expectedIdentity !== undefined && !equalBytes(expectedIdentity, retry.identity)) {
      this.#failure = { type: 'keyChanged', identity: retry.identity.slice() };
      return;
    }
    if (!supportedVersions.includes(retry.version)) {
      this.#failure = { type: 'version', versions: retry.versions };
      return;
    }
    const offer = { versions: supportedVersions, nonce: this.nonce };
    const handshake = crypto.initiate({
      identity,
      remotePublicKey: retry.identity,
      prologue: handshakePrologue(supportedVersions, retry.versions, retry.version, retry.identity),
      payload: encodeInitiator(introduction, identity),
      ephemeral: random(32),
    });
    if (handshake === undefined) return;
    const { version, cookie } = retry;
    const datagram = encodeInit({ ...offer, version, cookie, message: handshake.message });
    this.#init = { datagram, cookie: cookie.slice() };
    this.#retries++;
    this.#handshake = handshake;
    this.#remoteIdentity = retry.identity.slice();
    this.#version = version;
    this.#stageStartedAt = now;
    this.#tries = 0;
    this.#due = this.#nextCopies();
  }

  /** Takes a RESPONSE to our connection id; undefined if it does not authenticate. */
  receiveResponse(response: Response, now: number): Agreement | undefined {
    if (this.#handshake === undefined || this.#remoteIdentity === undefined) return undefined;
    const finished = this.#handshake.finish(response.message);
    const remote = finished === undefined ? undefined : decodeResponder(finished.payload);
    if (finished === undefined || remote === undefined) return undefined;
    return {
      keys: finished.keys,
      version: this.#version,
      remote,
      remoteIdentity: this.#remoteIdentity,
      rttMs: now - this.#stageStartedAt,
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

  /** The first RETRY that fits, and a later one with another cookie once the first has led nowhere. */
  #followsRetry(cookie: Uint8Array): boolean {
    if (this.#init === undefined) return true;
    const isStuck = this.#tries >= helloAgainTry && this.#retries < retriesMax;
    return isStuck && !equalBytes(cookie, this.#init.cookie);
  }

  #nextCopies(): Uint8Array[] {
    const copies = Array.from({ length: copiesPerTry }, () => this.#init?.datagram ?? this.#hello);
    const asksAgain = this.#init !== undefined && this.#tries >= helloAgainTry;
    return asksAgain ? [...copies, this.#hello] : copies;
  }

  get #nextTryAt(): number {
    return this.#stageStartedAt + firstGapMs * (2 ** (this.#tries + 1) - 1);
  }
}
