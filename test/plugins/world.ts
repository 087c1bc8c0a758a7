/** A chat in memory, for driving plugins: members with the face of a client, and a transcript of what was said. */

import { EventEmitter } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import {
  BanterError,
  type ClientEvents,
  type Committed,
  type Delivered,
  type GroupMessage,
  type HistoryOptions,
  type Interceptor,
  Passage,
  type PrivateMessage,
  type Role,
  type SendOptions,
} from '../../core/client-api.ts';
import {
  Bundler,
  type PluginClient,
  type PluginLog,
  PluginRuntime,
  type PluginRuntimeOptions,
  type PluginStatus,
} from '../../plugins/index.ts';

// Most tests bundle a plugin or two: what does it stays for all tests of a file.
const service = Bundler.keepService();
after(() => service[Symbol.dispose]());

/** One thing that was said: `lab/alice: hello` in a group, `alice→bob: hello` privately. */
export type Line = string;

/** A group `lab` that everybody is in. */
export class World {
  readonly transcript: Line[] = [];
  readonly hops: number[] = [];
  /** Everything that was said in groups, in order. */
  readonly log: GroupMessage[] = [];
  readonly #members = new Map<string, Member>();
  readonly #changed = new EventEmitter<{ changed: [] }>();
  #seq = 0;
  #mids = 0;

  /** Nothing has been said, and nobody else is there. */
  clear(...staying: readonly Member[]): void {
    for (const all of [this.transcript, this.hops, this.log]) all.length = 0;
    this.#members.clear();
    for (const member of staying) this.#members.set(member.name, member);
  }

  member(name: string, bot = false): Member {
    const member = new Member(this, name, bot);
    for (const other of this.#members.values()) {
      other.emit('memberJoined', { group: 'lab', name, bot });
    }
    this.#members.set(name, member);
    return member;
  }

  post(from: Member, text: string, fields: Partial<GroupMessage>): Committed {
    this.#seq += 1;
    const message: GroupMessage = {
      type: 'group',
      mid: this.newMid(),
      group: 'lab',
      from: from.name,
      text,
      seq: this.#seq,
      logId: '0000000000000001',
      sentAtMs: 0,
      bot: from.bot,
      hops: 0,
      recovered: false,
      ...fields,
    };
    for (const other of this.#members.values()) {
      if (other !== from) other.passage.deliver(message);
    }
    this.log.push(message);
    this.#record(`lab/${from.name}: ${text}`, message.hops);
    const { mid, seq, logId } = message;
    return { type: 'committed', mid, group: 'lab', logId, seq, durable: false };
  }

  whisper(from: Member, to: string, text: string, hops: number, kept = false): Delivered {
    const mid = this.newMid();
    const message: PrivateMessage = {
      type: 'private',
      mid,
      from: from.name,
      text,
      sentAtMs: 0,
      bot: from.bot,
      hops,
      heldBack: false,
      kept,
    };
    this.#members.get(to)?.passage.deliver(message);
    this.#record(`${from.name}→${to}: ${text}`, hops);
    return { type: 'delivered', mid, to };
  }

  /** Somebody does something to somebody, whoever may. */
  moderated(from: Member, deed: string): void {
    this.#record(`${from.name}: ${deed}`, 0);
  }

  /** Resolves once this has been said. */
  async heard(line: Line): Promise<void> {
    await until(this.#changed, 'changed', () => this.transcript.includes(line));
  }

  /** Resolves with the rest of the first line from index `from` on that begins like this. */
  async next(beginning: string, from: number): Promise<string> {
    const line = await until(this.#changed, 'changed', () =>
      this.transcript.slice(from).find((said) => said.startsWith(beginning)),
    );
    return line.slice(beginning.length);
  }

  /** Of its own. */
  newMid(): string {
    this.#mids += 1;
    return String(this.#mids).padStart(32, '0');
  }

  #record(line: Line, hops: number): void {
    this.transcript.push(line);
    this.hops.push(hops);
    this.#changed.emit('changed');
  }
}

/** Somebody in a {@link World}. */
export class Member extends EventEmitter<ClientEvents> implements PluginClient {
  readonly connected = true;
  readonly serverFingerprint: string = 'fingerprint';
  readonly name: string;
  readonly bot: boolean;
  readonly passage: Passage = new Passage(this, {
    hold: (message) => this.cursors.hold(message),
    now: () => performance.now(),
  });
  readonly #world: World;

