/** The responder's side of handshakes: nothing is kept for an address that has not answered (docs/PROTOCOL.md §3). */

import { type Address, addressKey, canonicalHost, sameAddress } from './address.ts';
import { AddressTokens } from './address-token.ts';
import type { Admission, AdmissionRefusal } from './admission.ts';
import { toHex } from './bytes.ts';
import { CookieJar } from './cookie.ts';
import type { Crypto, Identity, Random } from './crypto.ts';
import {
  decodeHello,
  decodeInit,
  decodeInitiator,
  encodeResponder,
  encodeResponse,
  encodeRetry,
  type Hello,
  handshakePrologue,
  type Init,
  type Introduction,
  initiatorBytesMin,
} from './handshake.ts';
import type { Agreement } from './initiator.ts';
import { supportedVersions } from './packet.ts';

/** A cookie lives 15 s; as long an INIT is remembered, so that its copies and replays make nothing new. Milliseconds. */
const initMemoryMs = 16_000;

/** INITs remembered at most; beyond, new ones are dropped and tried again by their senders. */
const initMemoryMax = 4096;

/** Bytes of Noise message 1 that hold the initiator's ephemeral key: no two handshakes share them. */
const ephemeralBytes = 32;

export type AcceptorDrop =
  | 'malformed'
  | 'staleCookie'
  | 'forged'
  | 'handshakesFull'
  | AdmissionRefusal;

export type AcceptorResult =
  | { readonly type: 'dropped'; readonly reason: AcceptorDrop }
  /** A datagram to send back, no larger than the one received. */
  | { readonly type: 'reply'; readonly datagram: Uint8Array }
  /** A new half-open connection, and the datagram to send back. */
  | { readonly type: 'accepted'; readonly agreement: Agreement; readonly datagram: Uint8Array };

interface RememberedInit {
  readonly from: Address;
  readonly response: Uint8Array;
  readonly expiresAt: number;
}

export interface AcceptorOptions {
  readonly crypto: Crypto;
  readonly random: Random;
  readonly identity: Identity;
  /** Asked before a key agreement. */
  readonly admission: Admission;
  /** The wall clock at `now` 0. Milliseconds since 1970. */
  readonly epochMs: number;
  readonly now: number;
}

export class Acceptor {
  readonly #crypto: Crypto;
  readonly #random: Random;
  readonly #identity: Identity;
  readonly #admission: Admission;
  readonly #cookies: CookieJar;
  readonly #tokens: AddressTokens;
  /** By what the proof covers and the initiator's ephemeral key, oldest first. */
  readonly #inits = new Map<string, RememberedInit>();

  constructor(options: AcceptorOptions) {
    this.#crypto = options.crypto;
    this.#random = options.random;
    this.#identity = options.identity;
    this.#admission = options.admission;
    this.#cookies = new CookieJar(options.crypto, options.random, options.now);
    this.#tokens = new AddressTokens(options.crypto, options.identity, options.epochMs);
  }

  /** INITs remembered. */
  get size(): number {
    return this.#inits.size;
  }

  /** Answers a HELLO with a RETRY and keeps nothing. */
  receiveHello(datagram: Uint8Array, from: Address, now: number): AcceptorResult {
    const hello = decodeHello(datagram, initiatorBytesMin(from));
    if (hello === undefined) return { type: 'dropped', reason: 'malformed' };
    return this.#retry(hello, from, now);
  }

  /**
   * An INIT with a token that leads nowhere is answered as if it were a HELLO (RFC 9000 §8.1.3): its sender may have
   * moved, or we have changed since.
   * @param introduce makes our half of the new connection; called only for an INIT that authenticates
   */
  receiveInit(
    datagram: Uint8Array,
    from: Address,
    introduce: () => Introduction,
    now: number,
  ): AcceptorResult {
    const init = decodeInit(datagram, initiatorBytesMin(from));
    if (init === undefined) return { type: 'dropped', reason: 'malformed' };
    const result = this.#judge(init, from, introduce, now);
    const isRefused = result.type === 'dropped' && init.proof.type === 'token';
    return isRefused ? this.#retry(init, from, now) : result;
  }

