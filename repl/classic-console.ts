/** Where the classic client reads lines and prints them: a terminal, shared with the line being typed, or two pipes. */

import { createInterface, type Interface } from 'node:readline';
import { LineWriter, type OutputStream } from './line-writer.ts';
import { safeText } from './safe-text.ts';
import { type EditedLine, Screen, type ScreenOptions } from './screen.ts';
import { textLines } from './text-lines.ts';

/** What a console is made of. */
export interface ConsoleOptions {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean; destroy(): unknown };
  readonly output: OutputStream;
  /** The terminal understands no cursor movements (`TERM=dumb`). */
  readonly dumb: boolean;
  /** The prompt as it should be now; shown on a terminal only. */
  readonly prompt: () => string;
  /** Ctrl-C, where the terminal hands it over as a key. */
  readonly onInterrupt: () => void;
}

/** A console prints from its making on and reads once it is asked for lines. */
export interface ClassicConsole {
  /** Resolves when nobody sees the output any more. */
  readonly outputClosed: Promise<void>;
  /** Prints a line, in which others' text may stand: control characters become visible, 65,536 characters are shown. */
  print(line: string): void;
  /** Draws the prompt anew if it changed. */
  refresh(): void;
  /**
   * The lines typed, one at a time, from the first to the last before the end of input.
   * On a terminal 1024 lines are kept ahead; then reading pauses, and with it Ctrl-C, until one is taken.
   */
  lines(): AsyncIterable<string>;
  /** Stops reading and gives the terminal back; what is printed afterwards still appears. */
  close(): void;
}

type TerminalOutput = ScreenOptions['output'];

const lineLengthMax = 65_536;

/** Makes a line of others' text harmless, and bounds its length. */
export function safeLine(line: string): string {
  return safeText(line, { lengthMax: lineLengthMax });
}

/** A terminal only if both ends are one. */
export function openConsole(options: ConsoleOptions): ClassicConsole {
  const { input, output } = options;
  return input.isTTY === true && isTerminal(output)
    ? new TerminalConsole(options, output)
    : new PipeConsole(options);
}

class PipeConsole implements ClassicConsole {
  readonly #input: ConsoleOptions['input'];
  readonly #writer: LineWriter;

  constructor({ input, output }: ConsoleOptions) {
    this.#input = input;
    this.#writer = new LineWriter(output);
  }

  get outputClosed(): Promise<void> {
    return this.#writer.closed;
  }

  print(line: string): void {
    this.#writer.offer(safeLine(line));
  }

  refresh(): void {}

  lines(): AsyncIterable<string> {
    return textLines(this.#input);
  }

  close(): void {
    this.#input.destroy();
  }
}

class TerminalConsole implements ClassicConsole {
  readonly #options: ConsoleOptions;
  readonly #prompt: () => string;
  readonly #output: TerminalOutput;
  readonly #writer: LineWriter;
  readonly #screen: Screen;
  #editor: Interface | undefined;

  constructor(options: ConsoleOptions, output: TerminalOutput) {
    const { dumb } = options;
    const prompt = (): string => safeLine(options.prompt());
    this.#options = options;
    this.#prompt = prompt;
    this.#output = output;
    this.#writer = new LineWriter(output);
    this.#screen = new Screen({ output, errorOutput: output, dumb, prompt });
  }

  get outputClosed(): Promise<void> {
    return this.#writer.closed;
  }

  print(line: string): void {
    this.#screen.print(safeLine(line));
  }

  refresh(): void {
    this.#screen.refresh();
  }

  lines(): AsyncIterable<string> {
    const { input, onInterrupt } = this.#options;
    const prompt = this.#prompt;
    const output = this.#screen.editorOutput;
    const editor = createInterface({ input, output, terminal: true, prompt: prompt() });
    this.#editor = editor;
    // readline keeps these members, of which some are not documented, in every Node that the package supports.
    const line = editor as unknown as EditedLine;
    const onResize = (): void => {
      line.prevRows = line.getCursorPos().rows;
    };
    // readline redraws on the same event, from the rows of the old width.
    this.#output.prependListener('resize', onResize);
    editor.on('SIGINT', onInterrupt);
    editor.on('line', () => {
      editor.setPrompt(prompt());
      editor.prompt();
    });
    editor.once('close', () => {
      this.#output.off('resize', onResize);
      this.#wipe(line);
      this.#screen.close();
    });
    this.#screen.attach(line, () => false);
    editor.prompt();
    return editor;
  }

  close(): void {
    this.#editor?.close();
    this.#screen.close();
    this.#options.input.destroy();
  }

  /** Takes the prompt away, so that the next line stands in its place. */
  #wipe(line: EditedLine): void {
    if (this.#options.dumb) {
      this.#screen.editorOutput.write('\n');
      return;
    }
    const { rows } = line.getCursorPos();
    this.#screen.control(`${rows === 0 ? '' : `\x1b[${rows}A`}\r\x1b[0J`);
  }
}

function isTerminal(output: OutputStream): output is TerminalOutput {
  return output.isTTY === true;
}
