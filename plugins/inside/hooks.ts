/** The plugin's side of its hooks: their registration, and what they make of messages. Runs in isolates only. */

import type { GroupMessage, PrivateMessage } from '../../core/client-api.ts';
import { type HookCall, type HookInfo, type HookVerdict, hookPoints } from '../hook-info.ts';
import { limits } from '../limits.ts';
import type { HookPoint, UseHook } from '../sdk.ts';
import { describe, type Outbox } from './outbox.ts';
import type { Requests } from './requests.ts';
import { isThenable } from './thenable.ts';
import type { Cause, Tracer } from './tracer.ts';

// Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
const { freeze } = Object;

/** What hooks need of the plugin around them. */
export interface HooksOwner {
  readonly outbox: Outbox;
  readonly requests: Requests;
  readonly tracer: Tracer;
  /** Whether `setup` is still under way. */
  isOpen(): boolean;
  granted(permission: string): boolean;
  /** Runs code of the plugin: what it throws becomes an action, what it sends has this cause. */
  guard(during: string, cause: Cause, call: () => unknown): Promise<void> | undefined;
}

type Message = GroupMessage | PrivateMessage;
type CheckedOptions = Pick<HookInfo, 'group' | 'deadlineMs' | 'onFailure'>;

interface Hook extends CheckedOptions {
  readonly point: HookPoint;
  readonly call: (message: never) => unknown;
}

const points: readonly HookPoint[] = [...hookPoints, 'listen'];

/** Of these a plugin needs one to have a hook there, for a clear error in `setup`; what is enforced is outside. */
const neededAt: { readonly [P in HookPoint]: readonly [string, string] } = {
  receive: ['message.change', 'private.change'],
  send: ['message.change', 'private.change'],
  listen: ['message.read', 'private.read'],
};

const gone: HookVerdict = { type: 'fail', reason: 'there is no such hook any more' };

/** The hooks of one plugin. */
export class HooksInside {
  readonly #owner: HooksOwner;
  readonly #hooks: Hook[] = [];

  constructor(owner: HooksOwner) {
    this.#owner = owner;
  }

  /** Whether messages pass hooks before this plugin's own handlers. */
  get isListening(): boolean {
    return this.#hooks.some(({ point }) => point === 'listen');
  }

