/** A client's side of its registration at a server: connecting, registering, asking, and coming back after a loss. */

import { farewellOf } from '../chat/closing.ts';
import { composeMid } from '../chat/mids.ts';
import { type ClientMessage, clientCodec, controlConversation, serverCodec } from '../chat/wire.ts';
import { BanterError, type ErrorCode } from '../errors.ts';
import type { EndpointEvent } from '../protocol/endpoint-event.ts';
import type { HandshakeFailure } from '../protocol/initiator.ts';
import { DirectoryCheck } from './directory-check.ts';
import { handshakeError } from './handshake-error.ts';
import { Reconnection } from './reconnection.ts';
import {
  type Answer,
  type AnswerOf,
  groupLeft,
  type RequestBody,
  Requests,
  refusalOf,
} from './requests.ts';
import type { SessionOptions } from './session-options.ts';

type Welcome = AnswerOf<'welcome'>;

/** The numbers of the requests that register and that show an invitation before; others count on. */
const registrationId = 0;
const admissionId = 1;

/** A keepalive comes a little earlier or later each time, so that clients do not march in step. */
const keepaliveJitter = 0.1;

/**
 * Anybody on the path can forge what one attempt fails with, such as another key. A session that was welcome believes it
 * when so many attempts in a row end with it: who was there for a moment must not part a client from its server for good.
 */
const mismatchesMax = 3;

