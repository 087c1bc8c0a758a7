/** All handshakes under way at an endpoint, those it began and those it answers. */

import { Acceptor, type AcceptorDrop, type AcceptorOptions } from './acceptor.ts';
import { Acquaintances } from './acquaintances.ts';
import { type Address, sameAddress } from './address.ts';
import { toHex } from './bytes.ts';
import { decodeResponse, decodeRetry, type Introduction } from './handshake.ts';
import { type Agreement, type HandshakeFailure, Initiator } from './initiator.ts';
import { LinkTable } from './link-table.ts';
import type { ConnectionTiming } from './liveness.ts';
import { connectionIdKey, datagramForm } from './packet.ts';
import { Timers } from './timers.ts';

/** Whom to connect to. */
export interface ConnectTarget {
  readonly address: Address;
  /** The only Ed25519 key to accept; undefined to accept any on first contact. */
  readonly identity: Uint8Array | undefined;
  readonly timing: ConnectionTiming;
  /** How long to try. Milliseconds. */
  readonly timeoutMs: number;
  /** Conversations the other side may use. Default: as many as the protocol knows. */
  readonly conversationsMax?: number;
  /** Whether the other side may come to send from another address: true for peers, false for a server. Default: true. */
  readonly peerMoves?: boolean;
}

/** A connection that a handshake has agreed on. */
export interface Established {
  readonly link: number;
  readonly idKey: number;
  readonly address: Address;
  readonly agreement: Agreement;
  /** Set where we initiated; the connection is half-open otherwise. */
  readonly timing: ConnectionTiming | undefined;
  readonly conversationsMax?: number | undefined;
  readonly peerMoves?: boolean | undefined;
}

/** `unexpected`: nobody waits for this datagram. */
export type HandshakeDrop = AcceptorDrop | 'unexpected' | 'unknownForm';

interface Attempt {
  readonly link: number;
  readonly idKey: number;
  readonly textKey: string;
  readonly initiator: Initiator;
  readonly timing: ConnectionTiming;
  readonly conversationsMax: number | undefined;
  readonly peerMoves: boolean | undefined;
}

export interface HandshakesOptions extends AcceptorOptions {
  /** Makes our half of a new connection under an unused connection id. */
  readonly introduce: () => Introduction;
  /** Numbers a new connection. */
  readonly nextLink: () => number;
}

export class Handshakes {
  readonly #options: HandshakesOptions;
  readonly #acceptor: Acceptor;
  readonly #acquaintances = new Acquaintances();
  readonly #attempts = new LinkTable<Attempt>();
  readonly #timers = new Timers<Attempt>();
  readonly #outgoing: { readonly to: Address; readonly datagram: Uint8Array }[] = [];

  constructor(options: HandshakesOptions) {
    this.#options = options;
    this.#acceptor = new Acceptor(options);
  }

  /** Begins a handshake and numbers its connection. */
  connect(target: ConnectTarget, now: number): number {
    const { crypto, random, identity, introduce, nextLink } = this.#options;
    const introduction = introduce();
    const acquaintance =
      target.identity && this.#acquaintances.find(target.identity, target.address);
    const initiator = new Initiator({
      crypto,
      random,
      identity,
      address: target.address,
      expectedIdentity: target.identity,
      acquaintance,
      introduction,
      timeoutMs: target.timeoutMs,
      now,
    });
    const attempt: Attempt = {
      link: nextLink(),
      idKey: connectionIdKey(introduction.connectionId),
      textKey: toHex(initiator.nonce),
      initiator,
      timing: target.timing,
      conversationsMax: target.conversationsMax,
      peerMoves: target.peerMoves,
    };
    this.#attempts.add(attempt);
    this.#transmit(attempt);
    return attempt.link;
  }

  /** Gives up a handshake. */
  abort(link: number): void {
    const attempt = this.#attempts.byLink(link);
    if (attempt !== undefined) this.#delete(attempt);
  }

  /** Whether a connection id belongs to a handshake under way. */
  hasId(idKey: number): boolean {
    return this.#attempts.byId(idKey) !== undefined;
  }

