/** How long a connection may go without a name. */

import type { Environment } from '../net/transport.ts';

/** Whoever has claimed no name by then is disconnected. Milliseconds. */
const registrationMs = 10_000;

/** Bounded by the connections there are. */
export class Probation {
  readonly #environment: Environment;
  readonly #cancelTimers = new Map<number, () => void>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Calls back when the time of a link is over. */
  begin(link: number, onOver: () => void): void {
    const cancel = this.#environment.setTimer(() => {
      this.#cancelTimers.delete(link);
      onOver();
    }, registrationMs);
    this.#cancelTimers.set(link, cancel);
  }

  /** A link is gone. */
  end(link: number): void {
    this.#cancelTimers.get(link)?.();
    this.#cancelTimers.delete(link);
  }

  close(): void {
    for (const link of [...this.#cancelTimers.keys()]) this.end(link);
  }
}
