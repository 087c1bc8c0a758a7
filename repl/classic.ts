/** The classic profile: the original's two forms, `-s` and `-c`, from their arguments to their exit codes. */

import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { BanterError, Client, classicPolicy } from '../core/client-api.ts';
import { narrate, Server, type ServerFact } from '../core/server-api.ts';
import {
  type ClientArguments,
  invalidHost,
  parseClientArguments,
  parseServerArguments,
} from './classic-arguments.ts';
import { ClassicClient, refusalWords } from './classic-client.ts';
import {
  type ClassicConsole,
  type ConsoleOptions,
  openConsole,
  safeLine,
} from './classic-console.ts';
import { Interruption } from './interruption.ts';
import { LineWriter, type OutputStream } from './line-writer.ts';

/** Where the classic server keeps things and prints. */
export interface ClassicServerOptions {
  /** The user's data folder; a server keeps its identity and its names in `server/<port>` of it. */
  readonly dataDir: string;
  readonly output: OutputStream;
}

/** Where the classic client keeps things, reads and prints. */
export interface ClassicClientOptions {
  /** The user's data folder; identities, pinned keys and messages held back are in `servers` of it. */
  readonly dataDir: string;
  readonly input: ConsoleOptions['input'];
  readonly output: OutputStream;
  /** The terminal understands no cursor movements (`TERM=dumb`). Default false. */
  readonly dumb?: boolean;
}

const failureCode = 1;

/**
 * Serves and narrates until a signal ends it.
 * @param args what follows `-s`
 * @returns the exit code: 1 for wrong arguments or a server that cannot start or go on, 129, 130 and 143 for signals
 */
export async function runClassicServer(
  args: readonly string[],
  { dataDir, output }: ClassicServerOptions,
): Promise<number> {
  using writer = new LineWriter(output);
  const print = (line: string): void => writer.offer(safeLine(line));
  const parsed = parseServerArguments(args);
  if (parsed.type === 'fault') return fail(parsed.lines, print);
  const { port } = parsed;
  using interruption = new Interruption();
  try {
    const folder = join(dataDir, 'server', String(port));
    const server = await Server.start({ port, dataDir: folder, policy: classicPolicy });
    const failed = new Promise<Error>((resolve) => server.once('failed', resolve));
    const tell = (fact: ServerFact): void => {
      for (const line of narrate(fact)) print(line);
    };
    server.on('fact', tell);
    print('>>> Server is online');
    const failure = await Promise.race([failed, aborted(interruption.signal)]);
    // That all clients go offline with it is no news.
    server.off('fact', tell);
    await server.close();
    return interruption.code ?? fail(failureWords(failure), print);
  } catch (error) {
    return fail(failureWords(error), print);
  }
}

/**
 * Registers and carries out the lines of the input, one after another, until `dereg`, the end of the input, a signal,
 * or a server that does not answer; then de-registers.
 * @param args what follows `-c`
 * @returns the exit code: 0 after `dereg` and the end of the input, 1 for wrong arguments, refusals and a server that does
 * not answer, 129, 130 and 143 for signals
 */
export async function runClassicClient(
  args: readonly string[],
  { dataDir, input, output, dumb = false }: ClassicClientOptions,
): Promise<number> {
  using interruption = new Interruption();
  let classic: ClassicClient | undefined;
  const console = openConsole({
    input,
    output,
    dumb,
    prompt: () => classic?.prompt ?? '>>> ',
    onInterrupt: () => process.kill(process.pid, 'SIGINT'),
  });
  const print = (line: string): void => console.print(line);
  try {
    const parsed = parseClientArguments(args);
    if (parsed.type === 'fault') return fail(parsed.lines, print);
    if (!(await isKnown(parsed.host))) return fail([invalidHost], print);
    print('>>> Client start listening');
    print('>>> Registration request sent');
    const client = await connect(parsed, dataDir, interruption.signal);
    classic = new ClassicClient(client, console);
    classic.greet();
    const code = await converse(classic, console, interruption.signal);
    return interruption.code ?? code;
  } catch (error) {
    if (interruption.code !== undefined) return interruption.code;
    const words = refusalWords(error).map((line) => `>>> ${line}`);
    return fail(words, print);
  } finally {
    console.close();
  }
}

/** Resolves to the exit code when the first of all ends has come. */
async function converse(
  classic: ClassicClient,
  console: ClassicConsole,
  signal: AbortSignal,
): Promise<number> {
  return Promise.race([
    runLines(classic, console),
    classic.lost,
    aborted(signal).then(() => classic.leave()),
    console.outputClosed.then(() => classic.leave()),
  ]);
}

async function runLines(classic: ClassicClient, console: ClassicConsole): Promise<number> {
  try {
    for await (const line of console.lines()) {
      const code = await classic.run(line);
      if (code !== undefined) return code;
    }
  } catch (error) {
    // The input failed, or was given back because another end came first.
    await classic.leave();
    throw error;
  }
  return classic.leave();
}

function connect(
  { name, host, serverPort, clientPort }: ClientArguments,
  dataDir: string,
  signal: AbortSignal,
): Promise<Client> {
  return Client.connect({
    name,
    server: isIPv6(host) ? `[${host}]:${serverPort}` : `${host}:${serverPort}`,
    localPort: clientPort,
    dataDir,
    silenceMs: classicPolicy.silenceMs,
    signal,
  });
}

/** Resolves when the signal has aborted. */
async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

async function isKnown(host: string): Promise<boolean> {
  try {
    await lookup(host);
    return true;
  } catch {
    return false;
  }
}

function failureWords(error: unknown): readonly string[] {
  if (!(error instanceof BanterError)) return [String(error)];
  if (error.code === 'PORT_IN_USE') return [`Invalid server port number: ${error.message}`];
  return [error.message, error.remedy];
}

function fail(lines: readonly string[], print: (line: string) => void): number {
  for (const line of lines) print(line);
  return failureCode;
}
