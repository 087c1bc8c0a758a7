/** One plugin's isolate in the child process: timed calls, a watchdog for what the timer cannot end. */

import ivm from 'isolated-vm';
import type { EndReason } from './bridge.ts';
import { limits } from './limits.ts';

const timedOut = 'Script execution timed out';
const libraryErrors = [timedOut, 'Isolate ', 'Isolated ', 'Array buffer allocation failed'];

/** Whom an isolate tells how it goes. */
export interface IsolateOwner {
  /** A load or a batch has been handled; `actions` are the outboxes that the isolate wrote, unread. */
  turned(slot: number, actions: readonly string[]): void;
  /** The isolate has been disposed of. */
  ended(slot: number, reason: EndReason): void;
  /** V8 has lost the isolate; the process must die. */
  crashed(slot: number): void;
}

/** An isolate with the plugin inside. No function of the child's enters it, and only strings come out. */
export class PluginIsolate {
  readonly slot: number;
  readonly #owner: IsolateOwner;
  readonly #isolate: ivm.Isolate;
  #dispatch: ivm.Reference<unknown> | undefined;
  #drain: ivm.Reference<unknown> | undefined;
  /** The call under way: how much processor time it may use, and what it has done if it uses more. */
  #call: { readonly cpuMs: number; readonly slow: EndReason } | undefined;
  /** Clocks when the isolate's present state, at work or idle, began. */
  #mark: { readonly insideMs: number; readonly cpuMs: number } = { insideMs: 0, cpuMs: 0 };
  #endedAtMs: number | undefined;

  constructor(slot: number, owner: IsolateOwner) {
    this.slot = slot;
    this.#owner = owner;
    this.#isolate = new ivm.Isolate({
      memoryLimit: limits.memoryMb,
      onCatastrophicError: () => owner.crashed(slot),
    });
  }

  /** Evaluates our own part and then the plugin's bundle; reported as one turn. */
  async load(bootstrap: string, code: string): Promise<void> {
    await this.#turn({ cpuMs: limits.evaluateCpuMs, slow: 'evaluateTimedOut' }, async () => {
      const context = await this.#isolate.createContext();
      const options = { reference: true, filename: 'banter.js', timeout: limits.callMs } as const;
      const inside = await context.eval(bootstrap, options);
      this.#dispatch = await inside.get('dispatch', { reference: true });
      this.#drain = await inside.get('drain', { reference: true });
      return this.#apply(await inside.get('evaluate', { reference: true }), code);
    });
  }

  /** Tells the plugin a batch of events; reported as one turn. */
  async dispatch(events: string): Promise<void> {
    await this.#turn({ cpuMs: limits.dispatchCpuMs, slow: 'timedOut' }, () =>
      this.#apply(this.#dispatch, events),
    );
  }

  /** Whether this isolate does not stop though it was ended: then only the end of the process stops it. */
  watch(nowMs: number): 'fine' | 'stuck' {
    if (this.#endedAtMs !== undefined) {
      return this.#call !== undefined && nowMs - this.#endedAtMs > limits.stuckMs
        ? 'stuck'
        : 'fine';
    }
    if (this.#usedMs() > (this.#call?.cpuMs ?? limits.idleCpuMs)) {
      this.#end(this.#call?.slow ?? 'busyWhileIdle');
    }
    return 'fine';
  }

  /** Whether the isolate has been ended and its last call has returned. */
  get over(): boolean {
    return this.#endedAtMs !== undefined && this.#call === undefined;
  }

  /** Disposes of the isolate without a report. */
  unload(): void {
    this.#endedAtMs ??= performance.now();
    this.#dispose();
  }

  async #turn(
    call: { readonly cpuMs: number; readonly slow: EndReason },
    work: () => Promise<readonly unknown[]>,
  ): Promise<void> {
    if (this.#endedAtMs !== undefined) return;
    this.#begin(call);
    try {
      this.#finish(await work());
    } catch (error) {
      this.#end(reasonOf(error));
    } finally {
      this.#begin(undefined);
    }
  }

  #begin(call: { readonly cpuMs: number; readonly slow: EndReason } | undefined): void {
    this.#call = call;
    this.#mark = { insideMs: this.#insideMs(), cpuMs: processCpuMs() };
  }

  /**
   * Processor time since the mark, at most. What the library calls so is the time that a thread was inside the isolate,
   * which on a busy machine is mostly waiting; no isolate has used more than the whole process.
   */
  #usedMs(): number {
    return Math.min(this.#insideMs() - this.#mark.insideMs, processCpuMs() - this.#mark.cpuMs);
  }

  #insideMs(): number {
    try {
      return Number(this.#isolate.cpuTime) / 1e6;
    } catch {
      // Disposed of: by us, or by the library, whose error is on its way.
      return this.#mark.insideMs;
    }
  }

  /** Calls a function inside and collects the outbox. Both are queued at once: a second wait costs as much as the call. */
  async #apply(
    reference: ivm.Reference<unknown> | undefined,
    argument: string,
  ): Promise<readonly unknown[]> {
    const options = { timeout: limits.callMs };
    const drain = (lost: string): Promise<unknown> =>
      this.#drain?.apply(undefined, [lost], options) ?? Promise.resolve();
    const called = reference?.apply(undefined, [argument], options) ?? Promise.resolve();
    const drained = drain('');
    // When the call fails, so may this; the call's failure is the one that counts.
    drained.catch(() => undefined);
    const lost = await called.then(() => '', lostRejection);
    const actions = [await drained];
    return lost === '' ? actions : [...actions, await drain(lost)];
  }

  #finish(actions: readonly unknown[]): void {
    const texts = actions.filter((text) => typeof text === 'string');
    if (texts.length < actions.length) {
      this.#end('broken');
    } else if (texts.some(({ length }) => length > limits.turnCharactersMax)) {
      this.#end('outboxTooLarge');
    } else if (this.#endedAtMs === undefined) {
      this.#owner.turned(this.slot, texts);
    }
  }

  #end(reason: EndReason): void {
    if (this.#endedAtMs === undefined) {
      this.#endedAtMs = performance.now();
      this.#dispose();
      this.#owner.ended(this.slot, reason);
    }
  }

  #dispose(): void {
    try {
      this.#isolate.dispose();
    } catch {
      // The library has disposed of it already.
    }
  }
}

function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * After each call the library looks for promises of the isolate that were rejected and not handled, and throws the
 * first one's error although the call itself went well. That is the author's mistake, to be logged; anything else is thrown on.
 */
function lostRejection(error: unknown): string {
  const message =
    error instanceof Error ? error.message : typeof error === 'string' ? error : 'no error';
  if (libraryErrors.some((own) => message.startsWith(own))) {
    throw error;
  }
  return message.slice(0, 2000) || 'no message';
}

/** The library tells its reasons by message only. */
function reasonOf(error: unknown): EndReason {
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith(timedOut)) return 'hung';
  return message.includes('memory limit') ? 'outOfMemory' : 'broken';
}
