/** The command line: its commands and options, each handed to the module that does the work, and the exit code. */

import { Command, CommanderError, type CommandOptions } from 'commander';
import { addAdmin } from './cli-admin.ts';
import { addAsking, addTransfer } from './cli-asking.ts';
import { addOperating } from './cli-operating.ts';
import { addPlugin } from './cli-plugin.ts';
import type { Config, Flags } from './config.ts';
import { Interruption } from './interruption.ts';
import { type MannerOptions, mannerOf, type PluginManner, withManner } from './plugin-manner.ts';
import { readVersion } from './version.ts';

/** What a command works with. */
interface Work {
  readonly config: Config;
  readonly interruption: Interruption;
}

/** An argument that may be left out. */
export type Text = string | undefined;

/** What commander makes of the options that every command has. */
export type CommonOptions = Pick<Flags, 'data' | 'debug'>;

interface SessionOptions extends CommonOptions, MannerOptions {
  readonly group?: string;
  readonly plugin?: readonly string[];
  readonly takeOver?: true;
  readonly relayOnly?: true;
  readonly invitation?: string;
}

interface ChatOptions extends SessionOptions {
  readonly watch?: true;
}

interface ScriptOptions extends SessionOptions {
  readonly as?: string;
  readonly json?: true;
  readonly jsonIn?: true;
  readonly keepGoing?: true;
}

interface EvalOptions extends ScriptOptions {
  readonly eval: readonly string[];
}

interface BotOptions extends CommonOptions, MannerOptions {
  readonly server?: string;
  readonly name?: string;
  readonly group?: readonly string[];
  readonly httpPort?: string;
  readonly relayOnly?: true;
  readonly invitation?: string;
  readonly record?: string;
}

type ServeOptions = Flags & { readonly quiet?: true; readonly operator?: readonly string[] };

interface TrustOptions extends CommonOptions {
  readonly as?: string;
}

interface ConfigOptions extends CommonOptions {
  readonly showOrigin?: true;
}

/** Does a command's work with the settings that its flags lead to; resolves to the exit code. */
export type Perform = (flags: Flags, work: (given: Work) => Promise<number>) => Promise<void>;

/** Adds a command with the options that every command has. */
export type Add = (name: string, description: string) => Command;

const usageExitCode = 2;

const examples = `
To chat:
  banter demo                              a server, a bot and you, in this terminal
  banter serve                             a server for others, on UDP port 6666
  banter chat ann 192.168.1.5 -g ops       the prompt, in the group ops
  banter -e 'list_groups' --as ann         one line, for shell pipelines
  banter history ops --as ann              what was said; also groups, members, search, send
To run bots:
  banter bot greeter                       a ready one
  banter bot ./helper.ts --server chat.lan your own, unattended
To run a server for good:
  banter serve --log json --http-port 9666 a log for programs, health and metrics
  banter doctor chat.lan                   is this machine as it should be, and that server?
  banter admin ban eve --as ann            what operators may: see banter admin --help
To write plugins:
  banter plugin new tea                    a folder with a plugin to begin with, and its test
  banter chat ann --plugin ./dice.ts       a plugin of your own, in its sandbox
  banter plugin permissions                what plugins may do; also grant, revoke
  banter plugin install ./dice.ts          to be loaded by its name from then on
The original's forms:
  banter -s <port>    banter -c <name> <server-ip> <server-port> <client-port>
`;

/** Carries out a command line and ends the process with its exit code: 0 ok, 1 failed, 2 usage, 3 lost, 4 refused, 128 + signal. */
export async function main(argv: readonly string[]): Promise<void> {
  // Who stops reading gets no complaint; whatever is still to be done is done.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', tolerateAbsence);
  const code = await dispatch(argv);
  for (const stream of [process.stdout, process.stderr]) await flushed(stream);
  // A script may have left timers behind that nobody waits for.
  process.exit(code);
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv;
  if (first === '-s' || first === '-c') return classic(first, rest);
  let code = 0;
  const program = buildProgram(async (flags, work) => {
    code = await perform(flags, work);
  });
  try {
    await program.parseAsync(withEval(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : usageExitCode;
  }
  return code;
}

/** `banter -e …`, in whatever order its options are, is a command that needs no name. */
function withEval(argv: readonly string[]): readonly string[] {
  const isEval = argv[0]?.startsWith('-') && argv.some((arg) => /^(?:-e|--eval\b)/.test(arg));
  return isEval ? ['eval', ...argv] : argv;
}

async function perform(flags: Flags, work: (given: Work) => Promise<number>): Promise<number> {
  using interruption = new Interruption();
  try {
    return await work({ config: await settle(flags), interruption });
  } catch (error) {
    return interruption.code ?? (await complain(error, flags.debug === true));
  }
}

/** Apart from `perform`: in a block with `using`, tsc leaves the extensions of dynamic imports as they are. */
async function settle(flags: Flags): Promise<Config> {
  const { loadConfig, processSurroundings } = await import('./config.ts');
  return loadConfig(flags, processSurroundings());
}

async function complain(error: unknown, debug: boolean): Promise<number> {
  const { exitCodeOf, explain } = await import('./exit-codes.ts');
  process.stderr.write(explain(error, debug));
  return exitCodeOf(error);
}

function classic(form: '-s' | '-c', args: readonly string[]): Promise<number> {
  return perform({}, async ({ config, interruption }) => {
    // It says goodbye in its own words.
    interruption[Symbol.dispose]();
    const { runClassicClient, runClassicServer } = await import('./classic.ts');
    const dataDir = config.data.value;
    const { stdin: input, stdout: output } = process;
    return form === '-s'
      ? runClassicServer(args, { dataDir, output })
      : runClassicClient(args, { dataDir, input, output, dumb: isDumb() });
  });
}

/** All commands with their options and help; `run` does the work of the one that is given. */
export function buildProgram(run: Perform): Command {
  const program = new Command('banter')
    .description('A chat network on UDP that you script: chat, run bots, write plugins.')
    .version(readVersion(), '-V, --version')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(inOneLine(text)) });
  addTalking(program, run);
  addScripting(program, run);
  const addTo: Add = (name, description) => add(program, name, description);
  addAsking(addTo, run, serverHelp);
  addServing(program, run);
  addTransfer(addTo, run, serverHelp);
  addOperating(addTo, run, serverHelp);
  addAdmin(addTo, run, serverHelp);
  addPlugin(addTo, run);
  addKeeping(program, run);
  return program;
}

