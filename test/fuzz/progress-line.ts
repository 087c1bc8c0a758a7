/** How far something long has come: one line that changes on a terminal, one line per tenth on a pipe. */

import type { WriteStream } from 'node:tty';

/** How often the line changes on a terminal. Milliseconds. */
const terminalEveryMs = 200;

export class ProgressLine {
  readonly #stream: Pick<WriteStream, 'isTTY' | 'write'>;
  readonly #total: number;
  readonly #startedAt = performance.now();
  #shownAt = Number.NEGATIVE_INFINITY;
  #shownTenth = 0;

  /** @param total of whatever is counted */
  constructor(stream: Pick<WriteStream, 'isTTY' | 'write'>, total: number) {
    this.#stream = stream;
    this.#total = total;
  }

  /** Tells how many are done, and of what the next are, if it is time to. */
  show(done: number, what: string): void {
    const now = performance.now();
    if (this.#stream.isTTY) {
      if (now - this.#shownAt < terminalEveryMs) return;
      this.#shownAt = now;
      this.#stream.write(`\r\x1b[K${this.#line(done, what, now)}`);
      return;
    }
    const tenth = Math.floor((10 * done) / this.#total);
    if (tenth <= this.#shownTenth) return;
    this.#shownTenth = tenth;
    this.#stream.write(`${this.#line(done, what, now)}\n`);
  }

  /** Leaves the terminal to what is said next. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }

  #line(done: number, what: string, now: number): string {
    const rate = done / Math.max((now - this.#startedAt) / 1000, 0.001);
    const leftSeconds = Math.max(0, Math.round((this.#total - done) / Math.max(rate, 1)));
    const percent = Math.floor((100 * done) / this.#total);
    return `${percent} %, ${Math.round(rate).toLocaleString('en')}/s, ${leftSeconds} s left: ${what}`;
  }
}
