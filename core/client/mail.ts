/** Private messages to whoever is absent: sealed, and left at the server until they are back (docs/PROTOCOL.md §9). */

import type { EnvelopeOutcome } from '../chat/mail-messages.ts';
import type { Mirror } from '../chat/mirror.ts';
import type { Delivered, DirectoryEntry, Stored } from '../chat/types.ts';
import { peerCodec, type ServerMessage } from '../chat/wire.ts';
import { BanterError, type ErrorCode } from '../errors.ts';
import type { Environment } from '../net/transport.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';
import type { Crypto, Identity } from '../protocol/crypto.ts';
import { sealEnvelope } from '../protocol/envelope.ts';
import type { Direct } from './direct.ts';
import type { LookUps } from './look-ups.ts';
import type { SendOptions } from './options.ts';
import { askWithinRate, pause, unlessAborted } from './pacing.ts';
import type { PeerKeys } from './peer-keys.ts';
import type { PrivateText } from './reception.ts';
import type { Session } from './session.ts';
import { Turns } from './turns.ts';

/** The server has looked by then whether a peer lives that did not answer; it takes a second. Milliseconds. */
const lookMs = 1500;

/** Outcomes that wait for somebody to listen; a server has so many under way. */
const earlyMax = 64;

/** Outcomes remembered, so that none is told twice; the oldest is forgotten. */
const outcomesMax = 1024;

type Settled = Extract<ServerMessage, { readonly type: 'settled' }>;

/** What the server keeps nothing for, so that the direct way decides. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'PEER_PRESENT',
  'USER_UNKNOWN',
  'BAD_REQUEST',
  'CONNECTION_LOST',
]);

/** A message that was left at the server, and what became of it. */
export interface LeftMessage {
  readonly mid: string;
  readonly to: string;
  readonly outcome: EnvelopeOutcome;
}

export interface MailOptions {
  readonly environment: Environment;
  readonly crypto: Crypto;
  readonly identity: Identity;
  readonly mirror: Mirror;
  readonly keys: PeerKeys;
  readonly direct: Direct;
  readonly lookUps: LookUps;
  readonly ask: Session['ask'];
  readonly tell: Session['tell'];
  /** Whether the server is there and keeps messages. */
  readonly isKept: () => boolean;
  readonly onOutcome: (message: LeftMessage) => void;
}

export class Mail {
  readonly #options: MailOptions;
  /** By identity: messages that do not know yet whether they stay in its mailbox or go directly. */
  readonly #turns = new Turns();
  /** Recipients and mids of outcomes that were told, the oldest first. */
  readonly #told = new Set<string>();
  readonly #closing = new AbortController();
  /** What came before anybody could listen. */
  #early: Settled[] | undefined = [];

  constructor(options: MailOptions) {
    this.#options = options;
  }

  /**
   * Sends a message directly to who is present; has it kept by the server for who is not, or turns out not to be.
   * @throws BanterError as `Direct.send`, MAILBOX_FULL, and OUTCOME_UNKNOWN when the server went away meanwhile
   */
  async send(
    to: string,
    message: PrivateText,
    { signal, store = true }: SendOptions,
  ): Promise<Delivered | Stored> {
    const { mirror, lookUps, isKept } = this.#options;
    const entry = mirror.find(to);
    const isAway = store && isKept() && entry !== undefined && this.#isAway(entry);
    if (entry === undefined || !(isAway || this.#turns.isTaken(entry.key))) {
      return this.#sendDirectly(to, message, { signal, store });
    }
    let sending: Promise<Delivered | Stored>;
    // A turn is over when the message is on its way, not when it has arrived.
    {
      using turn = this.#turns.take(entry.key);
      if (isAway) {
        const stored = await this.#leave(to, message, signal);
        if (stored !== undefined) return stored;
        // They are back, and our view of the directory may not know it yet.
        await lookUps.look(to, signal).catch(() => {});
      }
      await unlessAborted(turn.before, signal);
      sending = this.#sendDirectly(to, message, { signal, store });
    }
    return await sending;
  }

  async #sendDirectly(
    to: string,
    message: PrivateText,
    { signal, store }: { readonly signal: AbortSignal | undefined; readonly store: boolean },
  ): Promise<Delivered | Stored> {
    try {
      return await this.#options.direct.send(to, message, signal);
    } catch (error) {
      const isSilent = error instanceof BanterError && error.code === 'PEER_UNREACHABLE';
      const stored = isSilent && store ? await this.#leaveSilent(to, message, signal) : undefined;
      if (stored === undefined) throw error;
      return stored;
    }
  }

  /** Somebody listens: from now on outcomes are told. */
  open(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const settled of early) this.receive(settled);
  }

  /** Takes word of what became of a message. What is not confirmed comes again. */
  receive(settled: Settled): void {
    if (this.#early !== undefined) {
      if (this.#early.length < earlyMax) this.#early.push(settled);
      return;
    }
    const { id, mid, to, outcome } = settled;
    const left = { mid: toHex(mid), to, outcome };
    const key = `${left.mid} ${to}`;
    const isNews = !this.#told.has(key);
    this.#told.add(key);
    const [oldest = key] = this.#told;
    if (this.#told.size > outcomesMax) this.#told.delete(oldest);
    this.#options.tell({ type: 'confirmSettled', id });
    if (isNews) this.#options.onOutcome(left);
  }

  /** Nothing is tried again. */
  close(): void {
    this.#closing.abort();
  }

  #isAway({ key, online }: DirectoryEntry): boolean {
    return !online && !this.#options.direct.isConnected(key);
  }

  /** For who did not answer: refused at first if the server takes them for present, it looks, and is asked once more. */
  async #leaveSilent(
    to: string,
    message: PrivateText,
    signal: AbortSignal | undefined,
  ): Promise<Stored | undefined> {
    const { environment, isKept } = this.#options;
    if (!isKept()) return undefined;
    const stored = await this.#leave(to, message, signal);
    if (stored !== undefined || !isKept()) return stored;
    await pause(environment, lookMs, this.#ending(signal));
    return this.#leave(to, message, signal);
  }

  /** @returns undefined if the server keeps it for nobody */
  async #leave(
    to: string,
    message: PrivateText,
    signal: AbortSignal | undefined,
  ): Promise<Stored | undefined> {
    const entry = this.#options.mirror.find(to);
    if (entry === undefined) return undefined;
    this.#options.keys.check(entry);
    try {
      return await this.#deposit(entry, message, signal);
    } catch (error) {
      if (error instanceof BanterError && passing.has(error.code)) return undefined;
      throw error;
    }
  }

  async #deposit(
    { name: to, key }: DirectoryEntry,
    message: PrivateText,
    signal: AbortSignal | undefined,
  ): Promise<Stored | undefined> {
    const { crypto, identity, environment, ask } = this.#options;
    const { mid } = message;
    const recipient = fromHex(key) ?? new Uint8Array();
    const payload = peerCodec.encode({ type: 'privateMessage', ...message });
    const ephemeral = environment.random(32);
    const sealed = sealEnvelope(crypto, { identity, recipient, mid, payload, ephemeral });
    if (sealed === undefined) return undefined;
    const body = { type: 'deposit', to, identity: recipient, mid, sealed } as const;
    const attempt = () => ask(body, 'deposited', signal);
    const { durable } = await askWithinRate(environment, attempt, this.#ending(signal));
    return { type: 'stored', mid: toHex(mid), to, durable };
  }

  #ending(signal: AbortSignal | undefined): AbortSignal {
    const own = this.#closing.signal;
    return signal === undefined ? own : AbortSignal.any([signal, own]);
  }
}
