/** Real child processes on pipes, for end-to-end tests. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Home } from './home.ts';
import { type Exit, type Found, Transcript } from './transcript.ts';

/** The executable as it stands in the checkout. */
export const banterPath: string = join(import.meta.dirname, '../../repl/bin.ts');

/** What can differ from the home's environment. */
export interface StartOptions {
  /** Added to the environment of the home. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts `banter …args` in `home`. */
export function startBanter(
  home: Home,
  args: readonly string[],
  options: StartOptions = {},
): ChildProgram {
  return startNode(home, [banterPath, ...args], options);
}

/** How a program ended, and what it printed: altogether and on each of its outputs. */
export interface Ended {
  readonly code: number | null;
  readonly said: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `banter …args` in `home` to its end. */
export async function runBanter(home: Home, ...args: readonly string[]): Promise<Ended> {
  const program = startBanter(home, args);
  const { code } = await program.exit();
  const { output: said, stdout, stderr } = program;
  return { code, said, stdout, stderr };
}

/** Starts `node …args` in `home`, on the Node that runs the tests. */
export function startNode(
  home: Home,
  args: readonly string[],
  { environment = {} }: StartOptions = {},
): ChildProgram {
  const child = spawn(process.execPath, args, {
    cwd: home.path,
    env: { ...home.environment, ...environment },
    // A group of its own, so that the end of the test takes along whatever the child started.
    detached: true,
  });
  const program = new ChildProgram(child, args.join(' '));
  home.onClose(() => program.kill());
  return program;
}

/** A running child process. Every wait rejects with the whole output when the process ends first, or after a minute. */
export class ChildProgram {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #transcript: Transcript;
  readonly #stdout: Transcript;
  readonly #stderr: Transcript;
  #exit: Exit | undefined;

  /** `name` stands in the messages of failed waits. */
  constructor(child: ChildProcessWithoutNullStreams, name: string) {
    this.#child = child;
    this.#transcript = new Transcript(name);
    this.#stdout = new Transcript(name);
    this.#stderr = new Transcript(name);
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#append(this.#stdout, text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#append(this.#stderr, text));
    // Writing to a process that has ended is no failure of the test; that it has ended shows in its exit.
    child.stdin.on('error', () => {});
    child.on('error', (error) => this.#transcript.end(`could not run (${error.message})`));
    child.on('close', (code, signal) => {
      this.#exit = { code, signal };
      this.#transcript.end(`ended with ${signal ?? `code ${code}`}`);
    });
  }

  /** Undefined when the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get stdout(): string {
    return this.#stdout.text;
  }

  get stderr(): string {
    return this.#stderr.text;
  }

  /** Both streams in the order in which their parts arrived. */
  get output(): string {
    return this.#transcript.text;
  }

  /** Resolves with the first match in the output at or after the index `after`, be it printed already or later. */
  waitFor(pattern: RegExp | string, after = 0): Promise<Found> {
    return this.#transcript.waitFor(pattern, after);
  }

  /** Types one line. */
  write(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Closes standard input. */
  end(): void {
    this.#child.stdin.end();
  }

  /** Sends a signal to this process alone. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves once the process has ended and its output is complete. */
  exit(): Promise<Exit> {
    return this.#transcript.until('exit', () => this.#exit);
  }

  /** Ends the process and whatever it started, at once; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child.pid === undefined) return;
    killGroup(this.#child.pid);
    await this.exit();
  }

  #append(stream: Transcript, text: string): void {
    stream.append(text);
    this.#transcript.append(text);
  }
}

/** Kills a process group; one that is gone already is fine. */
export function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
