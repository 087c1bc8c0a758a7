/** What plugins can do outside of their isolates: each action is checked against the manifest and the budgets, and then carried out. */

import { BanterError } from '../core/error-api.ts';
import { Arrivals } from './arrivals.ts';
import type { Action, ActionResults, AskingAction, LogLevel, Outcome } from './bridge.ts';
import type { Spending } from './budgets.ts';
import type { Clock } from './clock.ts';
import { databasePathOf, PluginDatabase } from './database.ts';
import { estateNotice } from './estates.ts';
import type { PluginClient } from './feed.ts';
import { type Fetcher, HttpCapability } from './http-capability.ts';
import { httpLimits } from './http-limits.ts';
import type { Insight } from './insight.ts';
import { keyOf } from './keeper-table.ts';
import { limits } from './limits.ts';
import { LogFolder } from './log-folder.ts';
import type { MeasuredAction } from './metric-info.ts';
import type { ModerateResult } from './moderate-action.ts';
import { moderate, moderationWords } from './moderating.ts';
import type { OpenWork } from './open-work.ts';
import { Overdue, overdueWords } from './overdue.ts';
import { looksOf, readPast } from './past.ts';
import { refusal } from './permissions.ts';
import type { HostedPlugin } from './plugin.ts';
import { Scheduler } from './scheduler.ts';
import type { NotSent } from './sdk.ts';
import { Sending } from './sending.ts';
import { Standings } from './standing.ts';
import { costOf, type KeptValues, StorageCapability } from './storage.ts';
import { Waits } from './waits.ts';

/** A line of a plugin, or of the runtime about it. The text may hold anything; whoever shows it on a terminal makes it safe. */
export interface PluginLog {
  readonly plugin: string;
  readonly level: LogLevel;
  readonly text: string;
}

/** The actions that reach beyond the plugin; the others are about its own life. */
export type OutwardAction = Extract<
  Action,
  | AskingAction
  | {
      readonly type:
        | 'ran'
        | 'waited'
        | 'unfinished'
        | 'handled'
        | 'metric'
        | 'measured'
        | 'log'
        | 'error'
        | 'overflowed';
    }
>;

/** What capabilities work with. */
export interface CapabilitiesOptions {
  readonly client: PluginClient;
  /** Folder for what plugins write and keep. */
  readonly dataDir: string | undefined;
  readonly clock: Clock;
  readonly insight: Insight;
  readonly work: OpenWork;
  readonly onLog: (entry: PluginLog) => void;
  /** Told whenever there is something to tell a plugin. */
  readonly onSettled: () => void;
}

/** Before a manifest is known. */
const noRequests: Fetcher['http'] = { methods: [], responseBytesMax: 0 };

/** Carries out what plugins ask for. Outcomes go back to them as events. */
export class Capabilities {
  readonly #client: PluginClient;
  readonly #onLog: (entry: PluginLog) => void;
  readonly #onSettled: () => void;
  readonly #insight: Insight;
  readonly #clock: Clock;
  readonly #work: OpenWork;
  readonly #logs: LogFolder;
  readonly #database: PluginDatabase;
  readonly #storage: StorageCapability;
  readonly #scheduler: Scheduler;
  readonly #http = new HttpCapability<HostedPlugin>();
  readonly #standings: Standings;
  readonly #waits: Waits;
  /** Actions without an outcome, by plugin, but for waits; who has none is not in it. */
  readonly #open = new Map<HostedPlugin, number>();
  readonly #sending: Sending;
  readonly #arrivals: Arrivals;
  readonly #overdue: Overdue;

