/** Keeps a bot alive unattended: connected, in its groups, its plugins running, until it is stopped or cannot go on. */

import { BanterError, Client } from '../core/client-api.ts';
import {
  type Authorize,
  type PluginLog,
  PluginRuntime,
  type PluginStatus,
  RecordedClient,
} from '../plugins/index.ts';
import type { Bot } from './bot-file.ts';
import { BotHealth } from './health.ts';
import { Patience } from './patience.ts';

/** A line for whoever runs the bot. Its text may hold what strangers wrote; whoever shows it on a terminal makes it safe. */
export interface BotLog {
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

/** Where a bot runs. */
export interface BotOptions {
  /** `host[:port][#fingerprint]`. */
  readonly server: string;
  /** Folder of its identity and of the keys it trusts. Without it nothing outlives the process. */
  readonly dataDir?: string;
  /** Folder for what its plugins write; without it they cannot. */
  readonly pluginDir?: string;
  /** Folder of installed plugins, which it may name by their ids. Without it there are none. */
  readonly installedDir?: string;
  /** A new file for what its plugins are told and say, private messages included. Default: nothing is recorded. */
  readonly recordFile?: string;
  /** Only try its plugins: what they would send or change is told, and not done. Default false. */
  readonly dryRun?: boolean;
  /** Whether each of its plugins gets a process of its own. Default false: those that ask for one, or that the bot says. */
  readonly isolate?: boolean;
  /** False leaves its plugins in quarantine, whatever its policy says. Default: as that says. */
  readonly retry?: boolean;
  /** Decides what plugins may do for which the bot names no permissions. Without it they may do what they ask for. */
  readonly authorize?: Authorize;
  /** The server's identity where it is known for sure; nothing is pinned then. 32 bytes. */
  readonly serverKey?: Uint8Array;
  /** What an operator of a closed server gave for this bot, 32 hex digits. */
  readonly invitation?: string;
  /** Reach peers over the server's relay only, so that they do not learn this bot's address. Default false. */
  readonly relayOnly?: boolean;
  /** Where the secrets of its plugins are looked for: variables of the environment, by name. */
  readonly variables?: (name: string) => string | undefined;
  /** Stops the bot: its plugins say goodbye, then it de-registers. */
  readonly signal: AbortSignal;
  readonly onLog: (entry: BotLog) => void;
  /** Told how the bot is. Default: nobody is. */
  readonly health?: BotHealth;
  /** Called once, when it is connected, its plugins run, and it is in its groups. */
  readonly onReady?: () => void;
}

/**
 * Runs a bot until `signal` stops it. A server that is away, full or not yet there is tried again, 1 to 30 s apart,
 * for as long as it takes; after its return the bot makes its groups again where they are gone, and joins them.
 * @throws BanterError what it cannot recover from: a refusal (NAME_TAKEN, SERVER_KEY_CHANGED, …), a plugin that cannot be
 * loaded (PLUGIN_INVALID, PLUGIN_FAILED) or, unless its policy says otherwise, stays in quarantine (PLUGIN_FAILED)
 */
export async function runBot(bot: Bot, options: BotOptions): Promise<void> {
  const patience = new Patience(options.signal, (text) => options.onLog({ level: 'warn', text }));
  try {
    const client = await patience.insist(() => connect(bot, options));
    await new Runner(bot, options, client, patience).run();
  } catch (error) {
    // Whatever failed because the bot was being stopped is no failure.
    if (!options.signal.aborted) throw error;
  }
}

function connect(bot: Bot, options: BotOptions): Promise<Client> {
  const { server, dataDir, serverKey, invitation, relayOnly = false, signal } = options;
  return Client.connect({
    name: bot.name,
    server,
    bot: true,
    privateInGroup: true,
    relayOnly,
    signal,
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(serverKey === undefined ? {} : { serverKey }),
    ...(invitation === undefined ? {} : { invitation }),
  });
}

class Runner {
  readonly #bot: Bot;
  readonly #options: BotOptions;
  readonly #client: Client;
  readonly #patience: Patience;
  readonly #recorded: RecordedClient;
  readonly #health: BotHealth;
  /** Settles when the bot ends: rejects with why it cannot go on. */
  readonly #end = Promise.withResolvers<void>();
  #runtime: PluginRuntime | undefined;
  #settling: Promise<void> | undefined;
  /** Something happened to the groups since they were last looked at. */
  #unsettled = false;
  /** Groups that a person took it out of; as many as it is for. */
  readonly #unwanted = new Set<string>();

