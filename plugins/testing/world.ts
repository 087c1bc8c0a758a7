/** The test world: a real server, real clients and plugins in their real sandbox, in virtual time and by a seed. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BanterError } from '../../core/error-api.ts';
import type { Faults } from '../../core/simulation-api.ts';
import { Bundler } from '../bundle.ts';
import { Bot } from './bot.ts';
import { Person } from './person.ts';
import type { PluginToLoad } from './plugin-to-load.ts';
import { type Span, spanMs } from './span.ts';
import { patienceMs, Stage } from './stage.ts';
import { compareTranscripts, type ExpectedLine } from './transcript.ts';
import { User } from './user.ts';

/** A bot of a test world. */
export interface BotToStart {
  readonly plugins: readonly PluginToLoad[];
  /** The groups it is in. Default: the world's. */
  readonly groups?: readonly string[];
  /** The groups that it makes, and so is the owner of, for plugins that moderate; it is in these, too. Default: none. */
  readonly owns?: readonly string[];
}

/** How a test world begins. A key that is not listed here is refused. */
export interface WorldOptions {
  /** The plugins of one bot, called `bot`. */
  readonly plugins?: readonly PluginToLoad[];
  /** Several bots by their names, in place of `plugins`. */
  readonly bots?: Readonly<Record<string, BotToStart>>;
  /** What chance follows from: that of plugins and that of the network. Default 1. */
  readonly seed?: number;
  /** What goes wrong with datagrams. Default nothing; `{ loss: 0.2, duplication: 0.1, reordering: 0.3, delayMs: 40 }` is a bad day. */
  readonly faults?: Faults;
  /** The group that everybody is in unless a test says otherwise. Default `lab`. */
  readonly group?: string;
  /** Messages of a group that the server keeps; who misses more meets a gap. Default 4,096. */
  readonly history?: number;
  /** The instant at which it begins: a `Date`, or a text such as `2026-03-01T08:00Z`. Default `2026-01-01T00:00Z`. */
  readonly now?: Date | string;
}

const knownOptions = ['plugins', 'bots', 'seed', 'faults', 'group', 'history', 'now'];

/** Who makes the groups, so that they belong to no plugin. It is in none. */
const founderName = 'founder';

/**
 * Starts a test world; `await using` ends it.
 * @throws BanterError OPTION_INVALID, and what loading the plugins throws: PLUGIN_INVALID, PLUGIN_FAILED
 */
export async function start(options: WorldOptions = {}): Promise<TestWorld> {
  const unknown = Object.keys(options).find((key) => !knownOptions.includes(key));
  if (unknown !== undefined) {
    const known = knownOptions.join(', ');
    throw new BanterError('OPTION_INVALID', `start: no option "${unknown}"; there are: ${known}`);
  }
  if (options.plugins !== undefined && options.bots !== undefined) {
    throw new BanterError('OPTION_INVALID', 'start: a world has `plugins` or `bots`, not both');
  }
  const folder = await mkdtemp(join(tmpdir(), 'banter-world-'));
  const { seed = 1, faults = {}, group = 'lab', history, now = '2026-01-01T00:00Z' } = options;
  const epochMs = new Date(now).getTime();
  const stage = new Stage({ seed, faults, group, history, epochMs, folder });
  const world = new TestWorld(stage);
  try {
    await fill(stage, options);
    return world;
  } catch (error) {
    await world.close();
    throw error;
  }
}

async function fill(stage: Stage, { plugins = [], bots, seed = 1 }: WorldOptions): Promise<void> {
  if (!Number.isFinite(stage.options.epochMs)) {
    throw new BanterError(
      'OPTION_INVALID',
      'start: `now` is a Date, or a text such as 2026-03-01T08:00Z',
    );
  }
  using _bundlesForEach = Bundler.keepService();
  await stage.open();
  const all = Object.entries<BotToStart>(bots ?? { bot: { plugins } });
  const places = all.map(([, { owns = [], groups = [stage.options.group] }]) => ({ owns, groups }));
  const owned = new Set(places.flatMap(({ owns }) => owns));
  const founder = new Person(stage, founderName, false);
  const client = await founder.connect();
  for (const group of new Set([stage.options.group, ...places.flatMap(({ groups }) => groups)])) {
    if (!owned.has(group)) await founder.settle(`#${group} is made`, client.createGroup(group));
  }
  for (const [at, [name, bot]] of all.entries()) {
    // Far apart, so that no two bots roll the same dice.
    const chance = Math.imul(seed, 0x9e3779b1) + at * 1_000_003;
    await new Bot(stage, name, places[at] ?? { owns: [], groups: [] }, chance).start(bot.plugins);
  }
}