  constructor(world: World, name: string, bot: boolean) {
    super();
    this.#world = world;
    this.name = name;
    this.bot = bot;
  }

  /** Who has a role in the group, and who is an operator; undefined while this client is none. */
  readonly roles: Map<string, Role> = new Map();
  operators: readonly string[] | undefined;

  readonly moderation: PluginClient['moderation'] = {
    roles: async () => Array.from(this.roles, ([name, role]) => ({ name, role })),
    kick: async (group, name) => this.#world.moderated(this, `kick ${group}/${name}`),
    ban: async (group, name) => this.#world.moderated(this, `ban ${group}/${name}`),
    unban: async (group, name) => this.#world.moderated(this, `unban ${group}/${name}`),
    mute: async (group, name) => this.#world.moderated(this, `mute ${group}/${name}`),
    unmute: async (group, name) => this.#world.moderated(this, `unmute ${group}/${name}`),
    invite: async (group, name) => this.#world.moderated(this, `invite ${group}/${name}`),
  };

  readonly administration: PluginClient['administration'] = {
    operators: async () => {
      if (this.operators === undefined) throw new BanterError('NOT_OPERATOR', 'not an operator');
      return this.operators.map((name) => ({ name, key: '', configured: false }));
    },
  };

  /** Messages that this client has not been said to have handled, by their places. */
  readonly held: number[] = [];

  readonly cursors: PluginClient['cursors'] = {
    hold: ({ seq }) => {
      this.held.push(seq);
      return () => void this.held.splice(this.held.indexOf(seq), 1);
    },
  };

  /** Says something in the group. */
  say(text: string, fields: Partial<GroupMessage> = {}): void {
    this.#world.post(this, text, fields);
  }

  intercept(interceptor: Interceptor | undefined): void {
    this.passage.interceptor = interceptor;
  }

  async sendGroup(group: string, given: string, options: SendOptions = {}): Promise<Committed> {
    return this.passage.send({ group }, given, options, async (text) => {
      const mid = this.#world.newMid();
      await options.onPrepared?.(mid);
      return this.#world.post(this, text, { mid, group, hops: options.hops ?? 0 });
    });
  }

  async history(
    group: string,
    { limit = 50, before = Number.POSITIVE_INFINITY }: HistoryOptions = {},
  ): Promise<readonly GroupMessage[]> {
    const said = this.#world.log.filter((each) => each.group === group && each.seq < before);
    return said.reverse().slice(0, limit);
  }

  async search(
    group: string,
    words: string,
    options?: HistoryOptions,
  ): Promise<readonly GroupMessage[]> {
    const messages = await this.history(group, options);
    return messages.filter(({ text }) => text.includes(words));
  }

  async send(to: string, given: string, options: SendOptions = {}): Promise<Delivered> {
    return this.passage.send({ to }, given, options, async (text) =>
      this.#world.whisper(this, to, text, options.hops ?? 0),
    );
  }

