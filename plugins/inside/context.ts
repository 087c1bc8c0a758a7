/** The plugin's side of the bridge: its `ctx`, and the dispatch of events to its listeners. Runs in isolates only. */

import type { GroupMessage, PrivateMessage } from '../../core/client-api.ts';
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
import { type Call, isMissed, Listeners, noMatch } from './listeners.ts';
import { MetricsInside } from './metrics.ts';
import { makeModeration } from './moderation.ts';
import { makeLog, type Outbox } from './outbox.ts';
import { makeAsk, Questions } from './questions.ts';
import { optional, Requests } from './requests.ts';
import { ScheduleInside } from './schedule.ts';
import { makeHistory, SendingInside } from './sending.ts';
import { makeStorage } from './storage.ts';
import { isThenable } from './thenable.ts';
import { type Cause, noCause, Tracer } from './tracer.ts';
import { placeOf, Turns } from './turns.ts';

// Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
const { now } = Date;

type Message = Incoming<GroupMessage | PrivateMessage>;
type MessageEvent = Extract<PluginEvent, { readonly type: 'message' | 'private' }>;

/** A call of the plugin's code that is under way. */
interface Handling {
  readonly during: string;
  readonly cause: Cause;
  readonly sinceMs: number;
}

/** One plugin, evaluated and set up. */
export class PluginInside {
  readonly #definition: PluginDefinition<Settings>;
  readonly #outbox: Outbox;
  readonly #requests: Requests;
  readonly #listeners: Listeners;
  readonly #questions: Questions;
  readonly #commands: Commands;
  readonly #schedule: ScheduleInside;
  readonly #sending: SendingInside;
  readonly #turns: Turns;
  readonly #hooks: HooksInside;
  readonly #metrics: MetricsInside;
  #isSetUp = false;
  readonly #tracer: Tracer;
  /** Of whatever is sent while a listener runs: the message it handles, with one hop more. */
  #cause = noCause;

