/** A bot of a test world: a client and the plugins it runs, in the child process and the isolates of production. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SendOptions } from '../../core/client-api.ts';
import { openForReading } from '../../core/database-api.ts';
import { BanterError, type ErrorCode } from '../../core/error-api.ts';
import type { PluginLog } from '../capabilities.ts';
import type { PluginClient } from '../feed.ts';
import type { PluginStatus } from '../plugin-status.ts';
import { PluginRuntime } from '../runtime.ts';
import { Person } from './person.ts';
import { located, type PluginToLoad } from './plugin-to-load.ts';
import type { Stage } from './stage.ts';

/** A refusal to come: of so many sends, with that code. */
interface Refusal {
  readonly code: ErrorCode;
  left: number;
}

/** The groups that a bot makes, and those that it is in beside them. */
export interface BotPlaces {
  readonly owns: readonly string[];
  readonly groups: readonly string[];
}

/** Made by the world; see `TestWorld.bot`. */
export class Bot {
  readonly name: string;
  readonly #stage: Stage;
  readonly #person: Person;
  readonly #seed: number;
  readonly #places: BotPlaces;
  readonly #log: PluginLog[] = [];
  readonly #refusal: Refusal = { code: 'RATE_LIMITED', left: 0 };
  #loaded: readonly PluginToLoad[] = [];
  #runtime: PluginRuntime | undefined;
  #onQuiet: () => void = () => undefined;

  /** Whoever makes one awaits {@link start}. */
  constructor(stage: Stage, name: string, places: BotPlaces, seed: number) {
    this.name = name;
    this.#stage = stage;
    this.#seed = seed;
    this.#places = places;
    this.#person = new Person(stage, name, true);
    stage.bots.push(this);
  }

  /** Whether its plugins do nothing more before time passes or something reaches them. */
  get isQuiet(): boolean {
    return this.#runtime?.isQuiet ?? true;
  }

