/** The responder's side of handshakes: nothing is kept for an address that has not answered (docs/PROTOCOL.md §3). */

import { type Address, addressKey } from './address.ts';
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
  handshakePrologue,
  type Init,
  type Introduction,
} from './handshake.ts';
import type { Agreement } from './initiator.ts';
import { supportedVersions } from './packet.ts';

/** A cookie lives 15 s; as long an INIT is remembered, so that its copies and replays make nothing new. Milliseconds. */
const initMemoryMs = 16_000;

/** INITs remembered at most; beyond, new ones are dropped and tried again by their senders. */
const initMemoryMax = 4096;

/** Bytes of Noise message 1 that hold the initiator's ephemeral key: no two handshakes share them. */
const ephemeralBytes = 32;

export type AcceptorDrop = 'malformed' | 'staleCookie' | 'forged' | 'handshakesFull';

export type AcceptorResult =
  | { readonly type: 'dropped'; readonly reason: AcceptorDrop }
  /** A datagram to send back, no larger than the one received. */
  | { readonly type: 'reply'; readonly datagram: Uint8Array }
  /** A new half-open connection, and the datagram to send back. */
  | { readonly type: 'accepted'; readonly agreement: Agreement; readonly datagram: Uint8Array };

interface RememberedInit {
  readonly response: Uint8Array;
  readonly expiresAt: number;
}

export class Acceptor {
  readonly #crypto: Crypto;
  readonly #random: Random;
  readonly #identity: Identity;
  readonly #cookies: CookieJar;
  /** By address and ephemeral key of the initiator, oldest first. */
  readonly #inits = new Map<string, RememberedInit>();

  constructor(options: {
    readonly crypto: Crypto;
    readonly random: Random;
    readonly identity: Identity;
    readonly now: number;
  }) {
    this.#crypto = options.crypto;
    this.#random = options.random;
    this.#identity = options.identity;
    this.#cookies = new CookieJar(options.crypto, options.random, options.now);
  }

  /** Answers a HELLO with a RETRY and keeps nothing. */
  receiveHello(datagram: Uint8Array, from: Address, now: number): AcceptorResult {
    const hello = decodeHello(datagram);
    if (hello === undefined) return { type: 'dropped', reason: 'malformed' };
    const reply = encodeRetry({
      nonce: hello.nonce,
      version: supportedVersions.find((version) => hello.versions.includes(version)) ?? 0,
      versions: supportedVersions,
      cookie: this.#cookies.bake(from, hello.nonce, now),
      identity: this.#identity.publicKey,
    });
    return { type: 'reply', datagram: reply };
  }

  /** @param introduce makes our half of the new connection; called only for an INIT that authenticates */
  receiveInit(
    datagram: Uint8Array,
    from: Address,
    introduce: () => Introduction,
    now: number,
  ): AcceptorResult {
    const init = decodeInit(datagram);
    if (init === undefined || !supportedVersions.includes(init.version)) {
      return { type: 'dropped', reason: 'malformed' };
    }
    if (!this.#cookies.verify(init.cookie, from, init.nonce, now)) {
      return { type: 'dropped', reason: 'staleCookie' };
    }
    this.#forgetExpired(now);
    // With the address: whoever copies an INIT on its way must not get the answer instead of its sender.
    const memoryKey = `${addressKey(from)} ${toHex(init.message.subarray(0, ephemeralBytes))}`;
    const known = this.#inits.get(memoryKey);
    if (known !== undefined) return { type: 'reply', datagram: known.response };
    if (this.#inits.size >= initMemoryMax) return { type: 'dropped', reason: 'handshakesFull' };
    const result = this.#accept(init, introduce);
    if (result.type === 'accepted') {
      this.#inits.set(memoryKey, { response: result.datagram, expiresAt: now + initMemoryMs });
    }
    return result;
  }

  #accept(init: Init, introduce: () => Introduction): AcceptorResult {
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
    const { message, keys } = handshake.respond(encodeResponder(introduce()), this.#random(32));
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

  #forgetExpired(now: number): void {
    for (const [key, init] of this.#inits) {
      if (init.expiresAt > now) return;
      this.#inits.delete(key);
    }
  }
}
