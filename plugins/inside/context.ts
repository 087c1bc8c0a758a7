/** The plugin's side of the bridge: its `ctx`, and the dispatch of events to its listeners. Runs in isolates only. */

import type { GroupMessage, PrivateMessage, Receipt } from '../../core/client-api.ts';
import type { PluginEvent } from '../bridge.ts';
import { limits } from '../limits.ts';
import type {
  Answer,
  CommandCall,
  CommandDefinition,
  Incoming,
  ListenOptions,
  PluginContext,
  PluginDefinition,
  PluginEvents,
  Settings,
} from '../sdk.ts';
import { HooksInside } from './hooks.ts';
import { makeLog, type Outbox } from './outbox.ts';
import { optional, Requests } from './requests.ts';
import { ScheduleInside } from './schedule.ts';
import { makeStorage } from './storage.ts';

// Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
const { now } = Date;

type Message = Incoming<GroupMessage | PrivateMessage>;
type Handler<T> = (event: T) => unknown;
type CommandHandler = (call: CommandCall) => Answer;

interface Listener {
  readonly options: ListenOptions;
  readonly call: Handler<never>;
}

/** Which permission an event needs, for a clear error in `setup`; what is enforced is outside. */
const needed: { readonly [event: string]: string } = {
  message: 'message.read',
  joined: 'message.read',
  left: 'message.read',
  removed: 'message.read',
  gap: 'message.read',
  private: 'private.read',
};

const events = [
  'message',
  'private',
  'joined',
  'left',
  'removed',
  'gap',
  'connected',
  'disconnected',
];

