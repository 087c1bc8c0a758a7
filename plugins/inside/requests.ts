/** What a plugin has asked for and waits for: promises that the chat process settles by events. Runs in isolates only. */

import type { ErrorCode } from '../../core/client-api.ts';
import type { ActionResults, AskingAction, Outcome } from '../bridge.ts';
import type { Fields, Outbox } from './outbox.ts';

interface Waiting {
  readonly resolve: (result: ActionResults[AskingAction['type']]) => void;
  readonly reject: (error: Error) => void;
}

/** Puts actions into the outbox and gives their promises. */
export class Requests {
  readonly #outbox: Outbox;
  readonly #waiting = new Map<number, Waiting>();
  /** The errors made here; asking a foreign error what it is would run the plugin's code. */
  readonly #refusals = new WeakSet<WeakKey>();
  #lastId = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Asks for an action; resolves with its result, or rejects with an error that has a `code`. */
  async ask<T extends AskingAction['type']>(
    type: T,
    fields: Omit<Fields<T>, 'id'>,
  ): Promise<ActionResults[T]> {
    const id = this.#nextId();
    const result = await new Promise<ActionResults[AskingAction['type']]>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      if (!this.#outbox.push(type, fields, id)) this.#refuseOverflow(id);
    });
    // The chat process answers each action with the result of its own type.
    return result as ActionResults[T];
  }

  /** Calls `over` after so many milliseconds, or with an error if that cannot be had; not after `end` was called. */
  wait(ms: number, over: (refused: Error | undefined) => void): { end(): void } {
    const id = this.#nextId();
    this.#waiting.set(id, { resolve: () => over(undefined), reject: over });
    if (!this.#outbox.push('wait', { ms }, id)) this.#refuseOverflow(id);
    return {
      end: () => {
        if (this.#waiting.delete(id)) this.#outbox.push('waited', { wait: id });
      },
    };
  }

  /** Takes the outcome of an action. */
  settle(id: number, outcome: Outcome): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (outcome.type === 'done') {
      waiting?.resolve(outcome.result);
    } else {
      waiting?.reject(this.refusal(outcome.code, outcome.message));
    }
  }

  /** An error as the chat process would refuse with. */
  refusal(code: ErrorCode, message: string): Error {
    const error = Object.assign(new Error(message), { name: 'BanterError', code });
    this.#refusals.add(error);
    return error;
  }

  /** Whether an error is a refusal: that is logged where it was decided. */
  isRefusal(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#refusals.has(error);
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #refuseOverflow(id: number): void {
    const message = 'too many or too large actions in one turn';
    this.settle(id, { type: 'refused', code: 'RATE_LIMITED', message });
  }
}

/** A promise that its maker need not wait for: its refusal is counted and logged where it was decided. */
export function optional<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
