/** The prompt of `node:repl`, taught to wait for evaluations, to take pastes whole, and to say when it must not be disturbed. */

import type { Key } from 'node:readline';
import type { REPLServer, start as startServer } from 'node:repl';
import type { Completions } from './completer.ts';
import { isInterruption } from './evaluate.ts';
import { Question } from './question.ts';
import type { EditedLine, Screen } from './screen.ts';

/** What an editor is made of. */
export interface LineEditorOptions {
  readonly input: NodeJS.ReadStream;
  readonly screen: Screen;
  readonly prompt: string;
  /** Oldest first; a multi-line entry has line breaks in it. */
  readonly history: readonly string[];
  /** Shows a value. */
  readonly write: (value: unknown) => string;
  /** Whether more lines are needed before the text can be carried out. */
  readonly isIncomplete: (text: string) => boolean;
  /** Carries out what was entered; gives back a value to show, if any. Never rejects. */
  readonly evaluate: (text: string) => Promise<unknown>;
  /** Evaluates a member expression for the completion of code. */
  readonly inspect: (expression: string) => Promise<unknown>;
  readonly complete: (
    line: string,
    completeCode: (expression: string) => Promise<Completions>,
  ) => Promise<Completions>;
  /** Whether an entry must not stay in the history. */
  readonly isSecret: (entry: string) => boolean;
  /** Ctrl-C during an evaluation. */
  readonly onInterrupt: () => void;
  /** Something that was left running threw. */
  readonly onStrayError: (error: unknown) => void;
}

/** Members of `node:repl` and `node:readline` that are not documented, but as old as those; every use of them is in this file. */
interface Internals extends EditedLine {
  _ttyWrite(text: string | undefined, key: Key): void;
  readonly _domain?: NodeJS.EventEmitter;
  readonly editorMode: boolean;
  /** False while one piece of input with several characters is taken, except for its last. */
  readonly isCompletionEnabled: boolean;
  completer(line: string, callback: CompleterCallback): void;
  eval(code: string, context: object, file: string, callback: EvalCallback): void;
  history: string[];
  last: unknown;
}

type CompleterCallback = (error: Error | null, completions?: [string[], string]) => void;
type EvalCallback = (error: Error | null, ...values: readonly [unknown?]) => void;

const keysMax = 65_536;

/** How long a terminal may take to be given back. Milliseconds. */
const closeMsMax = 500;

/** Keys typed during an evaluation wait for its end (at most 65,536, later ones are dropped); Ctrl-C interrupts it. */
export class LineEditor {
  readonly #options: LineEditorOptions;
  readonly #server: REPLServer;
  readonly #internals: Internals;
  readonly #recoverable: (error: SyntaxError) => Error;
  readonly #typeKey: Internals['_ttyWrite'];
  readonly #runCode: Internals['eval'];
  #keys: [text: string | undefined, key: Key][] = [];
  #evaluating = false;
  #question: Question | undefined;
  #completing = false;
  #searching = false;
  #sawSearch = false;
  #pasting = false;
  #pastedBreaks = 0;
  #lastPasted: string | undefined;
  #closed = false;
  #broken = false;

  /** Shows the prompt. Loads `node:repl` only now: with it comes `node:domain`, which slows every await down. */
  static async open(options: LineEditorOptions): Promise<LineEditor> {
    const { Recoverable, start } = await import('node:repl');
    return new LineEditor(options, start, (error) => new Recoverable(error));
  }

