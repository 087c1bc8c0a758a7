/** Whose turn it is: messages of one place are handled one at a time. Runs in isolates only. */

import type { Outbox } from './outbox.ts';

/** Calls handlers, and never throws; undefined when they are through at once, else it resolves when they are, whatever becomes of them. */
type Work = () => Promise<unknown> | undefined;

/** What is done because of one message, beside the work of others that want no turn. */
interface Task {
  readonly message: number;
  readonly place: string;
  readonly work: Work;
}

/**
 * Lines of messages, one for each group and for each person who writes privately. Whatever goes on when a turn of the
 * isolate is over is told, and told again when it has ended: a crash meanwhile makes its message come again.
 */
export class Turns {
  readonly #outbox: Outbox;
  /** By place; the first one of each line has its turn. As many wait as the chat process lets be unhandled. */
  readonly #lines = new Map<string, Task[]>();
  /** Messages by their numbers, with how much is still done because of each. */
  readonly #open = new Map<number, number>();
  /** Of these, those that the chat process knows of. */
  readonly #told = new Set<number>();
  /** The message whose handlers are being called, until they first wait; and whether it holds up no other one already. */
  #current = 0;
  #isReleased = false;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Does `work` when it is the turn of the message. */
  line(message: number, place: string, work: Work): void {
    const task = { message, place, work };
    const line = this.#lines.get(place);
    if (line === undefined) {
      this.#begin(task);
    } else {
      this.#add(message, 1);
      line.push(task);
    }
  }

  /** Does `work` at once, whoever has the turn. */
  beside(message: number, work: Work): void {
    const pending = this.#call(message, work);
    if (pending === undefined) return;
    this.#add(message, 1);
    const over = (): void => this.#add(message, -1);
    pending.then(over, over);
  }

  /** The message that is being handled waits for a person, as does whatever has its turn at `place`: the next ones go on. */
  yield(place: string): void {
    const [first] = this.#lines.get(place) ?? [];
    if (first !== undefined) this.release(first.message);
    if (this.#current === 0) return;
    this.release(this.#current);
    this.#isReleased = true;
  }

  /** What is done because of a message holds up no other one any more, and is not done again after a crash. */
  release(message: number): void {
    this.#open.delete(message);
    for (const line of this.#lines.values()) {
      const [first] = line;
      if (first?.message === message) this.#next(first);
    }
  }

  /** Tells of what goes on, and of what has ended; called when a turn of the isolate is over. */
  tell(): void {
    const unfinished = [...this.#open.keys()].filter((message) => !this.#told.has(message));
    const handled = [...this.#told].filter((message) => !this.#open.has(message));
    for (const message of unfinished) this.#told.add(message);
    for (const message of handled) this.#told.delete(message);
    if (unfinished.length > 0) this.#outbox.pushLast('unfinished', { messages: unfinished });
    if (handled.length > 0) this.#outbox.pushLast('handled', { messages: handled });
  }

  #begin(task: Task): void {
    const { message, place, work } = task;
    const pending = this.#call(message, work);
    if (pending === undefined) return;
    this.#add(message, 1);
    this.#lines.set(place, [task]);
    this.#await(task, pending);
  }

  #await(task: Task, pending: Promise<unknown>): void {
    const over = (): void => {
      this.#add(task.message, -1);
      this.#next(task);
    };
    pending.then(over, over);
  }

  /** The turn of a task is over, unless that was so before. */
  #next(task: Task): void {
    const line = this.#lines.get(task.place);
    if (line?.[0] !== task) return;
    for (;;) {
      line.shift();
      const [next] = line;
      if (next === undefined) {
        this.#lines.delete(task.place);
        return;
      }
      const pending = this.#call(next.message, next.work);
      if (pending !== undefined) {
        this.#await(next, pending);
        return;
      }
      this.#add(next.message, -1);
    }
  }

  #call(message: number, work: Work): Promise<unknown> | undefined {
    this.#current = message;
    this.#isReleased = false;
    const pending = work();
    this.#current = 0;
    return this.#isReleased ? undefined : pending;
  }

  /** Counts for a message what is done because of it; one that was released is counted no more. */
  #add(message: number, change: 1 | -1): void {
    const count = this.#open.get(message) ?? 0;
    if (count + change > 0) this.#open.set(message, count + change);
    else this.#open.delete(message);
  }
}

/** What messages are handled one at a time of: a group, or what one person writes privately. */
export function placeOf(target: { readonly group: string } | { readonly to: string }): string {
  return 'group' in target ? `#${target.group.toLowerCase()}` : target.to.toLowerCase();
}
