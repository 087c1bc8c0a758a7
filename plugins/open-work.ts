/**
 * What is under way outside of the child and will end in real time: files and the database, never what the chat is asked
 * for, whose answer takes the time of a test world.
 */

/** A count of it; whoever plays in virtual time waits until it is none. */
export class OpenWork {
  readonly #onOver: () => void;
  #count = 0;

  /** `onOver` is called whenever the last of it has ended. */
  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  get isOver(): boolean {
    return this.#count === 0;
  }

  /** Something has begun. */
  begin(): void {
    this.#count += 1;
  }

  /** Something that had begun has ended. */
  end(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#onOver();
  }

  /** The same for what a promise stands for. */
  async during<Result>(work: Promise<Result>): Promise<Result> {
    this.begin();
    try {
      return await work;
    } finally {
      this.end();
    }
  }
}