/** One plugin, evaluated and set up. */
export class PluginInside {
  readonly #definition: PluginDefinition<Settings>;
  readonly #outbox: Outbox;
  readonly #listeners = new Map<string, Listener[]>();
  readonly #commands = new Map<string, CommandHandler>();
  readonly #hearers: {
    readonly pattern: RegExp;
    readonly call: (m: RegExpExecArray, of: Message) => Answer;
  }[] = [];
  readonly #requests: Requests;
  readonly #schedule: ScheduleInside;
  readonly #hooks: HooksInside;
  #isSetUp = false;
  #prefix = '!';
  /** Hops of whatever is sent while a listener runs: those of the message it handles, and one. */
  #hops = 0;

  constructor(definition: PluginDefinition<Settings>, outbox: Outbox) {
    this.#definition = definition;
    this.#outbox = outbox;
    this.#requests = new Requests(outbox);
    this.#schedule = new ScheduleInside(this.#requests, outbox, (during, call) =>
      this.#guard(during, 0, call),
    );
    this.#hooks = new HooksInside({
      outbox,
      isOpen: () => !this.#isSetUp,
      granted: (permission) => this.#granted(permission),
      guard: (during, hops, call) => this.#guard(during, hops, call),
    });
  }

  /** Tells the plugin one event. Whatever its code throws becomes an action. */
  dispatch(event: Exclude<PluginEvent, { readonly type: 'clock' }>): void {
    this.#schedule.advance();
    switch (event.type) {
      case 'setup':
        void this.#setUp(event);
        break;
      case 'settled':
        this.#requests.settle(event.id, event.outcome);
        break;
      case 'hooked':
        void this.#hooks.run(event);
        break;
      case 'due':
        this.#schedule.run(event);
        break;
      case 'disposing':
        void this.#guard('dispose', 0, () => this.#definition.dispose?.());
        break;
      case 'message':
      case 'private':
        this.#hearMessage(event.type, event.message);
        break;
      default:
        this.#tell(event.type, event, 0);
    }
  }

  async #setUp({
    me,
    prefix,
    config,
  }: Extract<PluginEvent, { readonly type: 'setup' }>): Promise<void> {
    this.#prefix = prefix;
    try {
      await this.#definition.setup(this.#context(me, config));
      this.#isSetUp = true;
      this.#outbox.push('ready', {});
    } catch (error) {
      this.#outbox.pushError('failed', 'setup', error);
    }
  }

  #context(me: string, config: Readonly<Record<string, unknown>>): PluginContext<Settings> {
    const { info, warn, error } = makeLog(this.#outbox);
    const context: PluginContext<Settings> = {
      me,
      // The chat process has checked each value against the type that the manifest declares.
      config: Object.freeze(config) as PluginContext<Settings>['config'],
      log: { info, warn, error },
      file: {
        append: (line) => optional(this.#append(line)),
      },
      storage: makeStorage(this.#requests),
      schedule: this.#schedule.context(),
      clock: Object.freeze({ now }),
      use: this.#hooks.use,
      on: (event: string, ...rest: readonly unknown[]) => this.#listen(event, rest),
      command: (definition, handler) => this.#addCommand(definition, handler),
      hear: (pattern, handler) => {
        this.#requireAny('hear');
        this.#hearers.push({ pattern, call: handler });
      },
      send: (target, text) => optional(this.#send(target, text, this.#hops)),
    };
    return Object.freeze(context);
  }

  #listen(event: string, rest: readonly unknown[]): void {
    const [options, call] = rest.length === 1 ? [{}, rest[0]] : rest;
    if (!events.includes(event) || typeof call !== 'function') {
      throw new TypeError(
        `ctx.on(event, options?, listener): there is no such event or listener: ${event}`,
      );
    }
    const permission = needed[event];
    if (permission !== undefined && !this.#granted(permission)) {
      throw new Error(`ctx.on("${event}") needs the permission "${permission}" in the manifest`);
    }
    const listeners = this.#listeners.get(event) ?? [];
    // The overloads of `on` have tied the listener to its event, and options to their type.
    listeners.push({ options: options as ListenOptions, call: call as Handler<never> });
    this.#listeners.set(event, listeners);
  }

  #addCommand(
    { name, description, args = '', example = '' }: CommandDefinition,
    call: CommandHandler,
  ): void {
    this.#requireAny('command');
    if (this.#isSetUp) {
      throw new Error(`ctx.command: "${name}" comes too late; commands are made in setup`);
    }
    if (this.#commands.size >= limits.commandsMax || this.#commands.has(name)) {
      throw new Error(
        `ctx.command: "${name}" is there already, or there are ${limits.commandsMax} commands`,
      );
    }
    this.#commands.set(name, call);
    this.#outbox.push('command', { name, description, args, example });
  }

  #granted(permission: string): boolean {
    return this.#definition.permissions.some((granted) => granted === permission);
  }

  #requireAny(method: string): void {
    if (!this.#granted('message.read') && !this.#granted('private.read')) {
      throw new Error(
        `ctx.${method} needs the permission "message.read" or "private.read" in the manifest`,
      );
    }
  }

  #hearMessage(type: 'message' | 'private', received: GroupMessage | PrivateMessage): void {
    const hops = received.hops + 1;
    const target = received.type === 'group' ? { group: received.group } : { to: received.from };
    const reply = (text: string): Promise<Receipt> => optional(this.#send(target, text, hops));
    const message: Message = { ...received, reply };
    this.#tell(type, message, hops);
    if (received.bot || isMissed(received)) {
      return;
    }
    const [word = '', ...args] = received.text.trim().split(/\s+/);
    const name = word.startsWith(this.#prefix) ? word.slice(this.#prefix.length) : '';
    const command = this.#commands.get(name);
    if (command !== undefined) {
      const rest = received.text.trim().slice(word.length).trim();
      void this.#answer(`command ${name}`, message, hops, () => command({ args, rest, message }));
    }
    for (const { pattern, call } of this.#hearers) {
      void this.#answer('hear', message, hops, () => {
        pattern.lastIndex = 0;
        const match = pattern.exec(received.text);
        return match === null ? undefined : call(match, message);
      });
    }
  }

  #answer(during: string, message: Message, hops: number, call: () => Answer): Promise<void> {
    return this.#guard(during, hops, async () => {
      const answer = await call();
      if (typeof answer === 'string' && answer !== '') {
        await message.reply(answer);
      }
    });
  }

  #tell<E extends keyof PluginEvents>(type: E, event: PluginEvents[E], hops: number): void {
    for (const { options, call } of this.#listeners.get(type) ?? []) {
      if (wants(options, event)) {
        // `listen` has filed this listener under the event whose type it takes.
        void this.#guard(`on ${type}`, hops, () => call(event as never));
      }
    }
  }

  async #guard(during: string, hops: number, call: () => unknown): Promise<void> {
    try {
      this.#hops = hops;
      const pending = call();
      this.#hops = 0;
      await pending;
    } catch (error) {
      // A refusal is logged where it was decided; here it would be told twice.
      if (!this.#requests.isRefusal(error)) {
        this.#outbox.pushError('error', during, error);
      }
    } finally {
      this.#hops = 0;
    }
  }

  async #send(
    target: { readonly group: string } | { readonly to: string },
    text: string,
    hops: number,
  ): Promise<Receipt> {
    return 'group' in target
      ? this.#requests.ask('sendGroup', { group: `${target.group}`, text: `${text}`, hops })
      : this.#requests.ask('sendPrivate', { to: `${target.to}`, text: `${text}`, hops });
  }

  async #append(line: string): Promise<void> {
    await this.#requests.ask('append', { line: `${line}` });
  }
}

function wants(options: ListenOptions, event: PluginEvents[keyof PluginEvents]): boolean {
  const from = 'from' in event ? event.from : 'name' in event ? event.name : undefined;
  return (
    (options.group === undefined || ('group' in event && options.group === event.group)) &&
    (options.from === undefined || options.from === from) &&
    (options.includeBots === true || !('bot' in event && event.bot)) &&
    (options.includeRecovered === true || !isMissed(event))
  );
}

/** What was said while nobody was there to hear it: an answer may be late, and two absent bots could go on for ever. */
function isMissed(event: object): boolean {
  return (
    ('recovered' in event && event.recovered === true) || ('kept' in event && event.kept === true)
  );
}