  constructor(definition: PluginDefinition<Settings>, outbox: Outbox) {
    this.#definition = definition;
    this.#outbox = outbox;
    this.#tracer = new Tracer(outbox);
    this.#requests = new Requests(outbox);
    this.#listeners = new Listeners(
      (permission) => this.#granted(permission),
      (event) => outbox.push('listens', { event }),
    );
    this.#questions = new Questions(this.#requests, (target) => this.#turns.yield(placeOf(target)));
    this.#commands = new Commands(outbox, this.#requests, this.#questions);
    this.#schedule = new ScheduleInside(
      this.#requests,
      outbox,
      async (during, call) => await this.#guard(during, noCause, call),
    );
    this.#turns = new Turns(outbox);
    this.#sending = new SendingInside(this.#requests);
    this.#metrics = new MetricsInside(outbox, () => !this.#isSetUp);
    this.#hooks = new HooksInside({
      outbox,
      requests: this.#requests,
      tracer: this.#tracer,
      isOpen: () => !this.#isSetUp,
      granted: (permission) => this.#granted(permission),
      guard: (during, cause, call) => this.#guard(during, cause, call),
    });
  }

  /** Tells which messages are still being handled, and what was measured; called when a turn of the isolate is over. */
  tellTurn(): void {
    this.#turns.tell();
    this.#metrics.tell();
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
        void this.#guard('dispose', noCause, () => this.#definition.dispose?.());
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
      metrics: this.#metrics.context(),
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
        (target, prompt) => this.#sending.send(target, prompt, this.#cause),
        (target) => {
          this.#requireReading(target);
          this.#listeners.wantMessages();
        },
      ),
      send: (target, text, options) => this.#sending.send(target, text, this.#cause, options),
      history: makeHistory(this.#requests),
      moderation: makeModeration(this.#requests, () => this.#cause.trace),
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
    this.#listeners.wantMessages();
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

  #hearMessage({ number, message: received }: MessageEvent): void {
    const cause: Cause = { hops: received.hops + 1, trace: number };
    const place = placeOf(received.type === 'group' ? received : { to: received.from });
    if (this.#hooks.isListening) {
      this.#turns.line(number, place, () =>
        this.#hooks.listen(received, cause, (message) => this.#handle(number, message, cause)?.()),
      );
      return;
    }
    const inTurn = this.#handle(number, received, cause);
    if (inTurn !== undefined) this.#turns.line(number, place, inTurn);
  }

  /** Begins what wants no turn; gives what is to be done in turn, if there is anything. */
  #handle(
    number: number,
    received: GroupMessage | PrivateMessage,
    cause: Cause,
  ): (() => Promise<unknown> | undefined) | undefined {
    const message = this.#sending.answerable(received, cause, undefined);
    const isForPeople = !received.bot && !isMissed(received);
    if (isForPeople && this.#questions.take(message)) {
      this.#tracer.note(cause, 'ask', 'handled', { reason: 'it answers a question' });
      return undefined;
    }
    const calls = this.#callsFor(message, cause, isForPeople);
    const [inTurn, beside] = [calls.filter((call) => !call.isParallel), calls.filter(isParallel)];
    const work = (some: readonly Call[]) => () =>
      whole(some.map(({ during, run }) => this.#guard(during, cause, run)));
    if (beside.length > 0) this.#turns.beside(number, work(beside));
    return inTurn.length > 0 ? work(inTurn) : undefined;
  }

  /** What is to be done because of a message; where it may come again, everybody has an own one, whose answers have keys. */
  #callsFor(message: Message, cause: Cause, isForPeople: boolean): readonly Call[] {
    const skipped = (during: string, reason: string): void =>
      this.#tracer.note(cause, during, 'skipped', { reason });
    const own = <M extends Message>(of: M): ((source: string) => M) =>
      this.#listeners.takesMissed
        ? (source) => ({ ...of, ...this.#sending.answerable(of, cause, source) })
        : () => of;
    // The plugin may have made setters for the places of arrays; what is spread asks none of them.
    let calls: readonly Call[];
    if (message.type === 'group') {
      calls = this.#listeners.callsFor('message', message, skipped, own(message));
      if (this.#listeners.isMention(message.text)) {
        const mentioned = this.#listeners.callsFor('mention', message, skipped, own(message));
        calls = [...calls, ...mentioned];
      }
    } else {
      calls = this.#listeners.callsFor('private', message, skipped, own(message));
    }
    const command = this.#commands.find(message.text);
    if (command !== undefined) {
      const { name, isParallel, run } = command;
      const during = `command ${name}`;
      const enter = (call: () => Answer): Answer => this.#within(cause, call);
      const call = { during, isParallel, run: () => run(message, enter) };
      if (isForPeople) calls = [...calls, answering(message, call)];
      else skipped(during, 'of a bot, or missed');
    }
    const matching = this.#listeners.callsForPatterns(message, own(message));
    return [...calls, ...matching.map((call) => answering(call.message, call))];
  }

  #tell<E extends keyof PluginEvents>(type: E, event: PluginEvents[E]): void {
    for (const { during, run } of this.#listeners.callsFor(type, event, () => undefined)) {
      void this.#guard(during, noCause, run);
    }
  }

  /** Calls the plugin's code and makes an action of what it throws; undefined if there is nothing to wait for. */
  #guard(during: string, cause: Cause, call: () => unknown): Promise<void> | undefined {
    const handling = { during, cause, sinceMs: now() };
    try {
      const pending = this.#within(cause, call);
      if (isThenable(pending)) return this.#settled(handling, pending);
      this.#handled(handling, pending);
    } catch (error) {
      this.#fail(handling, error);
    }
    return undefined;
  }

  /** Whatever is sent before the call returns has this cause. */
  #within<Value>(cause: Cause, call: () => Value): Value {
    try {
      this.#cause = cause;
      return call();
    } finally {
      this.#cause = noCause;
    }
  }

  async #settled(handling: Handling, pending: PromiseLike<unknown>): Promise<void> {
    try {
      this.#handled(handling, await pending);
    } catch (error) {
      this.#fail(handling, error);
    }
  }

  #handled({ during, cause, sinceMs }: Handling, value: unknown): void {
    if (value === noMatch) this.#tracer.note(cause, during, 'skipped', { reason: 'no match' });
    else this.#tracer.note(cause, during, 'handled', { ms: elapsed(sinceMs) });
  }

  #fail({ during, cause, sinceMs }: Handling, error: unknown): void {
    this.#tracer.note(cause, during, 'failed', { ms: elapsed(sinceMs) });
    // A refusal is logged where it was decided; here it would be told twice.
    if (!this.#requests.isRefusal(error)) this.#outbox.pushError('error', during, error);
  }

  async #append(line: string): Promise<void> {
    await this.#requests.ask('append', { line: `${line}` });
  }
}

/** Whole milliseconds; somebody may have set the clock meanwhile. */
function elapsed(sinceMs: number): number {
  return Math.max(0, Math.round(now() - sinceMs));
}

/** The same call, with what it returns sent as the reply. */
function answering(message: Message, { during, isParallel, run }: Call): Call {
  const reply = (answer: unknown): unknown => {
    if (typeof answer === 'string' && answer !== '') return message.reply(answer);
    return answer === noMatch ? noMatch : undefined;
  };
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

/** All of some work, none of which rejects; undefined if nothing of it is to be waited for. */
function whole(parts: readonly (Promise<void> | undefined)[]): Promise<unknown> | undefined {
  const pending = parts.filter((part) => part !== undefined);
  return pending.length === 0 ? undefined : Promise.all(pending);
}
