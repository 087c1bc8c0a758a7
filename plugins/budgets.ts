/** What one plugin may do a minute. */

import { Budget } from './budget.ts';
import { httpLimits } from './http-limits.ts';
import { limits } from './limits.ts';

/** What there is a budget for. */
export type Spending = 'send' | 'append' | 'storage' | 'lookUp' | 'fetch' | 'moderate' | 'log';

/** A budget for each. */
export class Budgets {
  readonly #table: Record<Spending, Budget> = {
    // Until its manifest is known it sends nothing.
    send: new Budget(0),
    append: new Budget(limits.appendsPerMinute),
    storage: new Budget(limits.storageOperationsPerMinute),
    lookUp: new Budget(limits.lookUpsPerMinute),
    fetch: new Budget(httpLimits.requestsPerMinute),
    moderate: new Budget(limits.moderationsPerMinute),
    log: new Budget(limits.logLinesPerMinute),
  };

  /** What it may send, as its manifest says. */
  set sendsPerMinute(perMinute: number) {
    this.#table.send = new Budget(perMinute);
  }

  /** Takes `amount`; false when there is not so much left. */
  take(what: Spending, nowMs: number, amount: number): boolean {
    return this.#table[what].take(nowMs, amount);
  }
}
