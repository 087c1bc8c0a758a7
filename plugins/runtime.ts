/** The plugins of one client: loads them, tells them what happens, does what they may ask for, survives what they do. */

import { BanterError } from '../core/error-api.ts';
import { Admission } from './admission.ts';
import { Bundler } from './bundle.ts';
import { Capabilities, type PluginLog } from './capabilities.ts';
import type { Clock } from './clock.ts';
import { Endings } from './endings.ts';
import { type Fact, listen, type PluginClient } from './feed.ts';
import { clashOf, Help } from './help.ts';
import { Hooks } from './hooks.ts';
import { HostCodeSource } from './host-code.ts';
import { Hosts, type HostsOwner, sharedHome } from './hosts.ts';
import { Insight } from './insight.ts';
import { limits } from './limits.ts';
import { locate, locateAgain } from './location.ts';
import { HostedPlugin } from './plugin.ts';
import type { PluginOrder } from './plugin-order.ts';
import type { PluginStatus } from './plugin-status.ts';
import { Pump } from './pump.ts';
import { Replacement } from './replacement.ts';
import { Reports } from './reports.ts';
import { type Household, Revivals } from './revivals.ts';
import { Roster } from './roster.ts';
import { completeOptions, type LoadOptions, type PluginRuntimeOptions } from './runtime-options.ts';
import { SetupDeadlines } from './setup-deadlines.ts';
import type { KeptValues } from './storage.ts';

/**
 * Runs plugins in caged child processes, each in an isolate of its own: in one that they share, but for those that have
 * a process to themselves. A child starts with its first plugin; when it dies, the plugin that killed it is quarantined
 * and the others come back.
 */
export class PluginRuntime {
  /** Tells what became of messages, and what plugins are told and do. */
  readonly insight: Insight;
  readonly #client: PluginClient;
  readonly #onLog: (entry: PluginLog) => void;
  readonly #onStatus: (status: PluginStatus) => void;
  readonly #options: ReturnType<typeof completeOptions>;
  readonly #capabilities: Capabilities;
  readonly #hooks: Hooks;
  readonly #reports: Reports;
  readonly #bundler = new Bundler();
  readonly #hosts: Hosts;
  readonly #stopListening: () => void;
  readonly #roster = new Roster();
  readonly #plugins = this.#roster.all;
  readonly #admission: Admission;
  readonly #setups: SetupDeadlines;
  readonly #pump: Pump;
  readonly #replacement: Replacement;
  readonly #revivals: Revivals;
  readonly #endings: Endings;
  #closed = false;

  /** @throws BanterError OPTION_INVALID */
  static async start(options: PluginRuntimeOptions): Promise<PluginRuntime> {
    return new PluginRuntime(options);
  }

