/** Notes for `explain`: what became of a message inside the isolate. Runs in isolates only. */

import { limits } from '../limits.ts';
import type { Outbox } from './outbox.ts';

/** What a listener runs for: hops of what it sends, and the trace of the message; 0 where there is none. */
export interface Cause {
  readonly hops: number;
  readonly trace: number;
}

/** Nothing that came. */
export const noCause: Cause = { hops: 0, trace: 0 };

/** Puts steps into the outbox, few enough that they cost nothing when many messages come. */
export class Tracer {
  readonly #outbox: Outbox;
  #turn = 0;
  #left = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** One thing that happened to a message. Beyond {@link limits.turnTracesMax} of a turn it is not told. */
  note(
    { trace }: Cause,
    what: string,
    outcome: 'handled' | 'skipped' | 'failed',
    { reason = '', ms = 0 }: { readonly reason?: string; readonly ms?: number } = {},
  ): void {
    const { turn } = this.#outbox;
    if (turn !== this.#turn) this.#left = limits.turnTracesMax;
    this.#turn = turn;
    if (trace === 0 || this.#left === 0) return;
    this.#left -= 1;
    this.#outbox.push('traced', { trace, what: what.slice(0, 80), outcome, reason, ms });
  }
}