function addTalking(program: Command, run: Perform): void {
  const chat = add(program, 'chat', 'chat at a prompt that also runs JavaScript')
    .argument('[name]', 'the name to speak under (BANTER_NAME)')
    .argument('[server]', serverHelp)
    .option('--watch', 'load plugins anew when their files are saved');
  withSession(chat).action((name: string | undefined, server: Text, options: ChatOptions) =>
    run({ ...sessionFlags(options), name, server }, async (work) => {
      const module = await import('./chat.ts');
      const { takeOver = false, watch = false } = options;
      const manner = mannerOf(options);
      return module.chat({ ...work, takeOver, manner, watch, dumb: isDumb() });
    }),
  );
  add(
    program,
    'demo',
    'a server, a bot and you in this terminal; or a script that is piped in',
  ).action(({ debug }: CommonOptions) =>
    run({ debug }, async (work) => {
      const module = await import('./demo.ts');
      return module.demo({ ...work, dumb: isDumb() });
    }),
  );
}

function addScripting(program: Command, run: Perform): void {
  const script = add(program, 'run', 'run a script of commands and JavaScript lines')
    .argument('<script>', 'a file, or - for standard input')
    .argument('[server]', serverHelp);
  withForm(withSession(script)).action((file: string, server: Text, options: ScriptOptions) =>
    run({ ...sessionFlags(options), name: options.as, server }, async (work) => {
      const { runOnce, scriptOf } = await import('./one-shot.ts');
      return runOnce(await scriptOf(file), { ...work, ...formOf(options) });
    }),
  );
  const lines = add(program, 'eval', 'run lines given as arguments', { hidden: true })
    .usage("-e '<line>' [options] [server]")
    .requiredOption('-e, --eval <line>', 'a line to run; may be given again', collect)
    .argument('[server]', serverHelp);
  withForm(withSession(lines)).action((server: Text, options: EvalOptions) =>
    run({ ...sessionFlags(options), name: options.as, server }, async (work) => {
      const { runOnce, scriptOfLines } = await import('./one-shot.ts');
      return runOnce(scriptOfLines(options.eval), { ...work, ...formOf(options) });
    }),
  );
}

function addServing(program: Command, run: Perform): void {
  add(program, 'serve', 'run a server')
    .option('-p, --port <port>', 'UDP port, 0 for any free one (BANTER_PORT; 6666)')
    .option('--host <address>', 'address to listen on; all by default (BANTER_HOST)')
    .option(
      '--operator <who>',
      'key or claimed name of who runs it; may be given again (BANTER_OPERATORS)',
      collect,
    )
    .option('--groups-per-client <n>', 'groups a client may be in at a time (1)')
    .option('--private-in-group', 'let private messages pass while in a group')
    .option('--log <format>', 'how to tell what happens: text, json or none (BANTER_LOG; text)')
    .option('--log-level <level>', 'debug, info, warn or error (BANTER_LOG_LEVEL)')
    .option('--http-port <port>', httpPortHelp)
    .option(
      '--restart-after <seconds>',
      'when stopped, tell clients to come back after this time (BANTER_RESTART_AFTER)',
    )
    .option('--ephemeral', 'keep nothing when it ends: no names, no messages')
    .option('--keep-days <n>', 'drop messages that are older (BANTER_KEEP_DAYS; kept for ever)')
    .option('--keep-messages <n>', 'drop all but the newest of each group')
    .option('--keep-bytes <size>', 'drop the oldest beyond a size, like 500M or 2G')
    .option('--no-mailbox', 'keep no private messages for who is absent (BANTER_MAILBOX=no)')
    .option('--quiet', 'tell the address only')
    .action(({ quiet, mailbox, operator: operators, ...flags }: ServeOptions) =>
      // Without the option its value is true, and says nothing.
      run({ ...flags, operators, ...(mailbox === false ? { mailbox } : {}) }, async (work) => {
        const { serve } = await import('./serve.ts');
        return serve({ ...work, quiet: quiet === true });
      }),
    );
  const bot = add(program, 'bot', 'run a bot unattended')
    .argument('<bot>', 'a ready one (greeter), or the file of yours')
    .option('--server <server>', serverHelp)
    .option('--name <name>', 'another name than in its file')
    .option('-g, --group <group>', 'other groups than in its file; may be given again', collect)
    .option('--http-port <port>', httpPortHelp)
    .option('--relay-only', relayOnlyHelp)
    .option('--invitation <token>', invitationHelp)
    .option(
      '--record <file>',
      'record what its plugins are told and say, private messages included',
    );
  withManner(bot).action((file: string, options: BotOptions) => {
    const { group: groups, name, record: recordFile, dryRun, isolate, retry, ...flags } = options;
    return run(flags, async (work) => {
      const module = await import('./bot.ts');
      const manner = mannerOf({ dryRun, isolate, retry });
      return module.bot({ ...work, bot: file, name, groups, recordFile, manner });
    });
  });
}