  /** What somebody finds who was away when it was sent. */
  leave(to: string, text: string): void {
    this.#world.whisper(this, to, text, 0, true);
  }
}

/** A world with alice, and a runtime whose plugins speak as bot. */
export interface Stage {
  readonly world: World;
  readonly alice: Member;
  readonly bot: Member;
  readonly runtime: PluginRuntime;
  readonly dir: string;
  readonly logs: PluginLog[];
  /** Writes a plugin's file; `body` is what its `setup` does with `ctx`. */
  write(file: string, source: string): Promise<string>;
  /** Writes and loads a plugin with these statements in its `setup`. */
  plug(id: string, setup: string, options?: PlugOptions): Promise<PluginStatus>;
  /** Resolves with the status of a plugin once it is quarantined. */
  quarantined(id: string): Promise<PluginStatus>;
  /** Starts another runtime on the same folder, which logs to the same lines. */
  start(client: PluginClient): Promise<PluginRuntime>;
  /** Resolves once so many lines are logged that match. */
  loggedTimes(count: number, pattern: RegExp): Promise<void>;
  /** Resolves once a line is logged that matches. */
  logged(pattern: RegExp): Promise<PluginLog>;
}

/** What {@link Stage.plug} writes beside `setup`. */
export interface PlugOptions {
  readonly permissions?: readonly string[];
  readonly manifest?: string;
  readonly before?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/**
 * A stage for one test of a file after the other, where a child process for each proves nothing: what a test has loaded is
 * unloaded when it ends, and what was said is forgotten. What plugins keep stays, and so do
 * their names in the list, and for a while what the runtime knows of roles.
 */
export function sharedStage(): (t: TestContext) => Promise<Stage> {
  // Made outside of any test, so that it ends with the file.
  const made = stage({ after });
  return async (t) => {
    const on = await made;
    const { runtime, world, alice, bot, logs } = on;
    t.after(async () => {
      for (const { id, state } of runtime.list()) if (state !== 'stopped') await runtime.unload(id);
      world.clear(alice, bot);
      bot.roles.clear();
      bot.operators = undefined;
      logs.length = 0;
    });
    return on;
  };
}

/** Everything that the tests of the runtime need; gone when the test ends. */
export async function stage(
  t: { after(close: () => Promise<void>): void },
  options: Pick<PluginRuntimeOptions, 'variables' | 'retry' | 'simulation'> = {},
): Promise<Stage> {
  const world = new World();
  const alice = world.member('alice');
  const bot = world.member('bot', true);
  const dir = await mkdtemp(join(tmpdir(), 'banter-plugins-'));
  const logs: PluginLog[] = [];
  const told = new EventEmitter<{ told: [] }>();
  const runtimes: PluginRuntime[] = [];
  const start = async (client: PluginClient): Promise<PluginRuntime> => {
    const started = await PluginRuntime.start({
      // Most tests look at what is in quarantine, which must stay there then.
      retry: false,
      ...options,
      client,
      dataDir: dir,
      onLog: (entry) => {
        logs.push(entry);
        told.emit('told');
      },
      onStatus: () => told.emit('told'),
    });
    runtimes.push(started);
    return started;
  };
  const runtime = await start(bot);
  t.after(async () => {
    for (const started of runtimes) await started.close();
    await rm(dir, { recursive: true });
  });
  const write = async (file: string, source: string): Promise<string> => {
    const path = join(dir, file);
    await writeFile(path, source);
    return path;
  };
  const state = (id: string): PluginStatus | undefined =>
    runtime.list().find((status) => status.id === id);
  return {
    world,
    alice,
    bot,
    runtime,
    dir,
    logs,
    write,
    plug: async (id, setup, options = {}) =>
      runtime.load(await write(`${id}.ts`, source(id, setup, options)), options.config),
    quarantined: (id) =>
      until(told, 'told', () => (state(id)?.state === 'quarantined' ? state(id) : undefined)),
    start,
    loggedTimes: (count, pattern) =>
      until(told, 'told', () => logs.filter(({ text }) => pattern.test(text)).length >= count).then(
        () => undefined,
      ),
    logged: (pattern) => until(told, 'told', () => logs.find(({ text }) => pattern.test(text))),
  };
}

/** A plugin that answers `ping` with `pong`: whoever lives, answers. */
export const sibling = `ctx.on('message', async (m) => { if (m.text.startsWith('ping')) await m.reply('pong' + m.text.slice(4)); });`;

/** Waits for events until `probe` finds something. */
export async function until<T>(
  emitter: EventEmitter,
  event: string,
  probe: () => T | undefined | false,
): Promise<T> {
  for (;;) {
    const found = probe();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => emitter.once(event, resolve));
  }
}

function source(
  id: string,
  setup: string,
  { permissions, manifest = '', before = '' }: PlugOptions,
): string {
  const granted = permissions ?? [
    'message.read',
    'message.send',
    'private.read',
    'private.send',
    'file.append',
  ];
  return `
import { definePlugin } from 'banter/plugins';
${before}
export default definePlugin({
  id: '${id}', version: '1.0.0', permissions: ${JSON.stringify(granted)}, ${manifest}
  async setup(ctx) { ${setup} },
});
`;
}
