/** What the plugin listens to: events, patterns, and being addressed. Runs in isolates only. */

import type { GroupMessage, PrivateMessage } from '../../core/client-api.ts';
import { type HeardEvent, isHeardOnly } from '../heard-events.ts';
import type { Answer, HearOptions, Incoming, ListenOptions, PluginEvents } from '../sdk.ts';

type Message = Incoming<GroupMessage | PrivateMessage>;
type Handler = (event: never) => unknown;
type Hearer = (match: RegExpExecArray, message: Message) => Answer;

/** A call of the plugin's code, and what it is called in a log line. */
export interface Call {
  readonly during: string;
  readonly run: () => unknown;
  /** Whether it waits for no turn. */
  readonly isParallel: boolean;
}

interface Listener {
  /** Of its own within the plugin, and the same after a restart. */
  readonly id: string;
  readonly options: ListenOptions;
  readonly call: Handler;
}

interface Pattern {
  readonly id: string;
  readonly pattern: RegExp;
  readonly options: HearOptions;
  /** Only of messages that are for this client alone. */
  readonly isAddressed: boolean;
  readonly call: Hearer;
}

/** Which permission an event needs, for a clear error in `setup`; what is enforced is outside. */
const neededByEvent: { readonly [E in keyof PluginEvents]: string | undefined } = {
  message: 'message.read',
  mention: 'message.read',
  joined: 'message.read',
  left: 'message.read',
  removed: 'message.read',
  gap: 'message.read',
  private: 'private.read',
  connected: undefined,
  disconnected: undefined,
};

/** Patterns of one plugin; one more fails its setup. */
const patternsMax = 256;

/** What the call of a pattern returns that does not match. */
export const noMatch: symbol = Symbol('no match');

export class Listeners {
  readonly #isGranted: (permission: string) => boolean;
  readonly #listeners = new Map<string, Listener[]>();
  readonly #patterns: Pattern[] = [];
  readonly #onWanted: (event: HeardEvent) => boolean;
  /** Events that are told to us by now. */
  readonly #wanted = new Set<HeardEvent>();
  #me = '';
  #takesMissed = false;

  /** @param onWanted has events of a type told to us; false when it could not */
  constructor(
    isGranted: (permission: string) => boolean,
    onWanted: (event: HeardEvent) => boolean,
  ) {
    this.#isGranted = isGranted;
    this.#onWanted = onWanted;
  }