  /** What its plugins have logged, and the runtime about them: `dice: warn: …`, `dice: …`. */
  get log(): readonly string[] {
    return this.#log.map(
      ({ plugin, level, text }) => `${plugin}: ${level === 'info' ? '' : `${level}: `}${text}`,
    );
  }

  /** What its plugins are and have done. */
  get plugins(): readonly PluginStatus[] {
    return this.#running.list();
  }

  /** What it has heard, in lines of the transcript. */
  get heard(): readonly string[] {
    return this.#person.heard;
  }

  /** Connects, loads the plugins, and joins its groups: what is in a group already answers. */
  async start(plugins: readonly PluginToLoad[]): Promise<void> {
    await this.#person.connect();
    this.#runtime = await PluginRuntime.start({
      client: this.#face(),
      dataDir: this.#stage.folderOf(this.name),
      onLog: (entry) => this.#log.push(entry),
      simulation: {
        clock: this.#stage.time.clock,
        seed: this.#seed,
        onQuiet: () => {
          this.#onQuiet();
          this.#stage.time.noteQuiet();
        },
      },
    });
    this.#loaded = [];
    for (const plugin of plugins) await this.load(plugin);
    const { owns, groups } = this.#places;
    for (const group of owns) await this.#person.make(group);
    for (const group of new Set([...owns, ...groups])) await this.#person.join(group);
    await this.#stage.rest();
  }

  /** Loads a plugin. @throws BanterError PLUGIN_INVALID, PLUGIN_FAILED, OPTION_INVALID */
  async load(plugin: PluginToLoad): Promise<PluginStatus> {
    const { path, config } = located(plugin);
    const status = await this.#person.settle(
      `${this.name} loads ${path}`,
      this.#running.load(path, config),
    );
    this.#loaded = [...this.#loaded, plugin];
    return status;
  }

  /** Unloads a plugin, which says goodbye. @throws BanterError OPTION_INVALID */
  async unload(id: string): Promise<void> {
    await this.#person.settle(`${this.name} unloads ${id}`, this.#running.unload(id));
    await this.#stage.rest();
  }

  /** What a plugin keeps in `ctx.storage`, by key. */
  storage(plugin: string): Readonly<Record<string, unknown>> {
    const path = join(this.#stage.folderOf(this.name), 'plugins', 'storage.db');
    if (!existsSync(path)) return {};
    const database = openForReading(path);
    try {
      const rows = database
        .prepare('SELECT key, value FROM entries WHERE plugin = ? ORDER BY key')
        .all(plugin);
      return Object.fromEntries(
        rows.map(({ key, value }) => [String(key), JSON.parse(String(value))]),
      );
    } finally {
      database.close();
    }
  }

  /** The next sends of its plugins are refused with this code, one unless another `count` is given. */
  refuseSends(code: ErrorCode, count = 1): void {
    Object.assign(this.#refusal, { code, left: count });
  }

  /** The processes with its plugins are killed (`kill -9`); resolves once all have come back, or are quarantined. */
  async crash(): Promise<void> {
    const { hostPids } = this.#running;
    if (hostPids.length === 0 || this.plugins.every(({ state }) => state !== 'running')) return;
    const back = new Promise<void>((resolve) => {
      this.#onQuiet = resolve;
    });
    for (const pid of hostPids) process.kill(pid, 'SIGKILL');
    await back;
    this.#onQuiet = () => undefined;
    await this.#stage.rest();
  }

  /** Ends it in an orderly way and starts it again on the same folder, with the plugins it had. */
  async restart(): Promise<void> {
    const plugins = this.#loaded;
    await this.stop();
    await this.start(plugins);
  }

  /** Ends it in an orderly way: its plugins say goodbye, it leaves its groups. */
  async stop(): Promise<void> {
    const runtime = this.#runtime;
    await runtime?.close();
    this.#runtime = undefined;
    await this.#person.quit();
  }

  /** Loses the server; resolves once both have noticed, which takes about a minute of the world's time. */
  async disconnect(): Promise<void> {
    await this.#person.cut();
    await this.#stage.rest();
  }

  /** Is back, with what it missed. */
  async reconnect(): Promise<void> {
    await this.#person.mend();
    await this.#stage.rest();
  }

  get #running(): PluginRuntime {
    if (this.#runtime !== undefined) return this.#runtime;
    throw new BanterError('CLOSED', `the bot ${this.name} does not run`);
  }

  /** The client as plugins have it: its sends are counted, and refused where a test wants it. */
  #face(): PluginClient {
    const person = this.#person;
    const client: PluginClient = person.client;
    const asks = `a plugin of ${this.name} asks the server`;
    return {
      name: client.name,
      serverFingerprint: client.serverFingerprint,
      get connected() {
        return client.connected;
      },
      send: async (to: string, text: string, options?: SendOptions) => {
        this.#refuse();
        return person.send(to, text, options);
      },
      sendGroup: async (group: string, text: string, options?: SendOptions) => {
        this.#refuse();
        return person.sendGroup(group, text, options);
      },
      moderation: trackedModeration(client.moderation, (asking) => person.track(asks, asking)),
      administration: {
        operators: () => person.track(asks, client.administration.operators()),
      },
      cursors: client.cursors,
      history: (group, options) => person.track(asks, client.history(group, options)),
      search: (group, words, options) => person.track(asks, client.search(group, words, options)),
      intercept: (interceptor) => client.intercept(interceptor),
      on: (event, listener) => client.on(event, listener),
      off: (event, listener) => client.off(event, listener),
    };
  }

  #refuse(): void {
    if (this.#refusal.left === 0) return;
    this.#refusal.left -= 1;
    throw new BanterError(this.#refusal.code, 'the test world refuses this send');
  }
}

/** The same moderation; whoever asks is not at rest until there is an answer. */
function trackedModeration(
  moderation: PluginClient['moderation'],
  track: <Value>(asking: Promise<Value>) => Promise<Value>,
): PluginClient['moderation'] {
  return {
    roles: (group) => track(moderation.roles(group)),
    kick: (group, name, reason) => track(moderation.kick(group, name, reason)),
    ban: (group, name, reason) => track(moderation.ban(group, name, reason)),
    unban: (group, name) => track(moderation.unban(group, name)),
    mute: (group, name, options) => track(moderation.mute(group, name, options)),
    unmute: (group, name) => track(moderation.unmute(group, name)),
    invite: (group, name) => track(moderation.invite(group, name)),
  };
}
