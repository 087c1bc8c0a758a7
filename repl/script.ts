/** Scripts and pipes: `runScript` carries out statement after statement, and de-registers before it is done. */

import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BanterError, type ClientEvents } from '../core/client-api.ts';
import { abortable } from './abort.ts';
import type { ChatClient, ChatPlugins } from './chat-client.ts';
import { Chat } from './chat-object.ts';
import { argumentsOf, commandTable, dotForms } from './commands/index.ts';
import { Evaluator } from './evaluate.ts';
import { LineWriter, type OutputStream } from './line-writer.ts';
import { watchNotices } from './notices.ts';
import { type Outcome, Runner } from './runner.ts';
import { HumanOutput, JsonOutput, type Origin, type ScriptOutput } from './script-output.ts';
import { ChatSession } from './session.ts';
import { type Statement, StatementSplitter } from './statements.ts';
import { textLines } from './text-lines.ts';

/** What a script is made of. */
export interface ScriptOptions {
  readonly client: ChatClient;
  readonly plugins?: ChatPlugins;
  /** The script's text, whole or in pieces; the next piece is taken only when all before it is done. */
  readonly source: string | AsyncIterable<string | Uint8Array>;
  /** What errors call it. An absolute path is also where its imports start from; else the current folder is. */
  readonly name: string;
  readonly output: OutputStream;
  readonly errorOutput: OutputStream;
  /** One JSON object a line on `output`, errors included. Default false. */
  readonly json?: boolean;
  /** The lines are JSON objects: `{"command": "send", "user": "bob", "message": "hi", "id": 1}`. Default false. */
  readonly jsonInput?: boolean;
  /** Go on after an error; the exit code is 1 all the same. Default false. */
  readonly keepGoing?: boolean;
  /** Show stacks, codes and remedies with errors. Default false. */
  readonly debug?: boolean;
  /** Ends the script; a number as its reason is the exit code, else it is 130. */
  readonly signal?: AbortSignal;
}

const vocabulary = { commands: commandTable, dotForms };

const exitCodeFailed = 1;
const exitCodeLost = 3;
const exitCodeInterrupted = 130;

/**
 * Runs to the end of the source, the first error, `dereg`, the loss of the client, the signal, or until nobody reads
 * the output; then de-registers. SIGINT in the midst of code that does not yield ends the process at once. Resolves to the exit code: 0, 1 (failed), 3 (client lost), 130 or the signal's.
 */
export function runScript(options: ScriptOptions): Promise<number> {
  return new Script(options).run();
}

/** One thing to carry out. */
interface Step {
  readonly origin: Origin;
  readonly run: (signal: AbortSignal) => Promise<Outcome>;
}

class Script {
  readonly #options: ScriptOptions;
  readonly #client: ChatClient;
  readonly #session: ChatSession;
  readonly #evaluator: Evaluator;
  readonly #runner: Runner;
  readonly #output: ScriptOutput;
  readonly #results: LineWriter;
  readonly #rest: LineWriter;
  readonly #stop = new AbortController();
  /** The exit code, once something has decided it. */
  #code: number | undefined;