  private constructor(options: PluginRuntimeOptions) {
    const complete = completeOptions(options);
    const { client, commandPrefix, clock, onLog, onStatus, simulation } = complete;
    this.#client = client;
    this.#options = complete;
    this.#onLog = onLog;
    this.#onStatus = onStatus;
    this.insight = new Insight(clock);
    const code = new HostCodeSource(this.#bundler, simulation);
    this.#hosts = new Hosts(this.#hostsOwner(), () => code.make());
    this.#pump = new Pump({
      plugins: this.#plugins,
      hosts: this.#hosts,
      bootstrap: (plugin) => code.bootstrapOf(plugin),
      simulation,
    });
    this.#setups = new SetupDeadlines(clock, (plugin) => {
      const reason = `its setup took more than ${limits.setupMs} ms`;
      this.#endings.quarantine(plugin, { reason, mayPass: true });
    });
    this.#admission = this.#makeAdmission();
    this.#capabilities = new Capabilities({
      client,
      insight: this.insight,
      dataDir: complete.dataDir,
      clock,
      work: this.#pump.work,
      onLog: this.#onLog,
      onSettled: () => this.#pump.soon(),
    });
    this.#replacement = this.#makeReplacement(clock);
    this.#hooks = new Hooks({
      client,
      insight: this.insight,
      plugins: this.#plugins,
      clock,
      work: this.#pump.work,
      onAsked: () => this.#pump.soon(),
      onFailing: (plugin, reason) => this.#endings.quarantine(plugin, { reason, mayPass: true }),
      log: (plugin, level, text) => this.#logAbout(plugin, level, text),
    });
    const household = this.#household();
    this.#revivals = new Revivals({ ...household, clock, isOn: complete.retry });
    this.#endings = this.#makeEndings(household);
    this.#reports = this.#makeReports(clock);
    const [prefix, plugins] = [commandPrefix, this.#plugins];
    const answers = complete.answersHelp && !complete.dryRun;
    const help = answers && new Help({ client, prefix, clock, plugins, onLog: this.#onLog });
    const stopWatching = this.insight.watch(client);
    const stopHearing = listen(
      client,
      (message) => this.insight.traceOf(message),
      (fact) => {
        this.#tell(fact);
        if (help) help.hear(fact);
      },
    );
    this.#stopListening = () => {
      stopWatching();
      stopHearing();
    };
  }

  /** The process id of the child that plugins share, while there is one. */
  get hostPid(): number | undefined {
    return this.#hosts.pidOf(sharedHome);
  }

  /** The process ids of all children. */
  get hostPids(): readonly number[] {
    return this.#hosts.pids;
  }

  /**
   * Loads a built-in or installed plugin by name, or a plugin's file by path, with settings; resolves when it runs.
   * A plugin of the same id that was quarantined or stopped is replaced.
   * @throws BanterError PLUGIN_INVALID, PLUGIN_CHANGED, PLUGIN_FAILED, PERMISSION_NOT_GRANTED, OPTION_INVALID, CLOSED
   */
  async load(
    spec: string,
    config: Readonly<Record<string, unknown>> = {},
    {
      permissions,
      dryRun = this.#options.dryRun,
      isolate = this.#options.isolate,
    }: LoadOptions = {},
  ): Promise<PluginStatus> {
    this.#checkRoom();
    const { variables, installedDir } = this.#options;
    const source = locate(spec, installedDir);
    const manner = { isDryRun: dryRun, isIsolated: isolate };
    return this.#begin({ spec, source, config, variables, permissions, ...manner });
  }

  /**
   * Loads a plugin anew from where it came from, with the settings it has; resolves when the new version runs. It is set
   * up beside the old one, which goes on if that fails, and then takes over its jobs and what waits for it. In place of one
   * with a process of its own it gets one, too.
   * @throws BanterError as {@link load}; OPTION_INVALID for an unknown id, and while it is reloaded already
   */
  async reload(id: string): Promise<PluginStatus> {
    const plugin = this.#roster.find(id);
    const { order, isolation } = plugin;
    this.#revivals.cancel(plugin);
    const source = locateAgain(order, this.#options.installedDir);
    // What comes in its place is no more trusted by the others.
    return this.#begin({ ...order, source, isIsolated: isolation === 'process' }, id);
  }

  /** Stops a plugin after its `dispose`; it stays in the list as stopped. @throws BanterError OPTION_INVALID for an unknown id */
  async unload(id: string): Promise<void> {
    const plugin = this.#roster.find(id);
    const candidate = this.#roster.candidateFor(plugin);
    if (candidate !== undefined) await this.#endings.stop(candidate);
    await this.#endings.stop(plugin);
  }

  /** Whether plugins do nothing more until time passes or the client tells something. */
  get isQuiet(): boolean {
    return this.#pump.isQuiet;
  }

  /** All plugins that were loaded, in the order of loading. */
  list(): readonly PluginStatus[] {
    return this.#roster.statuses();
  }

  /** What a plugin keeps: its first keys, or the value of one, as JSON. @throws BanterError OPTION_INVALID, DATA_UNUSABLE */
  kept(id: string, key?: string): Promise<KeptValues> {
    return this.#capabilities.kept(this.#roster.find(id), key);
  }

  /**
   * Lets every plugin say goodbye, ends the children, and resolves when it is gone and everything is written. Idempotent.
   * Messages of groups that were not handled come again, as `recovered`, to the next client of this name.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#replacement.close();
    this.#revivals.close();
    this.#stopListening();
    this.#hooks.close();
    const all = [...this.#plugins.values()];
    await Promise.all(all.map((plugin) => this.#endings.stop(plugin, true)));
    this.#pump.close();
    await this.#hosts.close();
    await this.#capabilities.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #makeAdmission(): Admission {
    const { client, authorize, commandPrefix } = this.#options;
    return new Admission({
      plugins: this.#plugins,
      authorize: async (request) => this.#pump.work.during(Promise.resolve(authorize(request))),
      moveOut: (plugin) => {
        this.#roster.checkProcesses(plugin.predecessor);
        this.#hosts.leave(plugin.home, plugin.slot);
        plugin.moveOut();
        this.#hosts.start(plugin.home);
      },
      setUp: (plugin) => {
        plugin.setUp(client.name, commandPrefix);
        this.#setups.begin(plugin);
        this.#pump.soon();
      },
      forget: (plugin) => {
        this.#revivals.cancel(plugin);
        this.#plugins.delete(plugin.slot);
      },
      refuse: (plugin, reason, cause) => this.#endings.refuse(plugin, reason, cause),
    });
  }

  /** What plugins end and come back with. */
  #household(): Household {
    return {
      roster: this.#roster,
      hosts: this.#hosts,
      pump: this.#pump,
      onStatus: this.#onStatus,
      log: (plugin, level, text) => this.#logAbout(plugin, level, text),
    };
  }

  #makeEndings(household: Household): Endings {
    return new Endings({
      ...household,
      capabilities: this.#capabilities,
      hooks: this.#hooks,
      setups: this.#setups,
      revivals: this.#revivals,
    });
  }

  #makeReplacement(clock: Clock): Replacement {
    return new Replacement({
      capabilities: this.#capabilities,
      clock,
      onRunning: (plugin, old) => this.#tellRunning(plugin, old),
      owes: (plugin) =>
        plugin.handling.isBusy || this.#capabilities.owes(plugin) || this.#hooks.owes(plugin),
      refuse: (plugin, reason, cause) => this.#endings.refuse(plugin, reason, cause),
      stop: (plugin) => this.#endings.stop(plugin),
    });
  }

  #makeReports(clock: Clock): Reports {
    return new Reports({
      plugins: this.#plugins,
      clock,
      insight: this.insight,
      admission: this.#admission,
      capabilities: this.#capabilities,
      hooks: this.#hooks,
      onReady: (plugin) => this.#makeReady(plugin),
      onEnded: (plugin, fault) => this.#endings.quarantine(plugin, fault),
      onStopped: (plugin) => this.#endings.stopped(plugin),
      onTurned: () => this.#pump.soon(),
    });
  }

  #checkRoom(): void {
    if (this.#closed) {
      throw new BanterError('CLOSED', 'the plugin runtime has been closed');
    }
    this.#roster.checkRoom();
  }

  /** Bundles and starts; of the plugin of an id that runs, the next version. */
  async #begin(order: PluginOrder, replacing?: string): Promise<PluginStatus> {
    const { file, sha512 } = order.source;
    const bundle = await this.#pump.work.during(this.#bundler.bundle(file, sha512));
    const old = replacing === undefined ? undefined : this.#roster.find(replacing);
    const running = old?.alive === true ? old : undefined;
    if (running === undefined) this.#checkRoom();
    else if (this.#roster.candidateFor(running) !== undefined) {
      throw new BanterError('OPTION_INVALID', `"${replacing}" is being reloaded already`);
    }
    if (order.isIsolated) this.#roster.checkProcesses(running);
    const plugin = new HostedPlugin(this.#roster.nextSlot(), order, bundle, running);
    this.#plugins.set(plugin.slot, plugin);
    this.#hosts.start(plugin.home);
    this.#pump.soon();
    try {
      await plugin.started;
    } catch (error) {
      this.#plugins.delete(plugin.slot);
      throw error;
    }
    return plugin.status(performance.now());
  }

  #tell(fact: Fact): void {
    for (const plugin of this.#roster.present) {
      const refused = plugin.offer(fact);
      this.insight.told(plugin.name, fact.event, refused?.reason ?? '');
      if (refused?.isFirstDrop) {
        const words = `is too slow: events are dropped beyond ${limits.queuedEventsMax} waiting ones`;
        this.#logAbout(plugin, 'warn', words);
      }
    }
    this.#pump.soon();
  }

  #hostsOwner(): HostsOwner {
    return {
      hostUp: () => this.#pump.soon(),
      hostReported: (home, report) => this.#reports.receive(home, report),
      hostDied: (home, death) => this.#endings.hostDied(home, death),
      hostGaveUp: (home, reason) => this.#endings.hostGaveUp(home, reason),
    };
  }

  #makeReady(plugin: HostedPlugin): void {
    if (plugin.phase !== 'settingUp') return;
    this.#setups.end(plugin);
    const { predecessor } = plugin;
    const clash = clashOf(plugin, this.#roster.besides(plugin));
    if (clash !== undefined) {
      const { name, owner } = clash;
      const reason = `its command "${name}" is already that of ${owner.name}`;
      this.#endings.quarantine(plugin, { reason, mayPass: false });
    } else if (predecessor !== undefined) {
      void this.#replacement.takeOver(plugin, predecessor);
    } else {
      plugin.ready();
      this.#capabilities.ready(plugin);
      this.#tellRunning(plugin);
    }
  }

  #tellRunning(plugin: HostedPlugin, old?: HostedPlugin): void {
    this.#hooks.ready(plugin, old);
    this.#revivals.runs(plugin);
    if (this.#client.connected) plugin.control({ type: 'connected' });
    this.#onStatus(plugin.status(performance.now()));
    this.#pump.soon();
  }

  #logAbout(plugin: HostedPlugin, level: PluginLog['level'], text: string): void {
    this.#onLog({ plugin: plugin.name, level, text });
  }
}