  constructor(options: CapabilitiesOptions) {
    const { client, dataDir, clock, insight, work, onLog, onSettled } = options;
    this.#insight = insight;
    this.#client = client;
    this.#clock = clock;
    this.#work = work;
    this.#onLog = onLog;
    this.#onSettled = onSettled;
    this.#database = new PluginDatabase(
      dataDir === undefined ? undefined : databasePathOf(dataDir),
      work,
    );
    this.#storage = new StorageCapability(this.#database);
    this.#logs = new LogFolder(dataDir, this.#database);
    this.#standings = new Standings(client);
    this.#waits = new Waits(clock);
    this.#arrivals = new Arrivals(client);
    const owner = `${client.name}@${client.serverFingerprint}`;
    this.#sending = new Sending({ client, owner, database: this.#database, clock });
    this.#overdue = new Overdue(clock, (plugin, count) => {
      this.#log(plugin, 'warn', overdueWords(count));
      onSettled();
    });
    this.#scheduler = new Scheduler(this.#database, {
      client: owner,
      clock,
      work,
      tell: (plugin, event) => {
        plugin.control(event);
        onSettled();
      },
      log: (plugin, level, text) => this.#log(plugin, level, text),
    });
  }

  /** Carries out one action; whatever goes wrong is told the plugin and logged. */
  run(plugin: HostedPlugin, action: OutwardAction): void {
    switch (action.type) {
      case 'ran':
        this.#scheduler.ran(plugin, action.run);
        break;
      case 'unfinished':
        plugin.handling.unfinished(action.messages);
        this.#overdue.watch(plugin);
        break;
      case 'handled':
        plugin.handling.handled(action.messages);
        break;
      case 'metric':
        plugin.metrics.declare(action);
        break;
      case 'measured':
        this.#measure(plugin, action);
        break;
      case 'waited':
        this.#waits.end(plugin, action.wait);
        break;
      case 'log':
        this.#log(plugin, action.level, action.text);
        break;
      case 'error':
        plugin.count('errors');
        this.#log(plugin, 'error', `${action.during}: ${plugin.explain(action)}`);
        break;
      case 'overflowed':
        plugin.count('refused', action.count);
        if (plugin.note('overflowed')) {
          this.#log(
            plugin,
            'warn',
            `asked for too much in one turn: ${action.count} actions refused`,
          );
        }
        break;
      default:
        void this.#settle(plugin, action);
    }
  }

  /** The plugin's `setup` is done. */
  ready(plugin: HostedPlugin): void {
    this.#scheduler.ready(plugin);
    void estateNotice(this.#database, plugin).then((words) => {
      if (words !== undefined) this.#log(plugin, 'warn', words);
    });
  }

  /**
   * Another version of a plugin, which is set up, goes on with its jobs.
   * @throws BanterError what {@link PluginDatabase.run} does; then nothing has changed
   */
  async takeOver(old: HostedPlugin, plugin: HostedPlugin): Promise<void> {
    await this.#work.during(this.#scheduler.takeOver(old, plugin));
  }

  /** Whether something that a plugin has begun is still to be answered. */
  owes(plugin: HostedPlugin): boolean {
    return this.#open.has(plugin) || this.#scheduler.isRunning(plugin);
  }

  /** What a plugin keeps. @throws BanterError as `StorageCapability.look` */
  kept(plugin: HostedPlugin, key: string | undefined): Promise<KeptValues> {
    return this.#storage.look(keyOf(plugin), key);
  }

  /** The plugin's isolate is gone. */
  forget(plugin: HostedPlugin): void {
    plugin.metrics.restart();
    this.#scheduler.forget(plugin);
    this.#waits.forget(plugin);
    this.#http.end(plugin);
    this.#arrivals.forget(plugin);
  }

  /** Resolves when everything that was appended and kept is written. */
  async close(): Promise<void> {
    this.#scheduler.close();
    this.#waits.close();
    this.#http.close();
    this.#arrivals.close();
    this.#overdue.close();
    await this.#logs.settle();
    await this.#database.close();
  }

  #measure(plugin: HostedPlugin, { changes, dropped }: MeasuredAction): void {
    const lost = plugin.metrics.measure(changes, dropped);
    if (lost > 0 && plugin.note('values dropped')) {
      const words = `metrics: ${lost} values dropped: too many different labels, or too long ones (further ones are only counted)`;
      this.#log(plugin, 'warn', words);
    }
  }

  async #settle(plugin: HostedPlugin, action: AskingAction): Promise<void> {
    const { life } = plugin;
    const sinceMs = this.#clock.now();
    const weight = action.type === 'wait' ? 0 : 1;
    this.#owe(plugin, weight);
    const outcome = await this.#attempt(plugin, action);
    this.#owe(plugin, -weight);
    this.#insight.settled(plugin.name, action, outcome, this.#clock.now() - sinceMs);
    if (plugin.life === life) plugin.control({ type: 'settled', id: action.id, outcome });
    this.#onSettled();
  }

  #owe(plugin: HostedPlugin, more: number): void {
    const open = (this.#open.get(plugin) ?? 0) + more;
    if (open > 0) this.#open.set(plugin, open);
    else this.#open.delete(plugin);
  }

  async #attempt(plugin: HostedPlugin, action: AskingAction): Promise<Outcome> {
    try {
      this.#check(plugin, action);
      const result = await this.#perform(plugin, action);
      const counter = countedAs[budgetOf(action).what];
      if (counter !== undefined && !plugin.order.isDryRun) plugin.count(counter);
      return { type: 'done', result };
    } catch (error) {
      const { code, message } =
        error instanceof BanterError
          ? error
          : new BanterError('PLUGIN_FAILED', String(error), { cause: error });
      plugin.count('refused');
      if (plugin.note(`${action.type} ${code}`)) {
        this.#log(
          plugin,
          'warn',
          `${action.type} refused: ${message} (further refusals of this kind are only counted)`,
        );
      }
      return { type: 'refused', code, message };
    }
  }

  #check(plugin: HostedPlugin, action: AskingAction): void {
    const refused = refusal(plugin.granted, action);
    if (refused !== undefined) throw refused;
    if ('hops' in action && action.hops > limits.hopsMax) {
      throw new BanterError(
        'TOO_MANY_HOPS',
        `the message has passed ${limits.hopsMax} bots already`,
      );
    }
    const { what, amount } = budgetOf(action);
    if (what === 'nothing') return;
    if (!plugin.spend(what, this.#clock.now(), amount)) {
      const perMinute = {
        append: limits.appendsPerMinute,
        send: plugin.manifest?.sendsPerMinute,
        storage: limits.storageOperationsPerMinute,
        lookUp: limits.lookUpsPerMinute,
        fetch: httpLimits.requestsPerMinute,
        moderate: limits.moderationsPerMinute,
      };
      throw new BanterError('RATE_LIMITED', `${what}: more than ${perMinute[what]} a minute`);
    }
  }

  async #perform(
    plugin: HostedPlugin,
    action: AskingAction,
  ): Promise<ActionResults[AskingAction['type']]> {
    if (plugin.order.isDryRun) {
      const told = this.#onlyTell(plugin, action);
      if (told !== undefined) return told;
    }
    switch (action.type) {
      case 'sendGroup':
      case 'sendPrivate': {
        const receipt = await this.#sending.send(keyOf(plugin), action);
        if (receipt.type === 'stored') this.#arrivals.add(plugin.name, receipt.mid);
        return receipt;
      }
      case 'arrival':
        return this.#arrivals.of(plugin, action.mid);
      case 'moderate':
        return moderate(this.#client, action);
      case 'history':
        return readPast(this.#client, action);
      case 'append':
        await this.#work.during(this.#logs.append(keyOf(plugin), action.line));
        return undefined;
      case 'standing':
        return this.#standings.of(action.group, action.name, this.#clock.now());
      case 'fetch':
        return this.#work.during(this.#http.fetch(plugin, fetcherOf(plugin), action));
      case 'wait':
        await this.#waits.begin(plugin, action.id, action.ms);
        return undefined;
      case 'scheduleJob':
      case 'scheduleTask':
      case 'cancelTask':
        return this.#work.during(this.#scheduler.perform(plugin, action));
      default:
        return this.#storage.perform(keyOf(plugin), action);
    }
  }

  /** What others would notice of a dry run is told to whoever tries the plugin; undefined for what nobody would. */
  #onlyTell(plugin: HostedPlugin, action: AskingAction): NotSent | ModerateResult | undefined {
    if (action.type === 'moderate') {
      this.#log(plugin, 'info', `dry run, not done: ${moderationWords(action)}`);
      return { type: 'notDone' };
    }
    if (action.type !== 'sendGroup' && action.type !== 'sendPrivate') return undefined;
    const where = action.type === 'sendGroup' ? `#${action.group}` : action.to;
    this.#log(plugin, 'info', `dry run, not sent to ${where}: ${action.text}`);
    return { type: 'notSent' };
  }

  #log(plugin: HostedPlugin, level: LogLevel, text: string): void {
    if (plugin.spend('log', this.#clock.now())) {
      this.#onLog({ plugin: plugin.name, level, text: plugin.redacted(text) });
    } else {
      plugin.count('logLinesDropped');
    }
  }
}

