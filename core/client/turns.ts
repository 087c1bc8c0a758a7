/** Who goes to the same place goes on in the order of coming, however long each takes to find out its way. */

export class Turns {
  /** By place: when the last one who came has gone on. Who has gone on is forgotten. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Whether somebody has not gone on yet. */
  isTaken(place: string): boolean {
    return this.#last.has(place);
  }

  /** Takes the next turn at a place; it has to be ended. */
  take(place: string): Turn {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#last.get(place) ?? Promise.resolve();
    const after = Promise.all([before, promise]).finally(() => {
      if (this.#last.get(place) === after) this.#last.delete(place);
    });
    this.#last.set(place, after);
    return { before, [Symbol.dispose]: resolve };
  }
}

export interface Turn extends Disposable {
  /** Resolves when those who came before have gone on. */
  readonly before: Promise<unknown>;
}
