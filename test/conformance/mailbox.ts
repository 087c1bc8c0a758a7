/** What has come and waits for whoever asks for it. */

interface Waiter<Item> {
  readonly offer: (item: Item) => boolean;
}

export class Mailbox<Item extends { readonly type: string }> {
  readonly #items: Item[] = [];
  readonly #waiters = new Set<Waiter<Item>>();

  put(item: Item): void {
    for (const waiter of this.#waiters) {
      if (!waiter.offer(item)) continue;
      this.#waiters.delete(waiter);
      return;
    }
    this.#items.push(item);
  }

  /** The first item of a type that fits, be it there or still to come; nobody gets it twice. */
  take<Type extends Item['type']>(
    type: Type,
    fits: (item: Extract<Item, { readonly type: Type }>) => boolean = () => true,
  ): Promise<Extract<Item, { readonly type: Type }>> {
    const isIt = (item: Item): item is Extract<Item, { readonly type: Type }> =>
      // The type has just been compared, which the compiler does not carry over to the argument of `fits`.
      item.type === type && fits(item as Extract<Item, { readonly type: Type }>);
    const index = this.#items.findIndex(isIt);
    const [found] = index < 0 ? [] : this.#items.splice(index, 1);
    if (found !== undefined && isIt(found)) return Promise.resolve(found);
    return new Promise((resolve) => {
      this.#waiters.add({
        offer: (item) => {
          const isTaken = isIt(item);
          if (isTaken) resolve(item);
          return isTaken;
        },
      });
    });
  }

  /** How many items of a type nobody has taken. */
  count(type: Item['type']): number {
    return this.#items.filter((item) => item.type === type).length;
  }
}
