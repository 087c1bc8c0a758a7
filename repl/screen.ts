/** Shares a terminal between the line being typed and everything else: text is printed above the line. */

import { writeSync } from 'node:fs';
import { safeOutput } from './safe-text.ts';

/** The part of a line editor that knows where the cursor is. */
export interface EditedLine {
  /** Whether it takes no more lines. */
  readonly closed: boolean;
  /** What has been typed, without the prompt. */
  readonly line: string;
  /** Rows between the top of the prompt and the cursor, as last drawn. */
  prevRows: number;
  getCursorPos(): { readonly rows: number };
  setPrompt(prompt: string): void;
  getPrompt(): string;
  /** Draws prompt and line from the cursor's row on. */
  prompt(preserveCursor: boolean): void;
}

/** A terminal, and the descriptor behind it. */
export type TerminalOutput = NodeJS.WriteStream & { readonly fd: number };

/** What a screen is made of. */
export interface ScreenOptions {
  readonly output: TerminalOutput;
  readonly errorOutput: NodeJS.WriteStream;
  /** The terminal understands no cursor movements (`TERM=dumb`). */
  readonly dumb: boolean;
  /** The prompt as it should be now. */
  readonly prompt: () => string;
}

const heldLengthMax = 1024 * 1024;
const partialLengthMax = 4096;

type Write = NodeJS.WriteStream['write'];

/**
 * While open, it also catches what other code writes to the two streams, whole lines at a time, and prints it above.
 * An unfinished line waits for its end, for the end of the evaluation, or for 4096 characters.
 * Text that arrives while the editor must not be disturbed is held; past 1 Mi characters the oldest is dropped, and
 * the number of texts dropped is said.
 */
export class Screen {
  /** What the line editor writes to: the terminal itself. */
  readonly editorOutput: NodeJS.WriteStream;
  readonly #write: Write;
  readonly #descriptor: number;
  readonly #dumb: boolean;
  readonly #prompt: () => string;
  readonly #restore: readonly (() => void)[];
  readonly #partial = new Map<NodeJS.WriteStream, string>();
  #editor: EditedLine | undefined;
  #isBusy: () => boolean = () => false;
  #evaluating = false;
  #asking = false;
  #pending: string[] = [];
  #pendingLength = 0;
  #dropped = 0;
  #scheduled = false;

