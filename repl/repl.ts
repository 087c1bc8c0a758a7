/** The interactive prompt: `startRepl` shows it, and de-registers before it is done. */

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BanterError, type ClientEvents } from '../core/client-api.ts';
import type { ChatClient, ChatPlugins } from './chat-client.ts';
import { Chat } from './chat-object.ts';
import { commandTable, dotForms } from './commands/index.ts';
import { type CompleterOptions, complete } from './completer.ts';
import { Evaluator } from './evaluate.ts';
import { Formatter } from './format.ts';
import { History, isSecret } from './history.ts';
import { LineEditor } from './line-editor.ts';
import { watchNotices } from './notices.ts';
import { askerOf } from './permission-question.ts';
import { Runner } from './runner.ts';
import { safeText } from './safe-text.ts';
import { Screen, type TerminalOutput } from './screen.ts';
import { ChatSession } from './session.ts';
import { type Statement, splitStatements } from './statements.ts';

/** What a prompt is made of. */
export interface ReplOptions {
  readonly client: ChatClient;
  readonly plugins?: ChatPlugins;
  /** Where the history outlives the process; absent: nowhere. */
  readonly historyFile?: string;
  /** Both a terminal; a pipe is for `runScript`. */
  readonly input: NodeJS.ReadStream;
  readonly output: TerminalOutput;
  readonly errorOutput: NodeJS.WriteStream;
  /** Show stacks, codes and remedies with errors. Default false. */
  readonly debug?: boolean;
  /** Printed before the first prompt. */
  readonly greeting?: string;
  /** The terminal understands no cursor movements (`TERM=dumb`). Default false. */
  readonly dumb?: boolean;
}

const vocabulary = { commands: commandTable, dotForms };

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const exitCodeLost = 3;

/**
 * Shows the prompt until the person leaves it (Ctrl-D, Ctrl-C twice, `.exit`, `dereg`), the client is lost, or a signal
 * arrives; then de-registers. Resolves to the exit code: 0, 3 (lost), 129, 130 or 143 (signals).
 * @throws BanterError OPTION_INVALID when input or output is not a terminal
 */
export async function startRepl(options: ReplOptions): Promise<number> {
  if (!options.input.isTTY || !options.output.isTTY) {
    throw new BanterError('OPTION_INVALID', 'the prompt needs a terminal for input and output');
  }
  const history = await History.open(options.historyFile);
  const repl = new Repl(options, history);
  try {
    return await repl.run();
  } finally {
    await history.flush();
  }
}

class Repl {
  readonly #options: ReplOptions;
  readonly #client: ChatClient;
  readonly #session: ChatSession;
  readonly #formatter: Formatter;
  readonly #screen: Screen;
  readonly #evaluator: Evaluator;
  readonly #runner: Runner;
  readonly #history: History;
  #editor: LineEditor | undefined;
  #evaluation: AbortController | undefined;
  /** Where the inbox stood when the line before this one was entered. */
  #previousMark = 0;