  constructor(options: ScriptOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#session = new ChatSession({ client: options.client, plugins: options.plugins });
    this.#results = new LineWriter(options.output);
    this.#rest = new LineWriter(options.errorOutput);
    this.#output = options.json === true ? new JsonOutput(this.#results) : this.#humanOutput();
    const onNotice = (words: string): void => this.#output.remark(words);
    const chat = new Chat({
      session: this.#session,
      currentSignal: () => this.#evaluator.signal,
      onListenerError: (error) => this.#fail(error, undefined),
      onNotice,
    });
    this.#evaluator = new Evaluator({ globals: { chat }, baseFile: resolve(options.name) });
    this.#runner = new Runner({
      session: this.#session,
      evaluator: this.#evaluator,
      vocabulary,
      onNotice,
    });
  }

  async run(): Promise<number> {
    const unwatch = this.#watch();
    this.#output.ready(this.#session);
    try {
      await this.#runAll();
    } catch (error) {
      // What ends the script early has said why; anything else is an error of the source itself.
      if (!this.#stop.signal.aborted) this.#fail(error, undefined);
    }
    const leaving = this.#code;
    await this.#client.close();
    await this.#results.drained();
    unwatch();
    this.#evaluator[Symbol.dispose]();
    this.#session[Symbol.dispose]();
    this.#results[Symbol.dispose]();
    this.#rest[Symbol.dispose]();
    return leaving ?? 0;
  }

  async #runAll(): Promise<void> {
    const { signal } = this.#stop;
    const steps = this.#steps();
    for (;;) {
      const next = await abortable(signal, () => steps.next());
      if (next.done) return;
      const { origin, run } = next.value;
      // A turn of the event loop: while code runs nobody listens for SIGINT, and one that is under way would be lost.
      await nextTurn();
      if (signal.aborted) return;
      try {
        this.#output.outcome(await run(signal), origin);
      } catch (error) {
        if (!signal.aborted) this.#fail(error, origin);
      }
      await this.#results.drained();
      const dropped = this.#results.takeDropped();
      if (dropped > 0)
        this.#output.remark(`${dropped} lines were dropped: the output is read too slowly`);
      if (signal.aborted || this.#session.leaving) return;
    }
  }

  async *#steps(): AsyncGenerator<Step, void, void> {
    const lines = textLines(this.#options.source);
    if (this.#options.jsonInput === true) yield* this.#objectSteps(lines);
    else yield* this.#statementSteps(lines);
  }

  async *#statementSteps(lines: AsyncIterable<string>): AsyncGenerator<Step, void, void> {
    const splitter = new StatementSplitter(vocabulary);
    for await (const line of lines) {
      for (const statement of splitter.push(line)) yield this.#statementStep(statement);
    }
    for (const statement of splitter.end()) yield this.#statementStep(statement);
  }

  #statementStep({ line, content }: Statement): Step {
    const name = `${this.#options.name}:${line}`;
    return { origin: { line }, run: (signal) => this.#runner.run(content, { signal, name }) };
  }

  async *#objectSteps(lines: AsyncIterable<string>): AsyncGenerator<Step, void, void> {
    let line = 0;
    for await (const text of lines) {
      line++;
      if (text.trim() === '') continue;
      const fields = parseObject(text);
      const origin = fields?.['id'] === undefined ? { line } : { line, id: fields['id'] };
      yield { origin, run: (signal) => this.#runObject(text, fields, signal) };
    }
  }

  async #runObject(
    text: string,
    fields: Readonly<Record<string, unknown>> | undefined,
    signal: AbortSignal,
  ): Promise<Outcome> {
    if (fields === undefined) {
      throw new BanterError('COMMAND_INVALID', `not a JSON object: ${text.slice(0, 200)}`);
    }
    const { command: name, id: _id, ...values } = fields;
    const command = typeof name === 'string' ? commandTable.get(name) : undefined;
    if (command === undefined) {
      throw new BanterError('COMMAND_INVALID', `no command ${JSON.stringify(name)}`);
    }
    return this.#runner.runCommand(command, argumentsOf(command, values), signal);
  }

  #fail(error: unknown, origin: Origin | undefined): void {
    this.#output.error(error, origin);
    const lost =
      error instanceof BanterError && (error.code === 'CONNECTION_LOST' || error.code === 'CLOSED');
    this.#code ??= lost ? exitCodeLost : exitCodeFailed;
    if (this.#options.keepGoing !== true) this.#stop.abort();
  }

  #end(code: number): void {
    this.#code ??= code;
    this.#stop.abort();
  }

  /** Follows the client, the output and the caller's signal; the function returned ends that. */
  #watch(): () => void {
    const received = (...[message]: ClientEvents['messageReceived']): void =>
      this.#output.message(message);
    this.#client.on('messageReceived', received);
    const unwatch = watchNotices(this.#client, (notice) => this.#output.notice(notice));
    void this.#results.closed.then(() => {
      const { failure } = this.#results;
      if (failure === undefined) this.#end(0);
      else this.#fail(failure, undefined);
      this.#stop.abort();
    });
    void this.#session.ended.then((error) => {
      if (error !== undefined) this.#output.error(error, undefined);
      if (!this.#session.leaving) this.#end(error === undefined ? 0 : exitCodeLost);
    });
    const { signal } = this.#options;
    const interrupted = (): void => {
      const reason: unknown = signal?.reason;
      this.#end(typeof reason === 'number' ? reason : exitCodeInterrupted);
    };
    if (signal?.aborted === true) interrupted();
    signal?.addEventListener('abort', interrupted, { once: true });
    const stray = (error: unknown): void => this.#fail(error, undefined);
    process.on('unhandledRejection', stray);
    process.on('uncaughtException', stray);
    return () => {
      this.#client.off('messageReceived', received);
      unwatch();
      signal?.removeEventListener('abort', interrupted);
      process.off('unhandledRejection', stray);
      process.off('uncaughtException', stray);
    };
  }

  #humanOutput(): HumanOutput {
    const { client, debug = false, errorOutput, name, output } = this.#options;
    return new HumanOutput({
      name,
      results: this.#results,
      rest: this.#rest,
      me: client.name,
      debug,
      resultColours: output.isTTY === true && output.hasColors?.() === true,
      restColours: errorOutput.isTTY === true && errorOutput.hasColors?.() === true,
      onTerminal: output.isTTY === true,
    });
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : undefined;
  } catch {
    return undefined;
  }
}