/** A chat in which time passes only when a test says so, or has to for what it waits for. */
export class TestWorld {
  readonly #stage: Stage;
  readonly #users = new Map<string, User>();
  /** Lines up to here were expected. */
  #expected = 0;
  /** Lines of logs up to here, by bot, belong to what was expected. */
  readonly #logged = new Map<Bot, number>();
  #closing: Promise<void> | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** What time it is. */
  get now(): Date {
    return new Date(this.#stage.time.wallClockMs);
  }

  /**
   * Everything that was said: `ann: hello` in the world's group, `#ops ann: hello` in another, `ann → bot: hello`
   * privately, `ann → bot (kept): hello` for who was absent.
   */
  get transcript(): readonly string[] {
    return this.#stage.transcript;
  }

  /** What all plugins have logged, and the runtime about them: `dice: warn: …`. */
  get log(): readonly string[] {
    return this.#stage.bots.flatMap(({ log }) => log);
  }

  /** Somebody; the same each time for the same name. `bot: true` makes a bot of it that the test leads. */
  user(name: string, { bot = false }: { readonly bot?: boolean } = {}): User {
    const known = this.#users.get(name);
    if (known !== undefined) return known;
    if (this.#stage.people.some((person) => person.name === name)) {
      throw new BanterError('OPTION_INVALID', `"${name}" is there already, and is no user`);
    }
    const user = new User(this.#stage, name, bot);
    this.#users.set(name, user);
    return user;
  }

  /** A bot by its name; without one the first. @throws BanterError OPTION_INVALID */
  bot(name?: string): Bot {
    const { bots } = this.#stage;
    const found = name === undefined ? bots[0] : bots.find((bot) => bot.name === name);
    if (found !== undefined) return found;
    throw new BanterError('OPTION_INVALID', `there is no bot "${name}"`);
  }

  /**
   * Waits until everything that came of the last words has been said, and holds all that was said since the last
   * expectation against these lines: no more, no fewer, in this order.
   * @throws AssertionError that shows both, and what plugins logged meanwhile
   */
  async expect(lines: readonly ExpectedLine[]): Promise<void> {
    await this.#stage.rest();
    const said = this.#stage.transcript.slice(this.#expected);
    this.#expected = this.#stage.transcript.length;
    compareTranscripts(said, lines, this.#newLog());
  }

  /** Nothing has been said since the last expectation. @throws AssertionError as {@link expect} */
  silence(): Promise<void> {
    return this.expect([]);
  }

  /** Lets time pass, with whatever plugins do at their times, and waits until everything that came of it has been said. */
  async pass(span: Span): Promise<void> {
    await this.#stage.time.pass(spanMs(span));
    await this.#stage.rest();
  }

  /** Lets time pass until a promise is settled. @throws BanterError TIMED_OUT after ten minutes of the world's time */
  settle<Value>(promise: Promise<Value>): Promise<Value> {
    return this.#stage.time.settle(promise, patienceMs);
  }

  /** What goes wrong with datagrams from now on. */
  setFaults(faults: Faults): void {
    this.#stage.network.setFaults(faults);
  }

  /** What a plugin of the first bot keeps in `ctx.storage`, by key. */
  storage(plugin: string): Readonly<Record<string, unknown>> {
    return this.bot().storage(plugin);
  }

  /** The plugin processes of all bots are killed; resolves once the plugins are back. */
  async crash(): Promise<void> {
    for (const bot of this.#stage.bots) await bot.crash();
  }

  /** All bots end in an orderly way and start again on what they have kept. */
  async restart(): Promise<void> {
    for (const bot of this.#stage.bots) await bot.restart();
  }

  /** Ends everything and deletes what was kept. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#stage.network.setFaults({});
    for (const bot of this.#stage.bots) await bot.stop();
    for (const person of this.#stage.people) await person.quit();
    await this.#stage.close();
    await rm(this.#stage.options.folder, { recursive: true, force: true });
  }

  #newLog(): readonly string[] {
    return this.#stage.bots.flatMap((bot) => {
      const { log } = bot;
      const from = this.#logged.get(bot) ?? 0;
      this.#logged.set(bot, log.length);
      return log.slice(from).map((line) => `${bot.name}: ${line}`);
    });
  }
}