  constructor(options: ReplOptions, history: History) {
    this.#options = options;
    this.#history = history;
    this.#client = options.client;
    this.#session = new ChatSession({ client: options.client, plugins: options.plugins });
    const { output, errorOutput, debug = false, dumb = false } = options;
    this.#formatter = new Formatter({
      name: this.#client.name,
      colours: output.hasColors(),
      debug,
    });
    this.#screen = new Screen({ output, errorOutput, dumb, prompt: () => this.#prompt() });
    const onNotice = (text: string): void => this.#screen.print(this.#formatter.notice(text));
    const chat = new Chat({
      session: this.#session,
      currentSignal: () => this.#evaluator.signal,
      onListenerError: (error) => this.#printError(error),
      onNotice,
    });
    this.#evaluator = new Evaluator({
      globals: { chat },
      baseFile: resolve('prompt.js'),
      runBreakable: (code) => this.#editor?.runBreakable(code) ?? 'broken',
    });
    this.#runner = new Runner({
      session: this.#session,
      evaluator: this.#evaluator,
      vocabulary,
      onNotice,
    });
  }

  async run(): Promise<number> {
    const unwatch = this.#watchClient();
    const stopped = Promise.withResolvers<number>();
    const unhandle = this.#handleProcess(stopped.resolve);
    if (this.#options.greeting !== undefined) this.#screen.print(this.#options.greeting);
    const editor = await this.#openEditor();
    this.#editor = editor;
    this.#options.plugins?.askWith(askerOf((question) => editor.ask(question)));
    // Group names for completion; without them Tab knows the own groups only.
    void this.#session.listGroups().catch(() => {});
    const code = await Promise.race([
      stopped.promise,
      editor.exited.then(() => 0),
      this.#session.ended.then((error) => (error === undefined ? 0 : this.#lost(error))),
    ]);
    this.#evaluation?.abort();
    await editor.close();
    await this.#client.close();
    this.#screen.close();
    unwatch();
    unhandle();
    this.#evaluator[Symbol.dispose]();
    this.#session[Symbol.dispose]();
    return code;
  }

  async #openEditor(): Promise<LineEditor> {
    const editor = await LineEditor.open({
      input: this.#options.input,
      screen: this.#screen,
      prompt: this.#prompt(),
      history: this.#history.entries,
      write: (value) => this.#formatter.value(value),
      isIncomplete: (text) => splitStatements(text, vocabulary).some(isIncomplete),
      evaluate: (text) => this.#enter(text),
      inspect: (expression) => this.#evaluate(expression),
      complete: (line, completeCode) => this.#complete({ completeCode }, line),
      isSecret,
      onInterrupt: () => this.#evaluation?.abort(),
      onStrayError: (error) => this.#printError(error),
    });
    for (const [form, command] of dotForms) {
      const help = commandTable.get(command.split(' ')[0] ?? '')?.summary ?? '';
      editor.defineDotCommand(form.slice(1), help, async (rest) => {
        await this.#execute(`${command} ${rest}`);
      });
    }
    editor.defineDotCommand('load', 'run a file, line by line', (rest) => this.#load(rest.trim()));
    return editor;
  }

  /** Carries out what was entered and keeps it in the history; gives back what the prompt should show. */
  async #enter(text: string): Promise<unknown> {
    const value = await this.#execute(text);
    this.#history.add(text);
    return value;
  }

  /** Statement after statement; the first error ends it. */
  async #execute(text: string, name = 'prompt'): Promise<unknown> {
    const evaluation = new AbortController();
    this.#evaluation = evaluation;
    const { inbox } = this.#session;
    inbox.forgetBefore(this.#previousMark);
    this.#previousMark = inbox.mark;
    let value: unknown;
    try {
      for (const { content, line } of splitStatements(text, vocabulary)) {
        if (value !== undefined) this.#screen.print(this.#formatter.value(value));
        value = await this.#run(content, { signal: evaluation.signal, name: `${name}:${line}` });
      }
      return value;
    } catch (error) {
      this.#printError(error);
      return undefined;
    } finally {
      this.#evaluation = undefined;
    }
  }

  async #run(
    content: Statement['content'],
    options: { readonly signal: AbortSignal; readonly name: string },
  ): Promise<unknown> {
    const outcome = await this.#runner.run(content, options);
    if (outcome.type === 'value') return outcome.value;
    this.#editor?.remember(outcome.result);
    this.#screen.print(this.#formatter.result(outcome.result));
    return undefined;
  }

  async #load(file: string): Promise<void> {
    try {
      const text = await readFile(file, 'utf8');
      const value = await this.#execute(text, file);
      if (value !== undefined) this.#screen.print(this.#formatter.value(value));
    } catch (error) {
      this.#printError(error);
    }
  }

  #evaluate(expression: string): Promise<unknown> {
    return this.#evaluator.evaluate(expression, {
      signal: new AbortController().signal,
      name: 'completion',
    });
  }

  #complete(
    { completeCode }: Pick<CompleterOptions, 'completeCode'>,
    line: string,
  ): ReturnType<typeof complete> {
    void this.#session.listGroups().catch(() => {});
    return complete(line, { session: this.#session, vocabulary, completeCode });
  }

  #prompt(): string {
    const { group, unread } = this.#session;
    const where = group === undefined ? '' : ` #${safeText(group, { lengthMax: 64 })}`;
    const waiting = unread === 0 ? '' : ` (${unread})`;
    return `${safeText(this.#client.name)}${where}${waiting}> `;
  }

  #printError(error: unknown): void {
    this.#screen.print(this.#formatter.error(error));
  }

  #lost(error: Error): number {
    this.#printError(error);
    return exitCodeLost;
  }

  #watchClient(): () => void {
    const received = (...[message]: ClientEvents['messageReceived']): void => {
      if (this.#formatter.mentions(message)) this.#screen.ring();
      this.#screen.print(this.#formatter.message(message));
    };
    this.#client.on('messageReceived', received);
    const unwatch = watchNotices(this.#client, ({ words }) => {
      if (words !== undefined) this.#screen.print(this.#formatter.notice(words));
      this.#screen.refresh();
    });
    return () => {
      this.#client.off('messageReceived', received);
      unwatch();
    };
  }

  #handleProcess(stop: (code: number) => void): () => void {
    const onInterrupt = (): void => {
      if (this.#evaluation === undefined) stop(exitCodes.SIGINT);
      else this.#evaluation.abort();
    };
    const onTerminate = (): void => stop(exitCodes.SIGTERM);
    const onHangUp = (): void => stop(exitCodes.SIGHUP);
    // What a person left running must not end the chat.
    const onError = (error: unknown): void => {
      if (isHangUp(error)) stop(exitCodes.SIGHUP);
      else this.#printError(error);
    };
    const { input, output } = this.#options;
    // A terminal that went away fails whatever is asked of it, even to leave raw mode; unheard, that would stop us leaving.
    input.on('error', onHangUp);
    output.on('error', onHangUp);
    process.on('SIGINT', onInterrupt);
    process.on('SIGTERM', onTerminate);
    process.on('SIGHUP', onHangUp);
    process.on('unhandledRejection', onError);
    process.on('uncaughtException', onError);
    return () => {
      input.off('error', onHangUp);
      output.off('error', onHangUp);
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      process.off('SIGHUP', onHangUp);
      process.off('unhandledRejection', onError);
      process.off('uncaughtException', onError);
    };
  }
}

/** The terminal is gone: what is written to it or read from it fails. */
function isHangUp(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EIO';
}

function isIncomplete({ content }: Statement): boolean {
  return content.type === 'incomplete';
}