/** Refusals of who was welcome before that end by themselves: the old connection lingers, or there is no room for now. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'NAME_PRESENT',
  'ADDRESS_TAKEN',
  'SERVER_FULL',
  'STORE_FULL',
  'RATE_LIMITED',
]);

export class Session {
  readonly #options: SessionOptions;
  readonly #requests: Requests;
  readonly #reconnection: Reconnection;
  readonly #directoryCheck: DirectoryCheck;
  readonly #processId: Uint8Array;
  #serverKey: Uint8Array | undefined;
  #silenceMs: number;
  #keepaliveMs: number;
  #nextCounter = 1;
  #link: number | undefined;
  #state: 'idle' | 'connecting' | 'registering' | 'ready' | 'waiting' | 'ended' = 'idle';
  #welcomed = false;
  #mismatches = 0;
  #cancelRetry: (() => void) | undefined;
  /** Until then the server has said that it will be away. */
  #awayUntil = 0;

  constructor(options: SessionOptions, serverKey: Uint8Array | undefined) {
    this.#options = options;
    this.#serverKey = serverKey;
    this.#silenceMs = options.timing.silenceMs;
    this.#keepaliveMs = options.timing.keepaliveMs;
    this.#processId = options.environment.random(8);
    this.#reconnection = new Reconnection(options.environment.random);
    this.#directoryCheck = new DirectoryCheck({
      ...options,
      tell: (message) => this.tell(message),
    });
    this.#requests = new Requests(options.environment, (request) => this.#transmit(request));
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** The connection to the server while it is registered there. */
  get readyLink(): number | undefined {
    return this.isReady ? this.#link : undefined;
  }

  /** A message id of this process that was never used. 16 bytes. */
  nextMid(): Uint8Array {
    return composeMid(this.#processId, this.#nextCounter++);
  }

  /** Begins to connect; `onWelcome` or `onEnd` follows. */
  start(): void {
    const { endpoint, environment, server, timing, connectTimeoutMs, wake } = this.#options;
    this.#state = 'connecting';
    const spread = 1 + keepaliveJitter * (((environment.random(1)[0] ?? 0) / 255) * 2 - 1);
    this.#keepaliveMs = timing.keepaliveMs * spread;
    const target = {
      address: server,
      identity: this.#serverKey,
      timing: {
        ...timing,
        keepaliveMs: this.#keepaliveMs,
        awaitsAnswer: () => this.#awaitsAnswer,
      },
      timeoutMs: connectTimeoutMs,
      peerMoves: false,
    };
    this.#link = endpoint.connect(target, environment.now());
    wake();
  }

  /** Asks the server for an answer of one kind. @throws BanterError as {@link Requests.ask}; BAD_REQUEST for another kind */
  async ask<Type extends Answer['type']>(
    body: RequestBody,
    type: Type,
    signal?: AbortSignal,
  ): Promise<AnswerOf<Type>> {
    const awayMs = Math.max(0, this.#awayUntil - this.#options.environment.now());
    const asked = this.#requests.ask(body, this.#silenceMs + awayMs, signal);
    // Somebody waits: the next try to come back is now, unless it is known to be in vain.
    const isWaiting = this.#state === 'waiting' && awayMs === 0;
    if (isWaiting && this.#options.reconnect) this.#retryNow();
    this.#options.wake();
    const answer = await asked;
    // The compiler cannot narrow a union by a type that is still open.
    if (answer.type === type) return answer as AnswerOf<Type>;
    throw new BanterError('BAD_REQUEST', `the server answered ${body.type} with ${answer.type}`);
  }

  /** Tells the server without waiting for an answer; lost if it is away. */
  tell(message: ClientMessage): void {
    if (this.isReady) this.#transmit(message);
  }

  /** Takes an event of the endpoint. @returns whether it was about the server */
  receive(event: EndpointEvent): boolean {
    if (event.link !== this.#link) return false;
    switch (event.type) {
      case 'connected':
        this.#register(event.link, event.identity);
        break;
      case 'handshakeFailed':
        this.#handleFailure(event.failure);
        break;
      case 'messageReceived':
        this.#receiveMessage(event.conversation, event.payload);
        break;
      case 'silenceExceeded':
        this.#options.endpoint.close(event.link, 0, 'no answer');
        this.#handleLoss('the server does not answer', this.#silencePatienceMs);
        break;
      case 'datagramReceived':
        this.#options.onRelayed(event.payload);
        break;
      case 'moved':
      case 'silenceBroken':
      case 'answered':
        break;
      case 'closed':
        this.#handleClose(event.code, event.reason);
        break;
    }
    return true;
  }

  /** Replaces the connection by a new one, on which everything that was not handled comes again. */
  restart(reason: string): void {
    if (this.isReady) this.#dropLink(reason);
  }

  /** Ends the session with a word to the server; what is under way fails. */
  end(error: BanterError): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#directoryCheck.stop();
    this.#cancelRetry?.();
    if (this.#link !== undefined) {
      this.#options.endpoint.abort(this.#link);
      this.#options.endpoint.close(this.#link, 0, 'done');
      this.#options.wake();
    }
    this.#link = undefined;
    this.#requests.failAll(error);
  }

  /** The welcome, all of the directory, or the answer to a request. */
  get #awaitsAnswer(): boolean {
    return !this.isReady || this.#requests.isAwaited || !this.#options.mirror.isComplete;
  }

  #register(link: number, serverKey: Uint8Array): void {
    const { name, bot, auxiliary, takeOver, relayOnly, mirror, memberships, listener } =
      this.#options;
    this.#serverKey = serverKey;
    this.#mismatches = 0;
    try {
      listener.onServerKey(serverKey);
    } catch (error) {
      if (!(error instanceof BanterError)) throw error;
      this.#finish(error);
      return;
    }
    this.#state = 'registering';
    const request: ClientMessage = {
      type: 'register',
      requestId: registrationId,
      name,
      bot,
      auxiliary,
      takeOver: takeOver && !this.#welcomed,
      hidesAddress: relayOnly,
      processId: this.#processId,
      nextCounter: this.#requests.nextCounter,
      epoch: mirror.epoch,
      directoryVersion: mirror.version,
      resume: memberships.resumePoints,
    };
    const { invitation: token, endpoint } = this.#options;
    if (token !== undefined && !this.#welcomed) {
      const admit = clientCodec.encode({ type: 'admit', requestId: admissionId, token });
      endpoint.send(link, controlConversation, admit);
    }
    endpoint.send(link, controlConversation, clientCodec.encode(request));
  }

  #receiveMessage(conversation: number, payload: Uint8Array): void {
    const message = serverCodec.decode(payload);
    if (message === undefined) return;
    const { listener } = this.#options;
    if (message.type === 'restarting') {
      this.#reconnection.announce(message.returnMs);
    } else if (!('requestId' in message)) {
      listener.onPush(message, conversation);
    } else if (message.requestId === admissionId) {
      // Whoever is admitted hears the welcome next.
      if (message.type === 'refused') this.#handleRefusal(refusalOf(message));
    } else if (message.requestId !== registrationId) {
      if (message.type === 'joined') listener.onJoined(message);
      const request = this.#requests.receive(message);
      const group = request && groupLeft(request, message);
      if (group !== undefined) listener.onLeft(group);
    } else if (message.type === 'welcome') {
      this.#handleWelcome(message);
    } else if (message.type === 'refused') {
      this.#handleRefusal(refusalOf(message));
    }
  }

  #handleWelcome(welcome: Welcome): void {
    const first = !this.#welcomed;
    this.#welcomed = true;
    this.#state = 'ready';
    this.#reconnection.reset();
    this.#adopt(welcome.silenceMs);
    this.#options.listener.onWelcome(welcome, first);
    this.#requests.open();
    if (this.isReady) this.#directoryCheck.start(this.#keepaliveMs);
  }

  /** Who has set a patience has it used up by a silence; others wait as long again for the server's return. */
  get #silencePatienceMs(): number {
    return this.#options.followsPolicy ? this.#silenceMs : 0;
  }

  #adopt(silenceMs: number): void {
    if (!this.#options.followsPolicy || this.#link === undefined) return;
    this.#silenceMs = silenceMs;
    this.#options.endpoint.setTiming(this.#link, { silenceMs });
  }

  /** The registration was refused: for good, unless this session was welcome before and will be again. */
  #handleRefusal(refusal: BanterError): void {
    const { code, message } = refusal;
    if (this.#welcomed && passing.has(code)) this.#dropLink(message);
    else this.#finish(refusal);
  }

  #handleFailure(failure: HandshakeFailure): void {
    const { serverName, reconnect } = this.#options;
    const error = handshakeError(failure, serverName);
    this.#mismatches = failure.type === 'timeout' ? 0 : this.#mismatches + 1;
    // A key or a version that changed while we were away needs a person; an absent server needs patience.
    const isOver = !this.#welcomed || !reconnect || this.#mismatches >= mismatchesMax;
    if (isOver) this.#finish(error);
    else this.#retryLater(this.#reconnection.nextDelayMs());
  }

  #handleClose(code: number, reason: string): void {
    const farewell = farewellOf(code, reason, this.#welcomed);
    if (farewell === undefined) this.#handleLoss(reason, this.#silenceMs);
    else this.#finish(farewell);
  }

  #dropLink(reason: string): void {
    if (this.#link !== undefined) this.#options.endpoint.close(this.#link, 0, reason);
    this.#handleLoss(reason, this.#silenceMs);
  }

  /** @param patienceMs how much longer requests under way wait for the server's return */
  #handleLoss(reason: string, patienceMs: number): void {
    const wasReady = this.isReady;
    this.#link = undefined;
    this.#directoryCheck.stop();
    if (!this.#welcomed) {
      this.#finish(new BanterError('SERVER_UNREACHABLE', `the server ended the call: ${reason}`));
      return;
    }
    const { announcedMs } = this.#reconnection;
    const words = announcedMs === undefined ? reason : restartWords(announcedMs);
    const delayMs = this.#reconnection.nextDelayMs();
    this.#state = 'waiting';
    if (announcedMs !== undefined) this.#awayUntil = this.#options.environment.now() + delayMs;
    this.#requests.suspend(patienceMs + (announcedMs === undefined ? 0 : delayMs));
    if (wasReady) this.#options.listener.onLost(words, announcedMs);
    if (this.#options.reconnect) this.#retryLater(delayMs);
    else this.#finish(new BanterError('CONNECTION_LOST', `the server is gone: ${words}`));
  }

  #retryNow(): void {
    this.#cancelRetry?.();
    this.start();
  }

  #retryLater(delayMs: number): void {
    this.#state = 'waiting';
    this.#cancelRetry = this.#options.environment.setTimer(() => this.start(), delayMs);
  }

  #finish(error: BanterError): void {
    if (this.#state === 'ended') return;
    this.end(error);
    this.#options.listener.onEnd(error);
  }

  #transmit(message: ClientMessage): void {
    if (this.#link === undefined) return;
    this.#options.endpoint.send(this.#link, controlConversation, clientCodec.encode(message));
    this.#options.wake();
  }
}

/** Why a connection ended, where the server had said so before. */
function restartWords(returnMs: number): string {
  return `the server is restarting, back in about ${Math.ceil(returnMs / 1000)} s`;
}
