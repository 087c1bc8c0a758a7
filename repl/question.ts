/** A line that is typed while the prompt is away, key by key. */

import type { Key } from 'node:readline';

/** Characters of an answer; further ones are not taken. */
const answerLengthMax = 1000;

/** One question, until Enter, Ctrl-C or Ctrl-D. */
export class Question {
  /** The line; undefined when it was given up. */
  readonly answer: Promise<string | undefined>;
  readonly #resolve: (answer: string | undefined) => void;
  #line: readonly string[] = [];

  constructor() {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.answer = promise;
    this.#resolve = resolve;
  }

  /** Takes a key; returns what the terminal is to show of it. */
  type(text: string | undefined, key: Key): string {
    if (key.name === 'return' || key.name === 'enter') {
      this.#resolve(this.#line.join(''));
      return '';
    }
    if (key.ctrl && key.name === 'd') {
      this.giveUp();
      return '';
    }
    if (key.name === 'backspace') {
      const last = this.#line.at(-1);
      this.#line = this.#line.slice(0, -1);
      // A wide character takes two columns; no name of a group that a terminal shows otherwise is worth more care.
      return last === undefined ? '' : '\b \b';
    }
    const isText = !key.ctrl && !key.meta && text !== undefined && /^[^\p{Cc}]+$/u.test(text);
    if (!isText || this.#line.length >= answerLengthMax) return '';
    this.#line = [...this.#line, text];
    return text;
  }

  /** There is no answer. */
  giveUp(): void {
    this.#resolve(undefined);
  }
}
