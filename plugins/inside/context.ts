/** The plugin's side of the bridge: its `ctx`, and the dispatch of events to its listeners. Runs in isolates only. */

import type { GroupMessage, PrivateMessage, Receipt } from '../../core/client-api.ts';
import type { PluginEvent } from '../bridge.ts';
import type {
  Answer,
  AskTarget,
  CommandCall,
  CommandDefinition,
  Incoming,
  PluginContext,
  PluginDefinition,
  PluginEvents,
  Settings,
} from '../sdk.ts';
import { Commands } from './commands.ts';
import { HooksInside } from './hooks.ts';
import { makeHttp } from './http.ts';
import { type Call, isMissed, Listeners } from './listeners.ts';
import { makeLog, type Outbox } from './outbox.ts';
import { makeAsk, Questions } from './questions.ts';
import { optional, Requests } from './requests.ts';
import { ScheduleInside } from './schedule.ts';
import { makeStorage } from './storage.ts';
import { placeOf, Turns } from './turns.ts';

// Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
const { now } = Date;

type Message = Incoming<GroupMessage | PrivateMessage>;
type MessageEvent = Extract<PluginEvent, { readonly type: 'message' | 'private' }>;

/** One plugin, evaluated and set up. */
export class PluginInside {
  readonly #definition: PluginDefinition<Settings>;
  readonly #outbox: Outbox;
  readonly #requests: Requests;
  readonly #listeners: Listeners;
  readonly #questions: Questions;
  readonly #commands: Commands;
  readonly #schedule: ScheduleInside;
  readonly #turns: Turns;
  readonly #hooks: HooksInside;
  #isSetUp = false;
  /** Hops of whatever is sent while a listener runs: those of the message it handles, and one. */
  #hops = 0;