  constructor({ output, errorOutput, dumb, prompt }: ScreenOptions) {
    this.#write = output.write.bind(output);
    this.#descriptor = output.fd;
    this.#dumb = dumb;
    this.#prompt = prompt;
    this.editorOutput = withWrite(output, this.#write);
    this.#restore = [...new Set([output, errorOutput])]
      .filter((stream) => stream.isTTY)
      .map((stream) => this.#catch(stream));
  }

  /** Starts printing above the editor's line, except while `isBusy` says that it must not be disturbed. */
  attach(editor: EditedLine, isBusy: () => boolean): void {
    this.#editor = editor;
    this.#isBusy = isBusy;
  }

  /** Prints whole lines, above what is being typed. */
  print(text: string): void {
    const lines = text.endsWith('\n') ? text : `${text}\n`;
    this.#pending.push(lines);
    this.#pendingLength += lines.length;
    this.#bound();
    if (this.#evaluating || this.#editor === undefined) this.flush();
    else this.#schedule();
  }

  /** Rings the terminal's bell. */
  ring(): void {
    this.#write('\x07');
  }

  /** Writes control sequences of our own. */
  control(sequence: string): void {
    if (!this.#dumb) this.#write(sequence);
  }

  /** Shows a question and leaves the cursor behind it; until {@link endQuestion} everything else waits. */
  beginQuestion(text: string): void {
    this.flush();
    this.#asking = true;
    writeAll(this.#descriptor, text);
  }

  /** Shows what is typed as an answer. */
  echo(text: string): void {
    if (this.#asking && text !== '') writeAll(this.#descriptor, text);
  }

  /** The answer is complete. */
  endQuestion(): void {
    this.#asking = false;
    writeAll(this.#descriptor, '\n');
    this.flush();
  }

  /** The line has been entered: until {@link endEvaluation} there is no line to print above. */
  beginEvaluation(): void {
    this.#evaluating = true;
    this.flush();
  }

  /** The prompt comes back. */
  endEvaluation(): void {
    for (const [stream, text] of this.#partial) {
      this.#partial.delete(stream);
      this.print(safeOutput(text));
    }
    this.flush();
    this.#evaluating = false;
    this.#editor?.setPrompt(this.#prompt());
  }

  /** Prints what waits, unless the editor must not be disturbed. */
  flush(): void {
    this.#scheduled = false;
    if (this.#pending.length === 0 || this.#asking) return;
    const editor = this.#openEditor;
    if (editor !== undefined && this.#isBusy()) return;
    const notice = this.#dropped === 0 ? '' : `(${this.#dropped} earlier texts not shown)\n`;
    const text = notice + this.#pending.join('');
    this.#pending = [];
    this.#pendingLength = 0;
    this.#dropped = 0;
    // Ctrl-C may break running code anywhere; within the stream, that would leave it waiting for ever.
    if (this.#evaluating) writeAll(this.#descriptor, text);
    else if (editor === undefined) this.#write(text);
    else this.#printAbove(editor, text);
  }

  /** Draws the prompt anew if it changed. */
  refresh(): void {
    const editor = this.#openEditor;
    if (editor === undefined || this.#isBusy() || editor.getPrompt() === this.#prompt()) return;
    this.#printAbove(editor, '');
  }

  /** Prints what waits and gives the streams back; later text is written as it comes. */
  close(): void {
    this.#editor = undefined;
    this.endEvaluation();
    for (const restore of this.#restore) restore();
  }

  /** The line to print above; a terminal that went away has none. */
  get #openEditor(): EditedLine | undefined {
    return this.#evaluating || this.#editor?.closed ? undefined : this.#editor;
  }

  #printAbove(editor: EditedLine, text: string): void {
    if (this.#dumb) {
      editor.setPrompt(this.#prompt());
      this.#write(`\n${text}${editor.getPrompt()}${editor.line}`);
      return;
    }
    const { rows } = editor.getCursorPos();
    const up = rows === 0 ? '' : `\x1b[${rows}A`;
    this.#write(`${up}\r\x1b[0J${text}`);
    editor.setPrompt(this.#prompt());
    editor.prevRows = 0;
    editor.prompt(true);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Everything that is printed in one turn shares one redrawing of the line.
    queueMicrotask(() => this.flush());
  }

  #bound(): void {
    while (this.#pendingLength > heldLengthMax && this.#pending.length > 1) {
      this.#pendingLength -= this.#pending.shift()?.length ?? 0;
      this.#dropped++;
    }
  }

  #catch(stream: NodeJS.WriteStream): () => void {
    const original = stream.write;
    const caught = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error | null) => void),
      callback?: (error?: Error | null) => void,
    ): boolean => {
      const named = typeof encoding === 'string' ? encoding : 'utf8';
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString(named);
      this.#take(stream, text);
      const done = typeof encoding === 'function' ? encoding : callback;
      if (done !== undefined) queueMicrotask(() => done());
      return true;
    };
    stream.write = caught;
    return () => {
      stream.write = original;
    };
  }

  #take(stream: NodeJS.WriteStream, text: string): void {
    const all = (this.#partial.get(stream) ?? '') + text;
    const end = all.length > partialLengthMax ? all.length : all.lastIndexOf('\n') + 1;
    if (end > 0) this.print(safeOutput(all.slice(0, end)));
    if (end < all.length) this.#partial.set(stream, all.slice(end));
    else this.#partial.delete(stream);
  }
}

/** Writes everything, waiting for a terminal that takes no more at present. */
function writeAll(descriptor: number, text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

/** The stream with another `write`; everything else is its own. */
function withWrite(stream: NodeJS.WriteStream, write: Write): NodeJS.WriteStream {
  return new Proxy(stream, {
    get(target, key) {
      if (key === 'write') return write;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
