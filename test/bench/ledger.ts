/** What is sent in a benchmark, and the book in which a member checks that it comes once and in order. */

/** Microseconds of a clock that all processes of the machine share. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** A text of `bytes` ASCII characters that tells its number and when it was sent. */
export function composeText(sequence: number, sentAtUs: number, bytes: number): string {
  return `${sequence} ${sentAtUs} `.padEnd(bytes, 'x');
}

/** The deliveries to one member from the one sender of its group, numbered from 0. */
export class Ledger {
  #next = 0;
  #fault: string | undefined;

  /** Deliveries that came in their turn. */
  get delivered(): number {
    return this.#next;
  }

  /** The first text that was lost, doubled or out of order. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Takes what {@link composeText} made. @returns when it was sent; microseconds */
  receive(text: string): number {
    const space = text.indexOf(' ');
    const sequence = Number(text.slice(0, space));
    if (sequence === this.#next) this.#next++;
    else this.#fault ??= `message ${sequence} came in the place of ${this.#next}`;
    return Number(text.slice(space + 1, text.indexOf(' ', space + 1)));
  }
}
