/** How fast one plugin is served: one that keeps the chat process too busy waits, one under suspicion is served alone. */

import { Budget } from './budget.ts';
import { limits } from './limits.ts';

/** Milliseconds for which a plugin that was at work when the child died is served apart from other such ones. */
const suspicionMs = 600_000;

/** Goes by the machine's monotonic clock. */
export class Pace {
  readonly #ownTurns = new Budget(limits.ownTurnsPerMinute);
  readonly #characters = new Budget(limits.charactersPerMinute);
  #pausedUntilMs = 0;
  #suspectUntilMs = 0;

  /** A turn is over, in which it handed over so much; `own` if it was told nothing but outcomes of what it had asked for. */
  turned(characters: number, own: boolean, nowMs: number): void {
    const calm = this.#characters.take(nowMs, characters) && (!own || this.#ownTurns.take(nowMs));
    if (!calm) this.#pausedUntilMs = nowMs + limits.paceMs;
  }

  /** Whether it has to wait until its next turn. */
  isPaused(nowMs: number): boolean {
    return nowMs < this.#pausedUntilMs;
  }

  /** Several plugins were at work when the child died; until `nowMs` and a while they are served one at a time. */
  suspect(nowMs: number): void {
    this.#suspectUntilMs = nowMs + suspicionMs;
  }

  isSuspected(nowMs: number): boolean {
    return nowMs < this.#suspectUntilMs;
  }
}