  #judge(init: Init, from: Address, introduce: () => Introduction, now: number): AcceptorResult {
    if (!supportedVersions.includes(init.version)) return { type: 'dropped', reason: 'malformed' };
    if (!this.#isProved(init, from, now)) return { type: 'dropped', reason: 'staleCookie' };
    this.forgetExpired(now);
    const memoryKey = memoryKeyOf(init, from);
    const known = this.#inits.get(memoryKey);
    if (known !== undefined) {
      // A copy from another port of the host makes nothing new, nor does it divert the answer.
      return sameAddress(known.from, from)
        ? { type: 'reply', datagram: known.response }
        : this.#retry(init, from, now);
    }
    if (this.#inits.size >= initMemoryMax) return { type: 'dropped', reason: 'handshakesFull' };
    const refusal = this.#admission.admit(from, init.proof.type, now);
    if (refusal !== undefined) return { type: 'dropped', reason: refusal };
    const result = this.#accept(init, from, introduce, now);
    if (result.type === 'accepted') {
      this.#inits.set(memoryKey, {
        from,
        response: result.datagram,
        expiresAt: now + initMemoryMs,
      });
    }
    return result;
  }

  #isProved({ proof, nonce }: Init, from: Address, now: number): boolean {
    return proof.type === 'cookie'
      ? this.#cookies.verify(proof.bytes, from, nonce, now)
      : this.#tokens.verify(proof.bytes, from, now);
  }

  #retry(hello: Hello, from: Address, now: number): AcceptorResult {
    const datagram = encodeRetry({
      nonce: hello.nonce,
      version: supportedVersions.find((version) => hello.versions.includes(version)) ?? 0,
      versions: supportedVersions,
      cookie: this.#cookies.bake(from, hello.nonce, now),
      identity: this.#identity.publicKey,
    });
    return { type: 'reply', datagram };
  }

  #accept(init: Init, from: Address, introduce: () => Introduction, now: number): AcceptorResult {
    const handshake = this.#crypto.accept({
      identity: this.#identity,
      prologue: handshakePrologue(
        init.versions,
        supportedVersions,
        init.version,
        this.#identity.publicKey,
      ),
      message: init.message,
    });
    const remote =
      handshake && decodeInitiator(this.#crypto, handshake.payload, handshake.remoteAgreementKey);
    if (handshake === undefined || remote === undefined) {
      return { type: 'dropped', reason: 'forged' };
    }
    const introduction = { ...introduce(), addressToken: this.#tokens.issue(from, now) };
    const { message, keys } = handshake.respond(encodeResponder(introduction), this.#random(32));
    return {
      type: 'accepted',
      agreement: {
        keys,
        version: init.version,
        remote,
        remoteIdentity: remote.identity,
        rttMs: Number.POSITIVE_INFINITY,
      },
      datagram: encodeResponse({ connectionId: remote.connectionId, message }),
    };
  }

  /** When {@link forgetExpired} is due, if anything is remembered. */
  get deadline(): number | undefined {
    for (const { expiresAt } of this.#inits.values()) return expiresAt;
    return undefined;
  }

  /** Forgets INITs that nobody repeats any more: after a rush nobody may come for a long time. */
  forgetExpired(now: number): void {
    for (const [key, init] of this.#inits) {
      if (init.expiresAt > now) return;
      this.#inits.delete(key);
    }
  }
}

/**
 * What makes two INITs the same. With what the proof covers of the address: whoever copies an INIT on its way must not
 * get the answer instead of its sender; and whoever repeats one with a token must not get a key agreement per port.
 */
function memoryKeyOf({ proof, message }: Init, from: Address): string {
  const covered = proof.type === 'cookie' ? addressKey(from) : canonicalHost(from.host);
  return `${covered} ${toHex(message.subarray(0, ephemeralBytes))}`;
}
