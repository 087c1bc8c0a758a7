/** A clock that stands still between events: what is due happens in order, at once, however far apart it is. */

import assert from 'node:assert/strict';
import TinyQueue from 'tinyqueue';

/** As many events at one instant are a loop that never ends; the simulation then fails. */
const eventsPerInstantMax = 1_000_000;

/**
 * Events that wait in line for one turn of the event loop. Between two of them Node runs every promise that is ready to
 * go on, so that a turn need not be taken, at a third of the cost of everything else, for each.
 */
const eventsPerTurn = 64;

interface Event {
  readonly at: number;
  /** Events of one instant happen in the order in which they were scheduled. */
  readonly order: number;
  /** Undefined once it is cancelled. */
  action: (() => void) | undefined;
}

/** Milliseconds throughout, counted from the beginning of the simulation. */
export class VirtualTime {
  readonly #events = new TinyQueue<Event>([], (a, b) => a.at - b.at || a.order - b.order);
  #now = 0;
  #nextOrder = 0;
  #eventsThisInstant = 0;
  #isRunning = false;

  get now(): number {
    return this.#now;
  }

  /** @returns a function that cancels */
  after(delayMs: number, action: () => void): () => void {
    const event: Event = { at: this.#now + delayMs, order: this.#nextOrder++, action };
    this.#events.push(event);
    return () => {
      event.action = undefined;
    };
  }

  /** Lets time pass until the instant `untilMs` or until `isDone`, asked before each event. Rejects with what an event throws. */
  async advance(untilMs: number, isDone: () => boolean): Promise<void> {
    assert.ok(!this.#isRunning, 'time passes once');
    this.#isRunning = true;
    try {
      await new Promise<void>((resolve, reject) => {
        let isOver = false;
        const step = (): void => {
          if (isOver) return;
          try {
            isOver = isDone() || !this.#happen(untilMs);
            if (isOver) resolve();
          } catch (error) {
            isOver = true;
            reject(error);
          }
        };
        const turn = (): void => {
          for (let count = 1; count < eventsPerTurn; count++) setImmediate(step);
          setImmediate(() => {
            step();
            if (!isOver) turn();
          });
        };
        turn();
      });
    } finally {
      this.#isRunning = false;
    }
  }

  /** Nothing is left to do before this instant. */
  skipTo(untilMs: number): void {
    this.#now = Math.max(this.#now, untilMs);
  }

  /** @returns false if nothing is due */
  #happen(untilMs: number): boolean {
    for (;;) {
      const event = this.#events.peek();
      if (event === undefined || event.at > untilMs) return false;
      this.#events.pop();
      if (event.action === undefined) continue;
      this.#eventsThisInstant = event.at > this.#now ? 0 : this.#eventsThisInstant + 1;
      assert.ok(this.#eventsThisInstant < eventsPerInstantMax, 'time stands still');
      this.#now = event.at;
      event.action();
      return true;
    }
  }
}
