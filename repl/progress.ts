/** How far a long piece of work has come: one line that is written over. */

/** Where the line goes. */
type ProgressStream = Pick<NodeJS.WritableStream, 'write'>;

export class Progress {
  readonly #stream: ProgressStream;
  readonly #verb: string;
  readonly #isShown: boolean;
  #shown = '';

  /** @param verb what has been done, as in `exported 5 of 10` */
  constructor(stream: ProgressStream, verb: string, isShown: boolean) {
    this.#isShown = isShown;
    this.#stream = stream;
    this.#verb = verb;
  }

  /** So many of so many are done. */
  tell(done: number, total: number): void {
    this.say(`${this.#verb} ${done} of ${total}`);
  }

  /** The same in words of one's own. */
  say(words: string): void {
    if (!this.#isShown) return;
    if (words !== this.#shown) this.#stream.write(`\r${words.padEnd(this.#shown.length)}`);
    this.#shown = words;
  }

  /** The line stays, and others follow. */
  end(): void {
    if (this.#shown !== '') this.#stream.write('\n');
    this.#shown = '';
  }
}