/** What others notice is counted. */
const countedAs: { readonly [What in Spending | 'nothing']?: 'sends' | 'moderations' } = {
  send: 'sends',
  moderate: 'moderations',
};

/** What a plugin is allowed to fetch. */
function fetcherOf({ granted, manifest }: HostedPlugin): Fetcher {
  return { granted, http: manifest?.http ?? noRequests };
}

/** Which budget an action is taken from, and how much. */
function budgetOf(action: AskingAction): {
  readonly what: Exclude<Spending, 'log'> | 'nothing';
  readonly amount: number;
} {
  switch (action.type) {
    case 'sendGroup':
    case 'sendPrivate':
      return { what: 'send', amount: 1 };
    case 'append':
      return { what: 'append', amount: 1 };
    case 'moderate':
      return { what: 'moderate', amount: 1 };
    case 'standing':
      return { what: 'lookUp', amount: 1 };
    case 'fetch':
      return { what: 'fetch', amount: 1 };
    case 'history':
      return { what: 'lookUp', amount: looksOf(action) };
    case 'arrival':
    case 'wait':
      return { what: 'nothing', amount: 0 };
    case 'scheduleJob':
      return { what: 'storage', amount: action.spec.type === 'cron' ? limits.scheduleCronCost : 1 };
    case 'scheduleTask':
    case 'cancelTask':
      return { what: 'storage', amount: 1 };
    default:
      return { what: 'storage', amount: costOf(action) };
  }
}
