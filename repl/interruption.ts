/** Signals that end a command: the first asks, the second insists. */

const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** While it is held, SIGINT, SIGTERM and SIGHUP abort `signal` instead of ending the process; a second one ends it at once. */
export class Interruption {
  readonly #controller = new AbortController();
  #code: number | undefined;

  constructor() {
    for (const signal of Object.keys(codes)) process.on(signal, this.#receive);
  }

  /** Its reason is the exit code. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit code of the signal that came, if one did. */
  get code(): number | undefined {
    return this.#code;
  }

  /** Leaves signals to somebody else. Idempotent. */
  [Symbol.dispose](): void {
    for (const signal of Object.keys(codes)) process.off(signal, this.#receive);
  }

  readonly #receive = (signal: keyof typeof codes): void => {
    const code = codes[signal];
    if (this.#code !== undefined) process.exit(code);
    this.#code = code;
    this.#controller.abort(code);
  };
}