  constructor(bot: Bot, options: BotOptions, client: Client, patience: Patience) {
    this.#bot = bot;
    this.#options = options;
    this.#client = client;
    this.#recorded = new RecordedClient(client);
    this.#patience = patience;
    this.#health = options.health ?? new BotHealth();
    this.#health.watch(client);
    // Whoever runs the bot hears of it; before that, nobody may be listening yet.
    this.#end.promise.catch(() => undefined);
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    const stop = (): void => this.#end.resolve();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    this.#watchClient();
    this.#log('info', `${this.#client.name} is connected to ${this.#options.server}`);
    const preparing = this.#prepare();
    try {
      await Promise.race([this.#end.promise, preparing]);
      await this.#end.promise;
    } finally {
      signal.removeEventListener('abort', stop);
      await this.#leave(preparing);
    }
  }

  /** Plugins first: a bot that is in a group already answers. */
  async #prepare(): Promise<void> {
    const { authorize, dryRun = false, isolate = false, retry = true } = this.#options;
    const { installedDir, pluginDir, recordFile, variables, onReady } = this.#options;
    if (recordFile !== undefined) this.#recorded.record(recordFile);
    const runtime = await PluginRuntime.start({
      client: this.#recorded,
      authorize,
      installedDir,
      answersHelp: true,
      dryRun,
      isolate,
      retry: retry && this.#bot.policy.retryPlugins,
      onLog: (entry) => this.#logPlugin(entry),
      onStatus: (status) => this.#watchPlugin(status),
      ...(pluginDir === undefined ? {} : { dataDir: pluginDir }),
      ...(variables === undefined ? {} : { variables }),
    });
    this.#runtime = runtime;
    this.#health.runs(runtime);
    for (const { plugin, config, ...options } of this.#bot.plugins) {
      const { id, version } = await runtime.load(plugin, config, options);
      this.#log('info', `plugin ${id} ${version} runs`);
    }
    await this.#settleGroups();
    this.#health.ready();
    onReady?.();
  }

  async #leave(preparing: Promise<void>): Promise<void> {
    this.#health.stopping();
    await this.#runtime?.close();
    await this.#endRecording();
    await this.#client.close();
    // Stopped half-way, it fails on what is closed now, and may have started its plugins a moment ago.
    await preparing.catch(() => undefined);
    await this.#runtime?.close();
    this.#log('info', `${this.#client.name} has left`);
  }

  async #endRecording(): Promise<void> {
    const recording = await this.#recorded.endRecording();
    if (recording === undefined) return;
    const { file, told, said, problem } = recording;
    this.#log(
      'info',
      `${file} has ${told} things that plugins were told, and ${said} that they said`,
    );
    if (problem !== undefined) this.#log('warn', `the recording ended early: ${problem}`);
  }

  #watchClient(): void {
    const client = this.#client;
    client.on('disconnected', (reason) => this.#log('warn', `disconnected: ${reason}`));
    client.on('reconnected', () => {
      this.#log('info', 'connected again');
      this.#resettle();
    });
    client.on('groupLost', (group, reason, removal) => {
      const by = removal === undefined ? '' : ` by ${removal.by}: ${removal.words || 'no reason'}`;
      this.#log('warn', `is in #${group} no more (${reason}${by})`);
      // A person did not want it there; an operator may start it again.
      if (removal !== undefined) this.#unwanted.add(group);
      this.#resettle();
    });
    client.on('closed', (error) => {
      if (error !== undefined) this.#end.reject(error);
    });
  }

  #watchPlugin({ id, state, reason, recovery }: PluginStatus): void {
    if (state !== 'quarantined' || recovery.atMs !== undefined) return;
    if (this.#bot.policy.whenPluginFails !== 'exit') return;
    this.#end.reject(new BanterError('PLUGIN_FAILED', `plugin ${id} was quarantined: ${reason}`));
  }

  #resettle(): void {
    this.#settleGroups().catch((error: unknown) => this.#end.reject(error));
  }

  /** Gets the bot into its groups, one attempt at a time however often it is asked for. */
  #settleGroups(): Promise<void> {
    this.#unsettled = true;
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined;
    });
    return this.#settling;
  }

  async #settle(): Promise<void> {
    while (this.#unsettled && !this.#options.signal.aborted) {
      this.#unsettled = false;
      for (const group of this.#allowedGroups()) {
        if (this.#unwanted.has(group)) continue;
        await this.#patience.insist(() => this.#enter(group));
      }
    }
  }

  #allowedGroups(): readonly string[] {
    const { groups } = this.#bot;
    const { groupsPerClient } = this.#client.policy;
    if (groups.length > groupsPerClient) {
      const left = groups.slice(groupsPerClient).join(', ');
      this.#log('warn', `the server allows ${groupsPerClient} groups a client; left out: ${left}`);
    }
    return groups.slice(0, groupsPerClient);
  }

  async #enter(group: string): Promise<void> {
    if (this.#client.groups.includes(group)) return;
    try {
      await this.#client.joinGroup(group);
    } catch (error) {
      const code = error instanceof BanterError ? error.code : undefined;
      if (code === 'ALREADY_MEMBER') return;
      if (code !== 'GROUP_UNKNOWN' || !this.#bot.policy.createGroups) throw error;
      await this.#create(group);
      await this.#client.joinGroup(group);
    }
    this.#log('info', `is in #${group}`);
  }

  async #create(group: string): Promise<void> {
    try {
      await this.#client.createGroup(group);
    } catch (error) {
      // Somebody else was quicker.
      if (!(error instanceof BanterError) || error.code !== 'GROUP_EXISTS') throw error;
    }
  }

  #logPlugin({ plugin, level, text }: PluginLog): void {
    this.#log(level, `plugin ${plugin}: ${text}`);
  }

  #log(level: BotLog['level'], text: string): void {
    this.#options.onLog({ level, text });
  }
}
