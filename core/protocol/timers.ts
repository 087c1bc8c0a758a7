/** Deadlines of many items, the earliest first. */

import TinyQueue from 'tinyqueue';

interface Timer<Item> {
  readonly item: Item;
  readonly deadline: number;
}

/** So many stale entries may stand in the heap beside as many as there are items. */
const staleMax = 512;

/**
 * A heap of deadlines in which moving one later costs nothing: the old entry stays, and when it comes up the item's
 * present deadline is looked at again.
 */
export class Timers<Item> {
  #heap = new TinyQueue<Timer<Item>>([], byDeadline);
  /** The earliest entry in the heap of each item; others of it are stale. */
  readonly #earliest = new Map<Item, number>();

  /** Entries of the heap, those that have become stale too. */
  get size(): number {
    return this.#heap.length;
  }

  /** Makes sure that the item comes up at `deadline` or before. */
  set(item: Item, deadline: number): void {
    const known = this.#earliest.get(item);
    if (known !== undefined && known <= deadline) return;
    this.#earliest.set(item, deadline);
    this.#heap.push({ item, deadline });
    if (this.#heap.length > 2 * this.#earliest.size + staleMax) this.#dropAllStale();
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

  /** A busy item leaves an entry of its distant deadline with each near one; only what stands on top goes by itself. */
  #dropAllStale(): void {
    const timers = Array.from(this.#earliest, ([item, deadline]) => ({ item, deadline }));
    this.#heap = new TinyQueue(timers, byDeadline);
  }

  #dropStale(): void {
    for (;;) {
      const timer = this.#heap.peek();
      if (timer === undefined || this.#earliest.get(timer.item) === timer.deadline) return;
      this.#heap.pop();
    }
  }
}

function byDeadline(a: { readonly deadline: number }, b: { readonly deadline: number }): number {
  return a.deadline - b.deadline;
}
