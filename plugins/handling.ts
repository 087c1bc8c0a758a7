/** What one plugin was told and has not handled yet: all of it is told again when its isolate is lost. */

import type { Fact } from './feed.ts';
import { limits } from './limits.ts';

interface Open {
  readonly fact: Fact;
  readonly sinceMs: number;
}

/** Messages by their numbers. Other events are handled when their turn is over. */
export class Handling {
  readonly #open = new Map<number, Open>();
  /** What the isolate says of the turn that is just over. */
  #unfinished: ReadonlySet<number> = new Set();

  /** Whether so much is being handled that nothing more is to be told. */
  get isFull(): boolean {
    return this.#open.size >= limits.unhandledMax;
  }

  /** Whether anything is being handled. */
  get isBusy(): boolean {
    return this.#open.size > 0;
  }

  /** These messages of the turn are still being handled. */
  unfinished(messages: readonly number[]): void {
    this.#unfinished = new Set(messages);
  }

  /** These have been handled since. */
  handled(messages: readonly number[]): void {
    for (const message of messages) this.#close(message);
  }

  /** The turn with this batch is over. */
  turned(batch: readonly Fact[], nowMs: number): void {
    for (const fact of batch) {
      const { number } = fact;
      if (number !== undefined && this.#unfinished.has(number)) {
        this.#open.set(number, { fact, sinceMs: nowMs });
      } else {
        fact.release();
      }
    }
    this.#unfinished = new Set();
  }

  /** What has been handled for too long; from now on it counts as handled. */
  overdue(nowMs: number): readonly number[] {
    const late = [...this.#open].filter(([, { sinceMs }]) => nowMs - sinceMs >= limits.handlingMs);
    return late.map(([message]) => {
      this.#close(message);
      return message;
    });
  }

  /** The isolate is lost: what it was handling, to be told again, before the `batch` of its last turn. */
  again(batch: readonly Fact[]): readonly Fact[] {
    const facts = [...Array.from(this.#open.values(), ({ fact }) => fact), ...batch];
    this.#open.clear();
    return facts.flatMap((fact) => fact.again() ?? []);
  }

  /** Nothing of it is ever told again. */
  end(): void {
    for (const message of this.#open.keys()) this.#close(message);
  }

  #close(message: number): void {
    this.#open.get(message)?.fact.release();
    this.#open.delete(message);
  }
}