  private constructor(
    options: LineEditorOptions,
    start: typeof startServer,
    recoverable: (error: SyntaxError) => Error,
  ) {
    this.#options = options;
    this.#recoverable = recoverable;
    const settings = {
      input: options.input,
      output: this.#watched(options.screen.editorOutput),
      terminal: true,
      prompt: options.prompt,
      useGlobal: true,
      ignoreUndefined: true,
      preview: false,
      writer: options.write,
      breakEvalOnSigint: true,
      // Where there is no domain (Node 26), errors of what was left running come here.
      handleError: (error: unknown): 'ignore' => {
        this.#tellStray(error);
        return 'ignore';
      },
    };
    // Bracketed paste, asked for before anything can be typed.
    options.screen.control('\x1b[?2004h');
    this.#server = start(settings);
    // The members of Internals are there in every Node that the package supports; see its docstring.
    this.#internals = this.#server as unknown as Internals;
    // Given as an option, an evaluation of our own could not be broken by Ctrl-C.
    this.#runCode = this.#internals.eval.bind(this.#internals);
    this.#internals.eval = (code, _context, _file, callback) => this.#enter(code, callback);
    this.#typeKey = this.#internals._ttyWrite.bind(this.#internals);
    this.#internals._ttyWrite = (text, key) => this.#key(text, key ?? {});
    this.#adoptErrors();
    this.#adoptCompletion();
    this.#adoptHistory();
    const resize = (): void => {
      this.#internals.prevRows = this.#internals.getCursorPos().rows;
    };
    // readline redraws on the same event, from the rows of the old width.
    options.screen.editorOutput.prependListener('resize', resize);
    this.#server.once('exit', () => {
      this.#closed = true;
      options.screen.editorOutput.off('resize', resize);
      options.screen.control('\x1b[?2004l');
    });
    options.screen.attach(this.#internals, () => this.#isBusy());
  }

  /** Resolves when the person exits or the terminal is gone. */
  get exited(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) resolve();
      else this.#server.once('exit', resolve);
    });
  }

  /** Adds or replaces the dot command `.name`; the prompt comes back when `run` is done. `run` never rejects. */
  defineDotCommand(name: string, help: string, run: (rest: string) => Promise<void>): void {
    this.#server.defineCommand(name, {
      help,
      action: (rest) => void this.#during(() => run(rest)).then(() => this.#server.displayPrompt()),
    });
  }

  /** Makes `_` the value. */
  remember(value: unknown): void {
    this.#internals.last = value;
  }

  /**
   * Asks for a line while an evaluation runs. Undefined when it is given up, or when nothing runs that could ask. Keys
   * that were typed before do not answer it.
   */
  async ask(question: string): Promise<string | undefined> {
    if (!this.#evaluating || this.#closed || this.#question !== undefined) return undefined;
    const asked = new Question();
    this.#question = asked;
    this.#options.screen.beginQuestion(question);
    try {
      return await asked.answer;
    } finally {
      this.#question = undefined;
      this.#options.screen.endQuestion();
    }
  }

  /**
   * Runs code synchronously; Ctrl-C breaks it. While it runs, the terminal turns Ctrl-C into SIGINT: `node:repl` listens
   * for that signal before it lets the terminal do so, and tells of one that came too late to break anything.
   * Node drops a signal that comes in the moment in which it stops listening, when the code has run to its end; what the
   * code waits for then goes on, and Ctrl-C, a key again, interrupts it when pressed once more.
   */
  runBreakable(code: string): 'done' | 'broken' {
    this.#broken = false;
    // Taken off any later, they would take the handler that breaks the code with them, and SIGINT would end the process.
    const listeners = process.listeners('SIGINT');
    process.removeAllListeners('SIGINT');
    try {
      this.#runCode(`${code}\n`, this.#server.context, 'banter', (error) => this.#settle(error));
    } finally {
      for (const listener of listeners) process.on('SIGINT', listener);
    }
    return this.#broken ? 'broken' : 'done';
  }

  /** Ends the prompt and gives the terminal back, if there still is one: without it readline throws and never says that it closed. */
  async close(): Promise<void> {
    this.#question?.giveUp();
    if (this.#closed) return;
    const { exited } = this;
    this.#server.close();
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, closeMsMax);
    await Promise.race([exited, patience.promise]);
    clearTimeout(timer);
  }

  #isBusy(): boolean {
    return this.#searching || this.#pasting || this.#completing || this.#internals.editorMode;
  }

  #enter(code: string, callback: EvalCallback): void {
    if (this.#completing) {
      this.#options.inspect(code).then(
        (value) => callback(null, value),
        (error: Error) => callback(error),
      );
      return;
    }
    const text = code.replace(/\r\n?/g, '\n').replace(/\n$/, '');
    if (this.#pasting || (!this.#internals.editorMode && this.#options.isIncomplete(text))) {
      callback(this.#recoverable(new SyntaxError('more lines are needed')));
      return;
    }
    void this.#during(() => this.#options.evaluate(text)).then((value) => callback(null, value));
  }

  /** Holds keys back while `work` runs. */
  async #during<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#evaluating = true;
    this.#options.screen.beginEvaluation();
    try {
      return await work();
    } finally {
      this.#options.screen.endEvaluation();
      this.#evaluating = false;
      // The caller draws the prompt in this turn; what was typed meanwhile goes behind it.
      setImmediate(() => this.#replay());
    }
  }

  #replay(): void {
    while (!this.#evaluating && !this.#closed) {
      const entry = this.#keys.shift();
      if (entry === undefined) return;
      this.#key(...entry);
    }
  }

  #key(text: string | undefined, key: Key): void {
    if (this.#evaluating) {
      if (key.ctrl && key.name === 'c') {
        this.#interrupt();
      } else if (this.#question !== undefined) {
        this.#options.screen.echo(this.#question.type(text, key));
      } else if (this.#keys.length < keysMax) {
        this.#keys.push([text, key]);
      }
      return;
    }
    if (key.name === 'paste-start') this.#pasting = true;
    else if (key.name === 'paste-end') this.#endPaste();
    else if (this.#pasting) this.#paste(text, key);
    else {
      this.#sawSearch = false;
      this.#recount();
      this.#typeKey(text, key);
      this.#searching = this.#sawSearch;
    }
    this.#options.screen.flush();
  }

  /** readline does not notice that a line wraps while it takes several characters at once. */
  #recount(): void {
    const editor = this.#internals;
    if (!this.#searching && editor.isCompletionEnabled)
      editor.prevRows = editor.getCursorPos().rows;
  }

  /** Nothing pasted runs by itself: line breaks within it make a multi-line entry, those at its end are dropped. */
  #paste(text: string | undefined, key: Key): void {
    if (key.name === 'return') this.#pastedBreaks++;
    else if (key.name === 'enter') {
      // A line feed behind a carriage return is the same break.
      if (this.#pastedBreaks === 0 || this.#lastPasted !== 'return') this.#pastedBreaks++;
    } else {
      const typed = key.name === 'tab' ? '  ' : text;
      const isText = !key.ctrl && !key.meta && typed !== undefined && typed >= ' ';
      if (isText) {
        for (; this.#pastedBreaks > 0; this.#pastedBreaks--) {
          this.#typeKey(undefined, { name: 'return' });
        }
        this.#typeKey(typed, {});
      }
    }
    this.#lastPasted = key.name;
  }

  #endPaste(): void {
    this.#pasting = false;
    this.#pastedBreaks = 0;
    this.#lastPasted = undefined;
  }

  #adoptErrors(): void {
    const domain = this.#internals._domain;
    domain?.removeAllListeners('error');
    domain?.on('error', (error: unknown) => this.#tellStray(error));
    // Ctrl-C that arrived as a signal belongs to the evaluation, as does the key.
    const atPrompt = this.#server.listeners('SIGINT');
    this.#server.removeAllListeners('SIGINT');
    this.#server.on('SIGINT', () => {
      if (this.#evaluating) this.#interrupt();
      else for (const listener of atPrompt) listener.call(this.#server);
    });
  }

  #tellStray(error: unknown): void {
    if (!isInterruption(error)) {
      this.#options.onStrayError(error);
      return;
    }
    this.#broken = true;
    // What the code had asked for before it was broken is not to happen any more.
    this.#interrupt();
  }

  #settle(error: unknown): void {
    if (error !== null) this.#tellStray(error);
  }

  #interrupt(): void {
    this.#keys = [];
    this.#question?.giveUp();
    this.#options.onInterrupt();
  }

  #adoptCompletion(): void {
    const original = this.#internals.completer.bind(this.#internals);
    const completeCode = (expression: string): Promise<Completions> =>
      new Promise((resolve) => {
        original(expression, (error, completions) =>
          resolve(error !== null || completions === undefined ? [[], expression] : completions),
        );
      });
    this.#internals.completer = (line, callback) => {
      this.#completing = true;
      void this.#options
        .complete(line, completeCode)
        .catch((): Completions => [[], line])
        .then(([candidates, replaced]) => {
          this.#completing = false;
          callback(null, [[...candidates], replaced]);
          this.#options.screen.flush();
        });
    };
  }

  #adoptHistory(): void {
    // readline keeps the lines of an entry in reverse order, and the newest entry first.
    this.#internals.history = this.#options.history
      .map((entry) => entry.split('\n').reverse().join('\r'))
      .reverse();
    this.#server.on('history', (entries: string[]) => {
      const [newest] = entries;
      if (newest !== undefined && this.#options.isSecret(newest)) entries.shift();
    });
  }

  /** The output, noticing when the history search draws itself; the editor has no other sign of it. */
  #watched(output: NodeJS.WriteStream): NodeJS.WriteStream {
    return new Proxy(output, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (key !== 'write' || typeof value !== 'function') return value;
        return (chunk: unknown, ...rest: readonly unknown[]): unknown => {
          if (typeof chunk === 'string' && chunk.includes('-i-search: ')) this.#sawSearch = true;
          return value(chunk, ...rest);
        };
      },
    });
  }
}
