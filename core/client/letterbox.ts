/** Takes what the server has kept for this client: opens envelopes, believes them or not, and says what became of them. */

import type { RecipientOutcome } from '../chat/mail-messages.ts';
import type { Mirror } from '../chat/mirror.ts';
import { foldName } from '../chat/names.ts';
import { peerCodec, type ServerMessage } from '../chat/wire.ts';
import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';
import { equalBytes, fromHex } from '../protocol/bytes.ts';
import type { Crypto, Identity } from '../protocol/crypto.ts';
import { openEnvelope } from '../protocol/envelope.ts';
import type { LookUps } from './look-ups.ts';
import type { PrivateText, Reception } from './reception.ts';
import type { Session } from './session.ts';

type Envelope = Extract<ServerMessage, { readonly type: 'envelope' }>;

/** Messages that wait to be taken; a server has 16 under way at most, and what it sends beyond is dropped. */
const waitingMax = 64;

/** What could not be kept is tried again after so long, or when there may be room. Milliseconds. */
const retryMs = 10_000;

/** A message out of its envelope. */
interface Letter {
  /** The X25519 key of who has sealed it. */
  readonly agreementKey: Uint8Array;
  readonly message: PrivateText;
}

export interface LetterboxOptions {
  readonly environment: Environment;
  readonly crypto: Crypto;
  readonly identity: Identity;
  readonly mirror: Mirror;
  readonly lookUps: LookUps;
  readonly reception: Reception;
  readonly tell: Session['tell'];
}

export class Letterbox {
  readonly #options: LetterboxOptions;
  /** By the number of the envelope, in the order in which they came. */
  readonly #waiting = new Map<number, Letter>();
  #isOpen = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: LetterboxOptions) {
    this.#options = options;
  }

  /** Somebody listens: from now on messages are told. */
  open(): void {
    this.#isOpen = true;
    this.retry();
  }

  /** Takes an envelope. One that cannot be opened, or is no message, is not wanted again. */
  receive(envelope: Envelope): void {
    const letter = this.#unseal(envelope);
    if (letter === undefined) {
      this.#settle(envelope.id, 'refused');
    } else if (this.#waiting.size < waitingMax) {
      this.#waiting.set(envelope.id, letter);
      if (this.#isOpen) this.#take(envelope.id, letter);
    }
  }

  /** There may be room, or senders who are known by now. */
  retry(): void {
    if (!this.#isOpen) return;
    for (const [id, letter] of [...this.#waiting]) this.#take(id, letter);
  }

  /** The server has gone: what is not settled comes again. */
  handleLoss(): void {
    this.#waiting.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #take(id: number, letter: Letter): void {
    const { mirror, reception } = this.#options;
    const { message } = letter;
    const entry = mirror.find(message.from);
    if (entry === undefined) {
      void this.#seek(id, message.from);
      return;
    }
    // The message has the name's key only if that key has sealed it.
    const taken = this.#isOf(entry.key, letter)
      ? reception.take({ identity: entry.key, message, kept: true })
      : 'refused';
    if (taken === 'had') this.#settle(id, 'delivered');
    else if (taken === 'refused') this.#settle(id, 'refused');
    else this.#cancelTimer ??= this.#options.environment.setTimer(() => this.#tryAgain(), retryMs);
  }

  /** Whom the server does not know either was never to be believed. */
  async #seek(id: number, from: string): Promise<void> {
    try {
      await this.#options.lookUps.need(from, undefined);
    } catch (error) {
      const isNobody = error instanceof BanterError && error.code === 'USER_UNKNOWN';
      if (isNobody && this.#waiting.has(id)) this.#settle(id, 'refused');
      return;
    }
    this.retry();
  }

  #tryAgain(): void {
    this.#cancelTimer = undefined;
    this.retry();
  }

  #settle(id: number, outcome: RecipientOutcome): void {
    this.#waiting.delete(id);
    this.#options.tell({ type: 'settle', id, outcome });
  }

  #unseal({ from, mid, sealed }: Envelope): Letter | undefined {
    const { crypto, identity } = this.#options;
    const opened = openEnvelope(crypto, identity, mid, sealed);
    if (opened === undefined) return undefined;
    const message = peerCodec.decode(opened.payload);
    if (message?.type !== 'privateMessage' || !equalBytes(message.mid, mid)) return undefined;
    if (foldName(message.from) !== foldName(from)) return undefined;
    return { agreementKey: opened.agreementKey, message };
  }

  #isOf(key: string, { agreementKey }: Letter): boolean {
    const { crypto } = this.#options;
    const expected = crypto.agreementKey(fromHex(key) ?? new Uint8Array(32));
    return expected !== undefined && crypto.equal(expected, agreementKey);
  }
}
