/** Deadlines of many items, the earliest first. */

import TinyQueue from 'tinyqueue';

interface Timer<Item> {
  readonly item: Item;
  readonly deadline: number;
}

/**
 * A heap of deadlines in which moving one later costs nothing: the old entry stays, and when it comes up the item's
 * present deadline is looked at again.
 */
export class Timers<Item> {
  readonly #heap = new TinyQueue<Timer<Item>>([], (a, b) => a.deadline - b.deadline);
  /** The earliest entry in the heap of each item; others of it are stale. */
  readonly #earliest = new Map<Item, number>();

  /** Makes sure that the item comes up at `deadline` or before. */
  set(item: Item, deadline: number): void {
    const known = this.#earliest.get(item);
    if (known !== undefined && known <= deadline) return;
    this.#earliest.set(item, deadline);
    this.#heap.push({ item, deadline });
  }

  /** Forgets the item. */
  delete(item: Item): void {
    this.#earliest.delete(item);
  }

  /** The earliest deadline; an item may turn out to be due later than it says. */
  get next(): number | undefined {
    this.#dropStale();
    return this.#heap.peek()?.deadline;
  }

  /** Takes an item whose deadline has come; it must be set again to come up again. */
  takeDue(now: number): Item | undefined {
    this.#dropStale();
    const timer = this.#heap.peek();
    if (timer === undefined || timer.deadline > now) return undefined;
    this.#heap.pop();
    this.#earliest.delete(timer.item);
    return timer.item;
  }

  #dropStale(): void {
    for (;;) {
      const timer = this.#heap.peek();
      if (timer === undefined || this.#earliest.get(timer.item) === timer.deadline) return;
      this.#heap.pop();
    }
  }
}
