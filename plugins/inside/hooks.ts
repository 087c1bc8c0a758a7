/** The plugin's side of its hooks: their registration, and what they make of messages. Runs in isolates only. */

import { type HookCall, type HookInfo, type HookVerdict, hookPoints } from '../hook-info.ts';
import { limits } from '../limits.ts';
import type { UseHook } from '../sdk.ts';
import { describe, type Outbox } from './outbox.ts';
import type { Cause } from './tracer.ts';

// Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
const { freeze } = Object;

/** What hooks need of the plugin around them. */
export interface HooksOwner {
  readonly outbox: Outbox;
  /** Whether `setup` is still under way. */
  isOpen(): boolean;
  granted(permission: string): boolean;
  /** Runs code of the plugin: what it throws becomes an action, what it sends has this cause. */
  guard(during: string, cause: Cause, call: () => unknown): Promise<void> | undefined;
}

type AnyHook = (message: never) => unknown;

/** The hooks of one plugin. */
export class HooksInside {
  readonly #owner: HooksOwner;
  readonly #hooks: { readonly point: HookInfo['point']; readonly call: AnyHook }[] = [];

  constructor(owner: HooksOwner) {
    this.#owner = owner;
  }

  /** `ctx.use`. */
  readonly use: UseHook = (point: string, ...rest: readonly unknown[]): void => {
    const [options, call] = rest.length === 1 ? [{}, rest[0]] : rest;
    const known = hookPoints.find((name) => name === point);
    if (known === undefined || typeof call !== 'function') {
      throw new TypeError(
        `ctx.use(point, options?, hook): there is no such point or hook: ${point}`,
      );
    }
    const { granted, isOpen, outbox } = this.#owner;
    if (!granted('message.change') && !granted('private.change')) {
      throw new Error(
        `ctx.use("${known}") needs the permission "message.change" or "private.change" in the manifest`,
      );
    }
    if (!isOpen()) throw new Error('ctx.use comes too late; hooks are made in setup');
    if (this.#hooks.length >= limits.hooksMax) {
      throw new Error(`ctx.use: there are ${limits.hooksMax} hooks already`);
    }
    const checked = checkOptions(options);
    // The overloads of `use` have tied the hook to its point.
    this.#hooks.push({ point: known, call: call as AnyHook });
    outbox.push('hook', { hook: this.#hooks.length, point: known, ...checked });
  };

  /** Asks a hook. The verdict becomes an action. */
  async run({ call, hook: number, message }: HookCall): Promise<void> {
    const { guard, outbox } = this.#owner;
    const hook = this.#hooks[number - 1];
    const hops = 'hops' in message ? message.hops + 1 : 0;
    let verdict: HookVerdict = { type: 'fail', reason: 'there is no such hook any more' };
    await guard(`hook ${hook?.point}`, { hops, trace: 0 }, async () => {
      try {
        // It was registered for the point whose messages these are.
        if (hook !== undefined) verdict = verdictOf(await hook.call(freeze(message) as never));
      } catch (error) {
        const { name, message: words } = describe(error);
        verdict = { type: 'fail', reason: short(`it threw ${name}: ${words}`) };
        throw error;
      }
    });
    outbox.push('verdict', { call, verdict });
  }
}

function checkOptions(options: unknown): Pick<HookInfo, 'group' | 'deadlineMs' | 'onFailure'> {
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
