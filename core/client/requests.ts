/** Requests to the server that await their answer, across connections. */

import type { ClientMessage, ServerMessage } from '../chat/wire.ts';
import { BanterError, errorCodeFromWire } from '../errors.ts';
import type { Environment } from '../net/transport.ts';

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown
  ? Omit<Union, Key>
  : never;

/** A message that the server answers. */
export type Request = Extract<ClientMessage, { readonly requestId: number }>;

/** A request before it has its number. */
export type RequestBody = DistributiveOmit<Request, 'requestId'>;

/** An answer that is no refusal. */
export type Answer = Exclude<
  Extract<ServerMessage, { readonly requestId: number }>,
  { readonly type: 'refused' }
>;

/** The answer of one kind. */
export type AnswerOf<Type extends Answer['type']> = Extract<Answer, { readonly type: Type }>;

/** Requests that change nothing by being asked again; a send is one, by its mid. */
const repeatable: ReadonlySet<Request['type']> = new Set([
  'listGroups',
  'listMembers',
  'listNames',
  'lookUp',
  'sendGroup',
  'reportUnanswered',
  'deregister',
]);

/** Requests under way at most; beyond, callers must wait for answers. */
const pendingMax = 16_384;

interface Pending {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: BanterError) => void;
  readonly detach: () => void;
  isSent: boolean;
  cancelTimer: (() => void) | undefined;
}

export class Requests {
  readonly #environment: Environment;
  readonly #send: (request: Request) => void;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  /** Whether the server can be asked; requests wait otherwise. */
  #open = false;

  constructor(environment: Environment, send: (request: Request) => void) {
    this.#environment = environment;
    this.#send = send;
  }

  /**
   * Asks the server, now or once it is back, and waits for it at most `patienceMs` while it is away.
   * @throws BanterError the server's refusal, CONNECTION_LOST, OUTCOME_UNKNOWN, ABORTED
   */
  ask(body: RequestBody, patienceMs: number, signal?: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(new BanterError('ABORTED', 'cancelled'));
        return;
      }
      if (this.#pending.size >= pendingMax) {
        reject(new BanterError('RATE_LIMITED', `${pendingMax} requests await their answers`));
        return;
      }
      const requestId = this.#nextId++;
      const onAbort = (): void => this.#fail(requestId, new BanterError('ABORTED', 'cancelled'));
      signal?.addEventListener('abort', onAbort, { once: true });
      const pending: Pending = {
        // A body and a number make the request the body was cut from.
        request: { ...body, requestId } as Request,
        resolve,
        reject,
        detach: () => signal?.removeEventListener('abort', onAbort),
        isSent: false,
        cancelTimer: undefined,
      };
      this.#pending.set(requestId, pending);
      if (this.#open) this.#transmit(pending);
      else this.#startTimer(pending, patienceMs);
    });
  }

  /** Takes an answer of the server; one that nobody awaits is ignored. */
  receive(message: Extract<ServerMessage, { readonly requestId: number }>): void {
    const pending = this.#pending.get(message.requestId);
    if (pending === undefined) return;
    if (message.type === 'refused') {
      const error = new BanterError(errorCodeFromWire(message.code), message.detail);
      this.#fail(message.requestId, error);
      return;
    }
    this.#take(message.requestId);
    pending.resolve(message);
  }

  /** The mid of the oldest message to a group that was never sent. */
  get oldestUnsentMid(): Uint8Array | undefined {
    for (const { request, isSent } of this.#pending.values()) {
      if (!isSent && request.type === 'sendGroup') return request.mid;
    }
    return undefined;
  }

  /** The server can be asked (again): everything that waits goes out, in order. */
  open(): void {
    this.#open = true;
    for (const pending of this.#pending.values()) {
      pending.cancelTimer?.();
      pending.cancelTimer = undefined;
      this.#transmit(pending);
    }
  }

  /**
   * The server is away. What it may have carried out and must not be asked twice fails; the rest waits.
   * @param patienceMs how much longer
   */
  suspend(patienceMs: number): void {
    this.#open = false;
    for (const [id, pending] of this.#pending) {
      if (pending.isSent && !repeatable.has(pending.request.type)) this.#fail(id, lost(pending));
      else this.#startTimer(pending, patienceMs);
    }
  }

  /**
   * The server has forgotten what it was sent: nobody can say whether it was carried out.
   * Requests that were never sent go on waiting.
   */
  failSends(): void {
    for (const [id, pending] of this.#pending) {
      if (pending.isSent && pending.request.type === 'sendGroup') this.#fail(id, lost(pending));
    }
  }

  /** Nothing will be answered any more. */
  failAll(error: BanterError): void {
    this.#open = false;
    for (const id of [...this.#pending.keys()]) this.#fail(id, error);
  }

  #transmit(pending: Pending): void {
    pending.isSent = true;
    this.#send(pending.request);
  }

  #startTimer(pending: Pending, patienceMs: number): void {
    if (pending.cancelTimer !== undefined) return;
    pending.cancelTimer = this.#environment.setTimer(
      () => this.#fail(pending.request.requestId, lost(pending)),
      patienceMs,
    );
  }

  #fail(id: number, error: BanterError): void {
    this.#take(id)?.reject(error);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.cancelTimer?.();
    pending?.detach();
    return pending;
  }
}

function lost(pending: Pending): BanterError {
  return pending.isSent && pending.request.type === 'sendGroup'
    ? new BanterError('OUTCOME_UNKNOWN', 'the server went away before it answered')
    : new BanterError('CONNECTION_LOST', 'the server does not answer');
}
