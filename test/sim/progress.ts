/** Tells how far a long run is: a bar with rate and remaining time on a terminal, a line now and then on a pipe. */

export interface ProgressOptions {
  /** Seeds in all, or whatever is played. */
  readonly total: number;
  /** What they are called. Default: seeds. */
  readonly unit?: string;
  /** On a pipe there is a line for so many. Default 1000. */
  readonly perLine?: number;
  readonly isTerminal: boolean;
  /** Width of the terminal. */
  readonly columns: () => number;
  /** Milliseconds. */
  readonly now: () => number;
  readonly write: (text: string) => unknown;
}

/** The bar is drawn anew at most so often. Milliseconds. */
const redrawMs = 100;

const barCells = 30;

/** Back to the beginning of the line, which is cleared. */
const clearLine = '\r\u001b[K';

export class Progress {
  readonly #options: ProgressOptions;
  readonly #startedAt: number;
  #played = 0;
  #broken = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#startedAt = options.now();
  }

  /** A seed is done. */
  played(isBroken: boolean): void {
    const { isTerminal, now, perLine = 1000 } = this.#options;
    this.#played++;
    if (isBroken) this.#broken++;
    if (isTerminal && now() - this.#drawnAt >= redrawMs) this.#draw();
    else if (!isTerminal && this.#played % perLine === 0) this.#line();
  }

  /** Something is to be read and to stay. */
  interrupt(text: string): void {
    const { isTerminal, write } = this.#options;
    write(`${isTerminal ? clearLine : ''}${text}\n`);
    this.#drawnAt = Number.NEGATIVE_INFINITY;
  }

  /** No seed is played any more. */
  end(): void {
    const { isTerminal, write, perLine = 1000 } = this.#options;
    if (isTerminal) this.#draw();
    if (isTerminal) write('\n');
    else if (this.#played % perLine !== 0 || this.#played === 0) this.#line();
  }

  #draw(): void {
    const { total, columns, now, write } = this.#options;
    this.#drawnAt = now();
    const filled = Math.floor((barCells * this.#played) / total);
    const bar = '█'.repeat(filled) + '░'.repeat(barCells - filled);
    write(`${clearLine}${`${bar} ${this.#words()}`.slice(0, Math.max(20, columns() - 1))}`);
  }

  #line(): void {
    this.#options.write(`${this.#words()}\n`);
  }

  #words(): string {
    const { total, now, unit = 'seeds' } = this.#options;
    const seconds = Math.max(0.001, (now() - this.#startedAt) / 1000);
    const rate = this.#played / seconds;
    const left = rate > 0 ? clockOf((total - this.#played) / rate) : '?';
    const percent = Math.floor((100 * this.#played) / total);
    return `${this.#played}/${total} ${unit}, ${percent} %, ${rate.toFixed(1)}/s, ${left} left, ${this.#broken} broken`;
  }
}

/** Hours, minutes and seconds. */
function clockOf(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