  /** Takes a datagram of a handshake. @returns a new connection, why it was dropped, or undefined */
  receive(
    datagram: Uint8Array,
    from: Address,
    now: number,
  ): Established | HandshakeDrop | undefined {
    switch (datagram[0]) {
      case datagramForm.hello:
        return this.#receiveHello(datagram, from, now);
      case datagramForm.retry:
        return this.#receiveRetry(datagram, from, now);
      case datagramForm.init:
        return this.#receiveInit(datagram, from, now);
      case datagramForm.response:
        return this.#receiveResponse(datagram, from, now);
      default:
        return 'unknownForm';
    }
  }

  /** The next datagram to send. */
  pollTransmit(): { readonly to: Address; readonly datagram: Uint8Array } | undefined {
    return this.#outgoing.shift();
  }

  /** When {@link handleTimeout} is due. */
  pollTimeout(): number | undefined {
    const next = Math.min(
      this.#timers.next ?? Number.POSITIVE_INFINITY,
      this.#acceptor.deadline ?? Number.POSITIVE_INFINITY,
    );
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  /** @returns the handshakes that have failed */
  handleTimeout(
    now: number,
  ): readonly { readonly link: number; readonly failure: HandshakeFailure }[] {
    this.#acceptor.forgetExpired(now);
    const failed: { link: number; failure: HandshakeFailure }[] = [];
    for (;;) {
      const attempt = this.#timers.takeDue(now);
      if (attempt === undefined) return failed;
      const failure = attempt.initiator.handleTimeout(now);
      if (failure === undefined) {
        this.#transmit(attempt);
      } else {
        this.#delete(attempt);
        failed.push({ link: attempt.link, failure });
      }
    }
  }

  #receiveHello(datagram: Uint8Array, from: Address, now: number): HandshakeDrop | undefined {
    const result = this.#acceptor.receiveHello(datagram, from, now);
    if (result.type === 'dropped') return result.reason;
    this.#outgoing.push({ to: from, datagram: result.datagram });
    return undefined;
  }

  #receiveInit(
    datagram: Uint8Array,
    from: Address,
    now: number,
  ): Established | HandshakeDrop | undefined {
    let idKey = 0;
    const introduce = (): Introduction => {
      const introduction = this.#options.introduce();
      idKey = connectionIdKey(introduction.connectionId);
      return introduction;
    };
    const result = this.#acceptor.receiveInit(datagram, from, introduce, now);
    if (result.type === 'dropped') return result.reason;
    this.#outgoing.push({ to: from, datagram: result.datagram });
    if (result.type === 'reply') return undefined;
    const { agreement } = result;
    return { link: this.#options.nextLink(), idKey, address: from, agreement, timing: undefined };
  }

  #receiveRetry(datagram: Uint8Array, from: Address, now: number): HandshakeDrop | undefined {
    const retry = decodeRetry(datagram);
    if (retry === undefined) return 'malformed';
    const attempt = this.#attempts.byText(toHex(retry.nonce));
    if (attempt === undefined || !isFrom(attempt, from)) return 'unexpected';
    attempt.initiator.receiveRetry(retry, now);
    this.#transmit(attempt);
    return undefined;
  }

  #receiveResponse(datagram: Uint8Array, from: Address, now: number): Established | HandshakeDrop {
    const response = decodeResponse(datagram);
    if (response === undefined) return 'malformed';
    const attempt = this.#attempts.byId(connectionIdKey(response.connectionId));
    if (attempt === undefined || !isFrom(attempt, from)) return 'unexpected';
    const agreement = attempt.initiator.receiveResponse(response, now);
    if (agreement === undefined) return 'forged';
    this.#delete(attempt);
    const { remoteIdentity, acquaintance } = agreement;
    this.#acquaintances.remember(remoteIdentity, attempt.initiator.address, acquaintance);
    const { link, idKey, timing, conversationsMax, peerMoves } = attempt;
    return { link, idKey, address: from, agreement, timing, conversationsMax, peerMoves };
  }

  #transmit(attempt: Attempt): void {
    for (;;) {
      const datagram = attempt.initiator.pollTransmit();
      if (datagram === undefined) break;
      this.#outgoing.push({ to: attempt.initiator.address, datagram });
    }
    this.#timers.set(attempt, attempt.initiator.pollTimeout());
  }

  #delete(attempt: Attempt): void {
    this.#attempts.delete(attempt);
    this.#timers.delete(attempt);
  }
}

function isFrom(attempt: Attempt, from: Address): boolean {
  return sameAddress(attempt.initiator.address, from);
}
