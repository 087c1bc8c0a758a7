/** What one plugin may do a minute. */

import { Budget } from './budget.ts';
import { limits } from './limits.ts';

/** What is counted. */
export type Spending = 'send' | 'append' | 'storage' | 'lookUp' | 'log' | 'ownTurn' | 'character';

/** Its budgets; they last as long as the plugin, across restarts of the child. */
export class Allowance {
  readonly #budgets: Record<Spending, Budget> = {
    // Until it is known what its manifest says.
    send: new Budget(0),
    append: new Budget(limits.appendsPerMinute),
    storage: new Budget(limits.storageOperationsPerMinute),
    lookUp: new Budget(limits.lookUpsPerMinute),
    log: new Budget(limits.logLinesPerMinute),
    ownTurn: new Budget(limits.ownTurnsPerMinute),
    character: new Budget(limits.charactersPerMinute),
  };

  /** How many messages it may send a minute. */
  allowSends(perMinute: number): void {
    this.#budgets.send = new Budget(perMinute);
  }

  /** Takes so much of what it may do; false when it has done enough. */
  spend(what: Spending, nowMs: number, amount = 1): boolean {
    return this.#budgets[what].take(nowMs, amount);
  }
}
