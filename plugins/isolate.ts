/** One plugin's isolate in the child process: calls that are watched and ended when they take too much. */

import ivm from 'isolated-vm';
import type { EndReason } from './end-reason.ts';
import { limits } from './limits.ts';
import { Patience } from './patience.ts';

const turnCharactersMax = limits.turnCharactersMax + limits.turnLastCharactersMax;

const libraryErrors = ['Isolate ', 'Isolated ', 'Array buffer allocation failed'];

/** What a call uses is measured inside its isolate; only the clock is left. */
const callPatience = { ranMs: Number.POSITIVE_INFINITY, clockMs: limits.callMs };
const stopPatience = { ranMs: limits.stuckCpuMs, clockMs: limits.callMs };

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
  /** How long the call under way may take, or, once ended, to stop. */
  #patience = new Patience(callPatience, 0);
  #isEnded = false;

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
      const inside = await context.eval(bootstrap, { reference: true, filename: 'banter.js' });
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
    const isOver = this.#call !== undefined && this.#patience.isOver(nowMs, processCpuMs());
    if (this.#isEnded) return isOver ? 'stuck' : 'fine';
    if (this.#usedMs() > (this.#call?.cpuMs ?? limits.idleCpuMs)) {
      this.#end(this.#call?.slow ?? 'busyWhileIdle');
    } else if (isOver) {
      this.#end('hung');
    }
    return 'fine';
  }

  /** Milliseconds for which threads were inside so far; less once it is ended. */
  get insideMs(): number {
    return this.#insideMs();
  }

  /** Whether the isolate has been ended and its last call has returned. */
  get over(): boolean {
    return this.#isEnded && this.#call === undefined;
  }

  /** Disposes of the isolate without a report. */
  unload(): void {
    if (!this.#isEnded) this.#stop();
  }

  async #turn(
    call: { readonly cpuMs: number; readonly slow: EndReason },
    work: () => Promise<readonly unknown[]>,
  ): Promise<void> {
    if (this.#isEnded) return;
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
    this.#patience = new Patience(callPatience, performance.now());
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
    const drain = (lost: string): Promise<unknown> =>
      this.#drain?.apply(undefined, [lost]) ?? Promise.resolve();
    const called = reference?.apply(undefined, [argument]) ?? Promise.resolve();
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
    } else if (texts.some(({ length }) => length > turnCharactersMax)) {
      this.#end('outboxTooLarge');
    } else if (!this.#isEnded) {
      this.#owner.turned(this.slot, texts);
    }
  }

  #end(reason: EndReason): void {
    if (!this.#isEnded) {
      this.#stop();
      this.#owner.ended(this.slot, reason);
    }
  }

  #stop(): void {
    this.#isEnded = true;
    this.#patience = new Patience(stopPatience, performance.now(), processCpuMs());
    try {
      this.#isolate.dispose();
    } catch {
      // The library has disposed of it already.
    }
  }
}

/** Milliseconds of processor time that this process has used. */
export function processCpuMs(): number {
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
  return message.includes('memory limit') ? 'outOfMemory' : 'broken';
}
