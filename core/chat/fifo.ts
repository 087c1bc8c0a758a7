/** A queue that lets go of what was taken, however seldom it is empty. */

/** Taken items that are not worth moving the others. */
const takenKept = 1024;

/** First in, first out; bounded by whoever fills it. */
export class Fifo<Item> {
  #items: Item[] = [];
  #next = 0;

  get length(): number {
    return this.#items.length - this.#next;
  }

  /** What {@link take} takes. */
  get first(): Item | undefined {
    return this.#items[this.#next];
  }

  /** The items that came last, the last one first, at most `count`. */
  newest(count: number): readonly Item[] {
    const first = Math.max(this.#next, this.#items.length - count);
    return this.#items.slice(first).reverse();
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** The oldest item, or undefined if there is none. */
  take(): Item | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#next++];
    if (this.length === 0) {
      this.#items = [];
      this.#next = 0;
    } else if (this.#next >= takenKept && this.#next * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#next);
      this.#next = 0;
    }
    return item;
  }
}
