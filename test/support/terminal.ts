/** Real child processes on a pseudo-terminal, and the screen that a person would see. */

import { constants } from 'node:os';
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import type { Home } from './home.ts';
import { banterPath, killGroup } from './processes.ts';
import { type Exit, type Found, Transcript } from './transcript.ts';

/** What the keys that are no characters send. */
const keys = {
  enter: '\r',
  tab: '\t',
  escape: '\u001b',
  backspace: '\u007f',
  delete: '\u001b[3~',
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  home: '\u001b[H',
  end: '\u001b[F',
  'ctrl-a': '\u0001',
  'ctrl-c': '\u0003',
  'ctrl-d': '\u0004',
  'ctrl-e': '\u0005',
  'ctrl-l': '\u000c',
  'ctrl-r': '\u0012',
  'ctrl-u': '\u0015',
  'ctrl-w': '\u0017',
  'ctrl-z': '\u001a',
} as const;

/** A key that is no character. */
export type Key = keyof typeof keys;

/** The terminal to open. */
export interface TerminalOptions {
  /** Default 80. */
  readonly columns?: number;
  /** Default 24. */
  readonly rows?: number;
  /** Added to the environment of the home; TERM is xterm-256color unless it stands here. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts `banter …args` in `home` on a terminal. */
export function openBanter(
  home: Home,
  args: readonly string[],
  options: TerminalOptions = {},
): Terminal {
  return openNode(home, [banterPath, ...args], options);
}

/** Starts `node …args` in `home` on a terminal. */
export function openNode(
  home: Home,
  args: readonly string[],
  { columns = 80, rows = 24, environment = {} }: TerminalOptions = {},
): Terminal {
  const env = { ...home.environment, TERM: 'xterm-256color', ...environment };
  const child = spawn(process.execPath, [...args], {
    cols: columns,
    rows,
    cwd: home.path,
    env,
    name: env.TERM,
  });
  const terminal = new Terminal(child, args.join(' '), columns, rows);
  home.onClose(() => terminal.kill());
  return terminal;
}

/** A process on a terminal. Every wait rejects with the screen when the process ends first, or after a minute. */
export class Terminal {
  readonly #child: IPty;
  readonly #screen: xterm.Terminal;
  readonly #transcript: Transcript;
  #exit: Exit | undefined;

  /** `name` stands in the messages of failed waits. */
  constructor(child: IPty, name: string, columns: number, rows: number) {
    this.#child = child;
    this.#transcript = new Transcript(name);
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    // The terminal answers questions, such as where the cursor stands.
    this.#screen.onData((answer) => child.write(answer));
    child.onData((text) => {
      this.#transcript.append(text);
      this.#screen.write(text, () => this.#transcript.changed());
    });
    child.onExit(({ exitCode, signal }) => {
      // Behind everything that is still to be drawn.
      this.#screen.write('', () => {
        this.#exit = signal
          ? { code: null, signal: signalName(signal) }
          : { code: exitCode, signal: null };
        this.#transcript.end(`ended with ${this.#exit.signal ?? `code ${exitCode}`}`);
      });
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Everything printed, with its control sequences. */
  get raw(): string {
    return this.#transcript.text;
  }

  /** Where the cursor stands, from 0. */
  get cursor(): { readonly column: number; readonly row: number } {
    const { cursorX, cursorY } = this.#screen.buffer.active;
    return { column: cursorX, row: cursorY };
  }

  /** The visible rows, without trailing blanks and trailing empty rows. */
  screen(): string {
    const buffer = this.#screen.buffer.active;
    const rows = Array.from({ length: this.#screen.rows }, (_, row) =>
      buffer.getLine(buffer.baseY + row)?.translateToString(true),
    );
    return rows.join('\n').trimEnd();
  }

  /** Resolves with the screen as soon as it matches. */
  waitForScreen(pattern: RegExp | string): Promise<string> {
    const matches = (screen: string): boolean =>
      typeof pattern === 'string' ? screen.includes(pattern) : screen.search(pattern) >= 0;
    return this.#transcript.until(
      `show ${String(pattern)}`,
      () => {
        const screen = this.screen();
        return matches(screen) ? screen : undefined;
      },
      () => this.screen(),
    );
  }

  /** Resolves with the first match in {@link raw} at or after the index `after`. */
  waitFor(pattern: RegExp | string, after = 0): Promise<Found> {
    return this.#transcript.waitFor(pattern, after);
  }

  /** Types characters. */
  type(text: string): void {
    this.#child.write(text);
  }

  /** Presses a key. */
  key(name: Key): void {
    this.#child.write(keys[name]);
  }

  /** Pastes, in brackets if the program asked for them, as a terminal does. */
  paste(text: string): void {
    const pasted = text.replaceAll('\n', '\r');
    const bracketed = this.#screen.modes.bracketedPasteMode;
    this.#child.write(bracketed ? `\u001b[200~${pasted}\u001b[201~` : pasted);
  }

  /** Gives the window another size. */
  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#child.resize(columns, rows);
  }

  /** Sends a signal to the process. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves once the process has ended and everything it printed is on the screen. */
  exit(): Promise<Exit> {
    return this.#transcript.until('exit', () => this.#exit);
  }

  /** Ends the process and whatever it started, at once; resolves when it is gone. */
  async kill(): Promise<void> {
    killGroup(this.#child.pid);
    await this.exit();
    this.#screen.dispose();
  }
}

function signalName(number: number): string {
  const entry = Object.entries(constants.signals).find(([, value]) => value === number);
  return entry?.[0] ?? String(number);
}
