/** The output of a process as far as it has come, and waiting for what is still to come. */

/** What was found in growing text. */
export interface Found {
  readonly text: string;
  /** What the groups of the pattern captured. */
  readonly captures: readonly (string | undefined)[];
  /** Index just behind the match: where to look on for the next one. */
  readonly end: number;
}

/** The exit of a process. */
export interface Exit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

const keptCharactersMax = 16 * 1024 * 1024;
/** A machine that runs everything at once needs many times as long as an idle one. */
const deadlineMs = 60_000;
const shownCharactersMax = 20_000;

/** A process' output as far as it has come. The first 16 Mi characters are kept; what comes after them is dropped. */
export class Transcript {
  readonly #name: string;
  readonly #checks = new Set<() => void>();
  #text = '';
  #end: string | undefined;

  /** `name` stands in the message of a wait that fails. */
  constructor(name: string) {
    this.#name = name;
  }

  get text(): string {
    return this.#text;
  }

  /** Adds output and looks whether somebody waits for it. */
  append(text: string): void {
    this.#text += text.slice(0, keptCharactersMax - this.#text.length);
    this.changed();
  }

  /** Looks whether what somebody waits for has come true. */
  changed(): void {
    for (const check of this.#checks) check();
  }

  /** Nothing more will come; who still waits is told `reason`. The first reason stays. */
  end(reason: string): void {
    this.#end ??= reason;
    this.changed();
  }

  /** Resolves with the first match at or after the index `after`. */
  waitFor(pattern: RegExp | string, after = 0): Promise<Found> {
    return this.until(`print ${String(pattern)}`, () => find(this.#text, pattern, after));
  }

  /** Resolves with the first value of `probe` that is not undefined; rejects with what `show` shows at the end or at the deadline. */
  until<Value>(
    what: string,
    probe: () => Value | undefined,
    show: () => string = () => this.#text.slice(-shownCharactersMax),
  ): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const fail = (reason: string): void =>
      reject(new Error(`${this.#name} ${reason} and did not ${what}; so far:\n${show()}`));
    const check = (): void => {
      const value = probe();
      if (value !== undefined) resolve(value);
      else if (this.#end !== undefined) fail(this.#end);
    };
    const deadline = setTimeout(() => fail(`had ${deadlineMs} ms`), deadlineMs);
    this.#checks.add(check);
    check();
    return promise.finally(() => {
      clearTimeout(deadline);
      this.#checks.delete(check);
    });
  }
}

function find(text: string, pattern: RegExp | string, after: number): Found | undefined {
  if (typeof pattern === 'string') {
    const index = text.indexOf(pattern, after);
    return index < 0 ? undefined : { text: pattern, captures: [], end: index + pattern.length };
  }
  const searching = new RegExp(pattern.source, `${pattern.flags.replaceAll(/[gy]/g, '')}g`);
  searching.lastIndex = after;
  const match = searching.exec(text);
  if (match === null) return undefined;
  return { text: match[0], captures: match.slice(1), end: searching.lastIndex };
}
