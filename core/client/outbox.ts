/** Private messages on their way to one peer, in order, until the peer confirms them. */

import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';

/** Messages under way to one peer at most; beyond, a send is refused. */
const pendingMax = 1024;

interface Item {
  readonly mid: string;
  readonly to: string;
  readonly payload: Uint8Array;
}

interface Pending extends Item {
  readonly resolve: () => void;
  readonly reject: (error: BanterError) => void;
  readonly detach: () => void;
  readonly cancelTimer: () => void;
  isTaken: boolean;
}

export class Outbox {
  readonly #environment: Environment;
  readonly #patienceMs: number;
  /** By mid, in the order of sending. */
  readonly #pending = new Map<string, Pending>();

  /** @param patienceMs how long a message may stay unconfirmed */
  constructor(environment: Environment, patienceMs: number) {
    this.#environment = environment;
    this.#patienceMs = patienceMs;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Queues a message; resolves when it is confirmed. @throws BanterError RATE_LIMITED, ABORTED, PEER_UNREACHABLE */
  add(item: Item, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(new BanterError('ABORTED', 'cancelled'));
        return;
      }
      if (this.#pending.size >= pendingMax) {
        const reason = `${pendingMax} messages to ${item.to} await confirmation`;
        reject(new BanterError('RATE_LIMITED', reason));
        return;
      }
      const onAbort = (): void => this.#fail(item.mid, new BanterError('ABORTED', 'cancelled'));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(item.mid, {
        ...item,
        resolve,
        reject,
        detach: () => signal?.removeEventListener('abort', onAbort),
        cancelTimer: this.#environment.setTimer(
          () => this.#fail(item.mid, silent(item.to)),
          this.#patienceMs,
        ),
        isTaken: false,
      });
    });
  }

  /** What was not handed to the present connection yet, in order. */
  take(): readonly Uint8Array[] {
    const taken = [...this.#pending.values()].filter(({ isTaken }) => !isTaken);
    for (const pending of taken) pending.isTaken = true;
    return taken.map(({ payload }) => payload);
  }

  /** The connection has ended: everything must be handed to the next one. */
  rewind(): void {
    for (const pending of this.#pending.values()) pending.isTaken = false;
  }

  /** The peer has the message. */
  confirm(mid: string): void {
    this.#remove(mid)?.resolve();
  }

  /** Nothing more can be done: the peer does not answer, or `error`. */
  failAll(error?: BanterError): void {
    for (const { mid, to } of [...this.#pending.values()]) this.#fail(mid, error ?? silent(to));
  }

  #fail(mid: string, error: BanterError): void {
    this.#remove(mid)?.reject(error);
  }

  #remove(mid: string): Pending | undefined {
    const pending = this.#pending.get(mid);
    this.#pending.delete(mid);
    pending?.cancelTimer();
    pending?.detach();
    return pending;
  }
}

function silent(to: string): BanterError {
  return new BanterError('PEER_UNREACHABLE', `${to} does not answer`, { data: { name: to } });
}