  constructor(definition: PluginDefinition<Settings>, outbox: Outbox) {
    this.#definition = definition;
    this.#outbox = outbox;
    this.#requests = new Requests(outbox);
    this.#listeners = new Listeners((permission) => this.#granted(permission));
    this.#questions = new Questions(this.#requests, (target) => this.#turns.yield(placeOf(target)));
    this.#commands = new Commands(outbox, this.#requests, this.#questions);
    this.#schedule = new ScheduleInside(
      this.#requests,
      outbox,
      async (during, call) => await this.#guard(during, 0, call),
    );
    this.#turns = new Turns(outbox);
    this.#hooks = new HooksInside({
      outbox,
      isOpen: () => !this.#isSetUp,
      granted: (permission) => this.#granted(permission),
      guard: (during, hops, call) => this.#guard(during, hops, call),
    });
  }

  /** Tells which messages are still being handled; called when a turn of the isolate is over. */
  tellTurns(): void {
    this.#turns.tell();
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
        this.#hearMessage(event);
        break;
      case 'overdue':
        for (const message of event.messages) this.#turns.release(message);
        break;
      default:
        this.#tell(event.type, event);
    }
  }

  async #setUp({
    me,
    prefix,
    config,
  }: Extract<PluginEvent, { readonly type: 'setup' }>): Promise<void> {
    this.#commands.prefix = prefix;
    this.#listeners.me = me;
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
      http: makeHttp(this.#requests),
      clock: Object.freeze({ now }),
      use: this.#hooks.use,
      on: (event: string, ...rest: readonly unknown[]) => this.#listeners.listen(event, rest),
      command: (definition: CommandDefinition, handler: (call: never) => Answer) => {
        this.#addCommand(definition, handler);
      },
      hear: (pattern: RegExp, ...rest: readonly unknown[]) => {
        this.#requireAny('hear');
        this.#listeners.match('hear', pattern, rest);
      },
      respond: (pattern: RegExp, ...rest: readonly unknown[]) => {
        this.#requireAny('respond');
        this.#listeners.match('respond', pattern, rest);
      },
      ask: makeAsk(
        this.#questions,
        (target, prompt) => this.#send(target, prompt, this.#hops),
        (target) => this.#requireReading(target),
      ),
      send: (target, text) => optional(this.#send(target, text, this.#hops)),
    };
    return Object.freeze(context);
  }

  #addCommand(definition: CommandDefinition, handler: (call: never) => Answer): void {
    this.#requireAny('command');
    const { name, permission } = definition;
    if (this.#isSetUp) {
      throw new Error(`ctx.command: "${name}" comes too late; commands are made in setup`);
    }
    if (typeof permission === 'string' && permission !== 'everyone') {
      this.#require('message.read', `ctx.command: permission "${permission}"`);
    }
    // The values of a call are read by the types that this very definition declares.
    this.#commands.add(definition, handler as (call: CommandCall) => Answer);
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

  #require(permission: string, what: string): void {
    if (!this.#granted(permission)) {
      throw new Error(`${what} needs the permission "${permission}" in the manifest`);
    }
  }

  #requireReading(target: AskTarget): void {
    this.#require('group' in target ? 'message.read' : 'private.read', 'ctx.ask');
  }

  #hearMessage({ type, number, message: received }: MessageEvent): void {
    const hops = received.hops + 1;
    const target = received.type === 'group' ? { group: received.group } : { to: received.from };
    const reply = (text: string): Promise<Receipt> => optional(this.#send(target, text, hops));
    const message: Message = { ...received, reply };
    const isForPeople = !received.bot && !isMissed(received);
    if (isForPeople && this.#questions.take(message)) return;
    const calls = this.#callsFor(type, message, isForPeople);
    const [inTurn, beside] = [calls.filter((call) => !call.isParallel), calls.filter(isParallel)];
    const work = (some: readonly Call[]) => () =>
      whole(some.map(({ during, run }) => this.#guard(during, hops, run)));
    if (beside.length > 0) this.#turns.beside(number, work(beside));
    if (inTurn.length > 0) this.#turns.line(number, placeOf(target), work(inTurn));
  }

  #callsFor(type: MessageEvent['type'], message: Message, isForPeople: boolean): readonly Call[] {
    const calls = [...this.#listeners.callsFor(type, message)];
    if (message.type === 'group' && this.#listeners.isMention(message.text)) {
      calls.push(...this.#listeners.callsFor('mention', message));
    }
    const command = isForPeople ? this.#commands.find(message.text) : undefined;
    if (command !== undefined) {
      const { name, isParallel, run } = command;
      const enter = (call: () => Answer): Answer => this.#within(message.hops + 1, call);
      const call = { during: `command ${name}`, isParallel, run: () => run(message, enter) };
      calls.push(answering(message, call));
    }
    for (const call of this.#listeners.callsForPatterns(message)) {
      calls.push(answering(message, call));
    }
    return calls;
  }

  #tell<E extends keyof PluginEvents>(type: E, event: PluginEvents[E]): void {
    for (const { during, run } of this.#listeners.callsFor(type, event)) {
      void this.#guard(during, 0, run);
    }
  }

  /** Calls the plugin's code and makes an action of what it throws; undefined if there is nothing to wait for. */
  #guard(during: string, hops: number, call: () => unknown): Promise<void> | undefined {
    try {
      const pending = this.#within(hops, call);
      return isThenable(pending) ? this.#settled(during, pending) : undefined;
    } catch (error) {
      this.#fail(during, error);
      return undefined;
    }
  }

  /** Whatever is sent before the call returns has so many hops. */
  #within<Value>(hops: number, call: () => Value): Value {
    try {
      this.#hops = hops;
      return call();
    } finally {
      this.#hops = 0;
    }
  }

  async #settled(during: string, pending: PromiseLike<unknown>): Promise<void> {
    try {
      await pending;
    } catch (error) {
      this.#fail(during, error);
    }
  }

  #fail(during: string, error: unknown): void {
    // A refusal is logged where it was decided; here it would be told twice.
    if (!this.#requests.isRefusal(error)) this.#outbox.pushError('error', during, error);
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

/** The same call, with what it returns sent as the reply. */
function answering(message: Message, { during, isParallel, run }: Call): Call {
  const reply = (answer: unknown): unknown =>
    typeof answer === 'string' && answer !== '' ? message.reply(answer) : undefined;
  const settle = async (pending: PromiseLike<unknown>): Promise<unknown> => reply(await pending);
  return {
    during,
    isParallel,
    run: () => {
      const answer = run();
      return isThenable(answer) ? settle(answer) : reply(answer);
    },
  };
}

function isParallel(call: Call): boolean {
  return call.isParallel;
}

/** Asks what the plugin has made of `then`, which may throw. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  );
}

/** All of some work, none of which rejects; undefined if nothing of it is to be waited for. */
function whole(parts: readonly (Promise<void> | undefined)[]): Promise<unknown> | undefined {
  const pending = parts.filter((part) => part !== undefined);
  return pending.length === 0 ? undefined : Promise.all(pending);
}