  /** `ctx.use`. */
  readonly use: UseHook = (where: string, ...rest: readonly unknown[]): void => {
    const [options, call] = rest.length === 1 ? [{}, rest[0]] : rest;
    const point = points.find((name) => name === where);
    if (point === undefined || typeof call !== 'function') {
      throw new TypeError(
        `ctx.use(point, options?, hook): there is no such point or hook: ${where}`,
      );
    }
    const { granted, isOpen, outbox } = this.#owner;
    const [ofGroups, ofPeople] = neededAt[point];
    if (!granted(ofGroups) && !granted(ofPeople)) {
      throw new Error(
        `ctx.use("${point}") needs the permission "${ofGroups}" or "${ofPeople}" in the manifest`,
      );
    }
    if (!isOpen()) throw new Error('ctx.use comes too late; hooks are made in setup');
    if (this.#hooks.length >= limits.hooksMax) {
      throw new Error(`ctx.use: there are ${limits.hooksMax} hooks already`);
    }
    const checked = checkOptions(options);
    // The overloads of `use` have tied the hook to its point.
    this.#hooks.push({ point, ...checked, call: call as Hook['call'] });
    if (point !== 'listen') outbox.push('hook', { hook: this.#hooks.length, point, ...checked });
  };

  /** Asks a hook for the chat process. The verdict becomes an action. */
  async run({ call, hook: number, message }: HookCall): Promise<void> {
    const hook = this.#hooks[number - 1];
    const hops = 'hops' in message ? message.hops + 1 : 0;
    const verdict = hook === undefined ? gone : await this.#ask(hook, message, { hops, trace: 0 });
    this.#owner.outbox.push('verdict', { call, verdict });
  }

  /** Asks the hooks before this plugin's own handlers, one after the other, and then calls `handle` unless one stops the message. */
  async listen(
    received: Message,
    cause: Cause,
    handle: (message: Message) => Promise<unknown> | undefined,
  ): Promise<void> {
    const { outbox, tracer } = this.#owner;
    let message = received;
    for (const hook of this.#hooks) {
      const isAbout = hook.group === '' || ('group' in message && message.group === hook.group);
      if (hook.point !== 'listen' || !isAbout) continue;
      const verdict = await this.#askInTime(hook, message, cause);
      if (verdict.type === 'change') message = { ...message, text: verdict.text };
      if (verdict.type === 'fail') {
        const isClosed = hook.onFailure === 'closed';
        const then = isClosed ? 'the message is stopped' : 'the message goes on';
        outbox.push('log', { level: 'warn', text: `hook listen: ${verdict.reason}; ${then}` });
        if (isClosed) return;
      }
      if (verdict.type === 'stop') {
        tracer.note(cause, 'hook listen', 'skipped', { reason: `stopped: ${verdict.reason}` });
        return;
      }
    }
    await handle(message);
  }

  /** The verdict of a hook before the plugin's own handlers; one that is to be waited for has its deadline. */
  async #askInTime(hook: Hook, message: Message, cause: Cause): Promise<HookVerdict> {
    const asked = this.#ask(hook, { ...message }, cause);
    if (!isThenable(asked)) return asked;
    return new Promise((resolve) => {
      const waiting = this.#owner.requests.wait(hook.deadlineMs, (refused) => {
        const reason = refused?.message ?? `it took more than ${hook.deadlineMs} ms`;
        resolve({ type: 'fail', reason: short(reason) });
      });
      void asked.then((verdict) => {
        waiting.end();
        resolve(verdict);
      });
    });
  }

  /** Never throws. */
  #ask(hook: Hook, message: object, cause: Cause): HookVerdict | Promise<HookVerdict> {
    let verdict: HookVerdict = gone;
    const fail = (error: unknown): never => {
      const { name, message: words } = describe(error);
      verdict = { type: 'fail', reason: short(`it threw ${name}: ${words}`) };
      throw error;
    };
    const settle = async (returned: PromiseLike<unknown>): Promise<void> => {
      try {
        verdict = verdictOf(await returned);
      } catch (error) {
        fail(error);
      }
    };
    const pending = this.#owner.guard(`hook ${hook.point}`, cause, () => {
      try {
        // It was registered for the point whose messages these are.
        const returned = hook.call(freeze(message) as never);
        if (isThenable(returned)) return settle(returned);
        verdict = verdictOf(returned);
        return undefined;
      } catch (error) {
        return fail(error);
      }
    });
    return pending === undefined ? verdict : pending.then(() => verdict);
  }
}

function checkOptions(options: unknown): CheckedOptions {
  const {
    group = '',
    deadlineMs = limits.hookDeadlineMs,
    onFailure = 'open',
    ...unknown
    // Each option is checked below; whatever is no object has none.
  } = options as { readonly [option: string]: unknown };
  const [stray] = Object.keys(unknown);
  if (stray !== undefined) throw new TypeError(`ctx.use: there is no option "${stray}"`);
  if (typeof group !== 'string') throw new TypeError('ctx.use: group is the name of a group');
  const max = limits.hookDeadlineMsMax;
  if (
    typeof deadlineMs !== 'number' ||
    !Number.isInteger(deadlineMs) ||
    deadlineMs < 1 ||
    deadlineMs > max
  ) {
    throw new RangeError(`ctx.use: deadlineMs is a whole number from 1 to ${max}`);
  }
  if (onFailure !== 'open' && onFailure !== 'closed') {
    throw new TypeError('ctx.use: onFailure is "open" or "closed"');
  }
  return { group, deadlineMs, onFailure };
}

/** Asks what was returned each thing once: it may be of the plugin's own making through and through. */
function verdictOf(returned: unknown): HookVerdict {
  if (returned === undefined) return { type: 'pass' };
  if (typeof returned === 'object' && returned !== null) {
    const { text, stop } = returned as { readonly text?: unknown; readonly stop?: unknown };
    if (typeof stop === 'string') return { type: 'stop', reason: short(stop) };
    if (typeof text === 'string' && stop === undefined) {
      // One that is longer in bytes only is refused outside.
      if (text.length <= limits.messageBytesMax) return { type: 'change', text };
      return { type: 'fail', reason: `it changed the text into one of ${text.length} characters` };
    }
  }
  return { type: 'fail', reason: 'it returned neither nothing nor { text } nor { stop }' };
}

function short(text: string): string {
  const max = limits.hookReasonCharactersMax;
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}