function addKeeping(program: Command, run: Perform): void {
  add(program, 'trust', 'accept the key a server has now, or forget the one a peer had')
    .argument('<server>', 'host[:port][#fingerprint]; with a fingerprint no other key will do')
    .argument('[peer]', 'whose key to forget')
    .option('--as <name>', 'your name, under which you met the peer (BANTER_NAME)')
    .action((server: string, peer: Text, { as: name, ...flags }: TrustOptions) =>
      run({ ...flags, name, server }, async ({ config, interruption: { signal } }) => {
        const { trust } = await import('./trust.ts');
        return trust({ config, peer, signal });
      }),
    );
  add(program, 'config', 'print the settings')
    .option('--show-origin', 'and where each comes from')
    .action(({ showOrigin, ...flags }: ConfigOptions) =>
      run(flags, async ({ config }) => {
        const { describeConfig } = await import('./origins.ts');
        process.stdout.write(describeConfig(config, showOrigin === true));
        return 0;
      }),
    );
}

const httpPortHelp = 'loopback port for /healthz and /metrics (BANTER_HTTP_PORT)';
const relayOnlyHelp = 'never tell peers your address: reach them through the server';
const invitationHelp = 'an invitation to a closed server, needed once (BANTER_INVITATION)';
const serverHelp = 'host[:port][#fingerprint] (BANTER_SERVER; localhost:6666)';

function add(
  program: Command,
  name: string,
  description: string,
  options: CommandOptions = {},
): Command {
  return program
    .command(name, options)
    .description(description)
    .option('--data <folder>', 'folder of identities, keys and history (BANTER_DATA)')
    .option('--debug', 'show stacks with errors (BANTER_DEBUG)');
}

function withSession(command: Command): Command {
  return withManner(command)
    .option('-g, --group <group>', 'join this group first (BANTER_GROUP)')
    .option(
      '--plugin <plugin>',
      'load a plugin by name or file; may be given again (BANTER_PLUGINS)',
      collect,
    )
    .option('--take-over', 'take the name over from another client of yours')
    .option('--relay-only', relayOnlyHelp)
    .option('--invitation <token>', invitationHelp);
}

function withForm(command: Command): Command {
  return command
    .option('--as <name>', 'the name to speak under (BANTER_NAME)')
    .option('--json', 'print one JSON object a line')
    .option('--json-in', 'read one JSON object a line')
    .option('--keep-going', 'go on after an error');
}

function sessionFlags(options: SessionOptions): Flags {
  const { data, debug, group, relayOnly, invitation, plugin: plugins } = options;
  return { data, debug, group, relayOnly, invitation, plugins };
}

function formOf(options: ScriptOptions): {
  readonly takeOver: boolean;
  readonly manner: PluginManner;
  readonly json: boolean;
  readonly jsonInput: boolean;
  readonly keepGoing: boolean;
} {
  const { takeOver, json, jsonIn, keepGoing } = options;
  return {
    takeOver: takeOver === true,
    manner: mannerOf(options),
    json: json === true,
    jsonInput: jsonIn === true,
    keepGoing: keepGoing === true,
  };
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Commander puts what was probably meant on a line of its own. */
function inOneLine(text: string): string {
  return `${text.trim().replaceAll('\n', ' ')}; see "banter --help"\n`;
}

function isDumb(): boolean {
  return process.env['TERM'] === 'dumb';
}

/** Whoever reads has gone: the end of a pipe (EPIPE), or the terminal itself (EIO). */
function tolerateAbsence(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
}

/** Resolves when everything written has gone to whoever reads it, or nobody does. */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return;
  await new Promise((resolve) => stream.write('', resolve));
}
