/** Requests to the server that await their answer, across connections. */

import { parseMid } from '../chat/mids.ts';
import { nameBytesMax } from '../chat/names.ts';
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

/** Requests that change nothing by being asked again; a send and a deposit are, by their mid. */
const repeatable: ReadonlySet<Request['type']> = new Set([
  'listGroups',
  'listMembers',
  'listNames',
  'lookUp',
  'history',
  'search',
  'sendGroup',
  'deposit',
  'reportUnanswered',
  'deregister',
  'listOperators',
  'listAccounts',
  'listBannedKeys',
  'listAdmissions',
  'listInvitations',
  'readAudit',
]);

/** Smaller numbers are those of the registration. */
const firstRequestId = 2;

/** Requests under way at most; beyond, callers must wait for answers. */
const pendingMax = 16_384;

/** A timer that is this late was slept through. Milliseconds. */
const oversleptMs = 1000;

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
  #nextId = firstRequestId;
  #nextCounter = 1;
  /** Whether the server can be asked; requests wait otherwise. */
  #open = false;

  constructor(environment: Environment, send: (request: Request) => void) {
    this.#environment = environment;
    this.#send = send;
  }

  /**
   * Asks the server, now or once it is back, and waits for it at most `patienceMs` while it is away.
   * @throws BanterError the server's refusal, or its own of what the server could not even read, CONNECTION_LOST, OUTCOME_UNKNOWN, ABORTED
   */
  ask(body: RequestBody, patienceMs: number, signal?: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(new BanterError('ABORTED', 'cancelled'));
        return;
      }
      const unreadable = unreadableName(body);
      if (unreadable !== undefined) {
        reject(unreadable);
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

  /** Takes an answer of the server. @returns the request that it answers, or undefined if nobody awaits it */
  receive(message: Extract<ServerMessage, { readonly requestId: number }>): Request | undefined {
    const pending = this.#take(message.requestId);
    if (message.type !== 'refused') pending?.resolve(message);
    else pending?.reject(refusalOf(message));
    return pending?.request;
  }

  /** Whether somebody awaits an answer. */
  get isAwaited(): boolean {
    return this.#pending.size > 0;
  }

  /** Messages to groups with this counter or a higher one were never sent. */
  get nextCounter(): number {
    return this.#nextCounter;
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

  /** Nothing will be answered any more. */
  failAll(error: BanterError): void {
    this.#open = false;
    for (const id of [...this.#pending.keys()]) this.#fail(id, error);
  }

  #transmit(pending: Pending): void {
    const { request } = pending;
    pending.isSent = true;
    if (request.type === 'sendGroup') {
      const counter = parseMid(request.mid)?.counter ?? 0;
      this.#nextCounter = Math.max(this.#nextCounter, counter + 1);
    }
    this.#send(request);
  }

  #startTimer(pending: Pending, patienceMs: number): void {
    if (pending.cancelTimer !== undefined) return;
    const dueAt = this.#environment.now() + patienceMs;
    pending.cancelTimer = this.#environment.setTimer(() => {
      pending.cancelTimer = undefined;
      // A process that was asleep has not waited: the server gets its time once more.
      if (this.#environment.now() - dueAt > oversleptMs) this.#startTimer(pending, patienceMs);
      else this.#fail(pending.request.requestId, lost(pending));
    }, patienceMs);
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

/** What a server says instead of granting a request; its `data` has `retryMs` where the server knows when it would. */
export function refusalOf({
  code,
  detail,
  retryMs,
}: Extract<ServerMessage, { readonly type: 'refused' }>): BanterError {
  const data = retryMs === 0 ? {} : { retryMs };
  return new BanterError(errorCodeFromWire(code), detail, { data });
}

/** The group that a client is not in, as the answer to a request says. */
export function groupLeft(
  request: Request,
  answer: Extract<ServerMessage, { readonly requestId: number }>,
): string | undefined {
  if (request.type === 'leaveGroup' && answer.type === 'done') return request.group;
  if (answer.type !== 'refused' || !('group' in request)) return undefined;
  const code = errorCodeFromWire(answer.code);
  return code === 'NOT_MEMBER' || code === 'REMOVED_FROM_GROUP' ? request.group : undefined;
}

function lost(pending: Pending): BanterError {
  const { type } = pending.request;
  return pending.isSent && (type === 'sendGroup' || type === 'deposit')
    ? new BanterError('OUTCOME_UNKNOWN', 'the server went away before it answered')
    : new BanterError('CONNECTION_LOST', 'the server does not answer');
}

/** A server drops what it cannot read, so that nobody would ever answer a name that is too long for the wire. */
function unreadableName(body: RequestBody): BanterError | undefined {
  const group = 'group' in body ? body.group : '';
  const name = 'name' in body ? body.name : 'who' in body ? body.who : '';
  if (isTooLong(group)) {
    const data = { name: group };
    if (body.type === 'createGroup') {
      return new BanterError('GROUP_NAME_INVALID', `the name "${group}" is too long`, { data });
    }
    return new BanterError('GROUP_UNKNOWN', unknownWords(group), { data });
  }
  if (!isTooLong(name)) return undefined;
  return new BanterError('USER_UNKNOWN', unknownWords(name), { data: { name } });
}

function isTooLong(name: string): boolean {
  return Buffer.byteLength(name) > nameBytesMax;
}

function unknownWords(name: string): string {
  return `nothing is called "${name}": no name is that long`;
}