  /** Has events of this type told to us from now on. */
  want(event: HeardEvent): void {
    if (!this.#wanted.has(event) && this.#onWanted(event)) this.#wanted.add(event);
  }

  /** Has all messages told to us that the plugin may read. */
  wantMessages(): void {
    if (this.#isGranted('message.read')) this.want('message');
    if (this.#isGranted('private.read')) this.want('private');
  }

  /** The name that people address. */
  set me(name: string) {
    this.#me = name;
  }

  /** Whether a message that was handled before may come again, as one that was missed. */
  get takesMissed(): boolean {
    return this.#takesMissed;
  }

  /** Registers a listener: `ctx.on`. @throws TypeError, Error */
  listen(event: string, rest: readonly unknown[]): void {
    const [options, call] = split<ListenOptions>(rest);
    if (!Object.hasOwn(neededByEvent, event) || typeof call !== 'function') {
      throw new TypeError(
        `ctx.on(event, options?, listener): there is no such event or listener: ${event}`,
      );
    }
    // The table has an entry for this event, as was looked up.
    const permission = neededByEvent[event as keyof PluginEvents];
    if (permission !== undefined && !this.#isGranted(permission)) {
      throw new Error(`ctx.on("${event}") needs the permission "${permission}" in the manifest`);
    }
    this.#takesMissed ||= options.includeRecovered === true;
    const listeners = this.#listeners.get(event) ?? [];
    // The overloads of `on` have tied the listener to its event.
    listeners.push({ id: `${event} ${listeners.length + 1}`, options, call: call as Handler });
    this.#listeners.set(event, listeners);
    if (isHeardOnly(event)) this.want(event);
    else if (event === 'mention') this.want('message');
  }

  /** Registers a pattern: `ctx.hear` and `ctx.respond`. @throws TypeError, Error */
  match(method: 'hear' | 'respond', pattern: RegExp, rest: readonly unknown[]): void {
    const [options, call] = split<HearOptions>(rest);
    if (!(pattern instanceof RegExp) || typeof call !== 'function') {
      throw new TypeError(`ctx.${method}(pattern, options?, handler): no RegExp or no handler`);
    }
    const id = options.id ?? `${method} ${this.#patterns.length + 1}`;
    if (typeof id !== 'string' || !/^[^\p{Cc}\p{Cs}]{1,64}$/u.test(id)) {
      throw new TypeError(`ctx.${method}: an id is a text of 1 to 64 characters on one line`);
    }
    const isTaken = this.#patterns.some((other) => other.id === id);
    if (isTaken || this.#patterns.length >= patternsMax) {
      throw new Error(
        `ctx.${method}: "${id}" is there already, or there are ${patternsMax} patterns`,
      );
    }
    // The overloads of `hear` and `respond` have typed the handler.
    const hearer = call as Hearer;
    const isAddressed = method === 'respond';
    this.#takesMissed ||= options.includeRecovered === true;
    this.#patterns.push({ id, pattern, options, isAddressed, call: hearer });
    this.wantMessages();
  }

  /**
   * The calls for an event, of which each listener gets what `forListener` makes for it; `skipped` is told of each listener
   * that does not want it, and why.
   */
  callsFor<E extends keyof PluginEvents>(
    type: E,
    event: PluginEvents[E],
    skipped: (during: string, reason: string) => void,
    forListener: (id: string) => PluginEvents[E] = () => event,
  ): readonly Call[] {
    return (this.#listeners.get(type) ?? [])
      .filter(({ options }) => {
        const reason = whyUnwanted(options, event);
        if (reason !== undefined) skipped(`on ${type}`, reason);
        return reason === undefined;
      })
      .map(({ id, options, call }) => ({
        during: `on ${type}`,
        isParallel: options.parallel === true,
        // `listen` has filed this listener under the event whose type it takes.
        run: () => call(forListener(id) as never),
      }));
  }

  /** Whether a group message names this client: `@name` anywhere, or `name:` before everything else. */
  isMention(text: string): boolean {
    if (addressed(text, this.#me) !== undefined) return true;
    const name = `@${this.#me}`.toLowerCase();
    const words = text.toLowerCase().split(/\s+/);
    return words.some((word) => word.startsWith(name) && /^\P{L}*$/u.test(word.slice(name.length)));
  }

  /**
   * The calls for patterns, which are held against the message in them; what such a call returns answers its `message`,
   * which `forPattern` makes for it.
   */
  callsForPatterns(
    message: Message,
    forPattern: (id: string) => Message,
  ): readonly (Call & { readonly message: Message })[] {
    const forMe =
      addressed(message.text, this.#me) ?? (message.type === 'private' ? message.text : undefined);
    return this.#patterns
      .filter(({ options }) => whyUnwanted(options, message) === undefined)
      .map(({ id, pattern, options, isAddressed, call }) => {
        const own = forPattern(id);
        return {
          message: own,
          isParallel: options.parallel === true,
          during: options.id === undefined ? id : `${isAddressed ? 'respond' : 'hear'} ${id}`,
          run: () => {
            const text = isAddressed ? forMe : message.text;
            if (text === undefined) return noMatch;
            pattern.lastIndex = 0;
            const match = pattern.exec(text);
            return match === null ? noMatch : call(match, own);
          },
        };
      });
  }
}

/** What was said while nobody was there to hear it: an answer may be late, and two absent bots could go on for ever. */
export function isMissed(event: object): boolean {
  return (
    ('recovered' in event && event.recovered === true) || ('kept' in event && event.kept === true)
  );
}

/** Which option of a listener speaks against an event; undefined if it is wanted. */
function whyUnwanted(
  options: ListenOptions,
  event: PluginEvents[keyof PluginEvents],
): string | undefined {
  const from = 'from' in event ? event.from : 'name' in event ? event.name : undefined;
  if (options.group !== undefined && !('group' in event && options.group === event.group)) {
    return 'option group';
  }
  if (options.from !== undefined && options.from !== from) return 'option from';
  if (options.includeBots !== true && 'bot' in event && event.bot) return 'no includeBots';
  if (options.includeRecovered !== true && isMissed(event)) return 'no includeRecovered';
  return undefined;
}

/** What is said to `name` in a text that begins with `name:`, `name,` or `@name`; undefined if it does not. */
function addressed(text: string, name: string): string | undefined {
  const trimmed = text.trimStart();
  const isAt = trimmed.startsWith('@');
  const rest = isAt ? trimmed.slice(1) : trimmed;
  if (rest.slice(0, name.length).toLowerCase() !== name.toLowerCase()) return undefined;
  const after = rest.slice(name.length);
  const [sign] = (isAt ? /^[:,]?(?:\s+|$)/ : /^[:,](?:\s+|$)/).exec(after) ?? [];
  return sign === undefined ? undefined : after.slice(sign.length);
}

/** What stands before the handler may be left out. */
function split<Options extends object>(
  rest: readonly unknown[],
): readonly [Partial<Options>, unknown] {
  const [options, call] = rest.length === 1 ? [{}, rest[0]] : rest;
  // The overloads of the SDK have typed the options; a missing object has none.
  return [(options ?? {}) as Partial<Options>, call];
}
