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
  #atWork = false;
  /** Processor time of the isolate when its present state, at work or idle, began. */
  #cpuMarkNs = 0n;
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
    await this.#turn('evaluateTimedOut', async () => {
      const timeout = limits.evaluateMs;
      const context = await this.#isolate.createContext();
      const options = { reference: true, filename: 'banter.js', timeout } as const;
      const inside = await context.eval(bootstrap, options);
      this.#dispatch = await inside.get('dispatch', { reference: true });
      this.#drain = await inside.get('drain', { reference: true });
      const evaluate = await inside.get('evaluate', { reference: true });
      return this.#call(evaluate, code, timeout);
    });
  }

  /** Tells the plugin a batch of events; reported as one turn. */
  async dispatch(events: string): Promise<void> {
    await this.#turn('timedOut', () => this.#call(this.#dispatch, events, limits.dispatchMs));
  }

  /** Whether this isolate does not stop though it was ended: then only the end of the process stops it. */
  watch(nowMs: number): 'fine' | 'stuck' {
    if (this.#endedAtMs !== undefined) {
      return this.#atWork && nowMs - this.#endedAtMs > limits.stuckMs ? 'stuck' : 'fine';
    }
    // Processor time, not the clock: an isolate that others keep waiting has done nothing wrong.
    const usedMs = Number(this.#isolate.cpuTime - this.#cpuMarkNs) / 1e6;
    if (usedMs > (this.#atWork ? limits.hungCpuMs : limits.idleCpuMs)) {
      this.#end(this.#atWork ? 'hung' : 'busyWhileIdle');
    }
    return 'fine';
  }

  /** Whether the isolate has been ended and its last call has returned. */
  get over(): boolean {
    return this.#endedAtMs !== undefined && !this.#atWork;
  }

  /** Disposes of the isolate without a report. */
  unload(): void {
    this.#endedAtMs ??= performance.now();
    this.#dispose();
  }

  async #turn(slow: EndReason, call: () => Promise<readonly unknown[]>): Promise<void> {
    if (this.#endedAtMs !== undefined) return;
    this.#setAtWork(true);
    try {
      this.#finish(await call());
    } catch (error) {
      this.#end(reasonOf(error, slow));
    } finally {
      this.#setAtWork(false);
    }
  }

  /** Calls a function inside and collects the outbox. Both are queued at once: a second wait costs as much as the call. */
  async #call(
    reference: ivm.Reference<unknown> | undefined,
    argument: string,
    timeout: number,
  ): Promise<readonly unknown[]> {
    const drain = (lost: string): Promise<unknown> =>
      this.#drain?.apply(undefined, [lost], { timeout: limits.drainMs }) ?? Promise.resolve();
    const called = reference?.apply(undefined, [argument], { timeout }) ?? Promise.resolve();
    const drained = drain('');
    // When the call fails, so may this; the call's failure is the one that counts.
    drained.catch(() => undefined);
    const lost = await called.then(() => '', lostRejection);
    const actions = [await drained];
    return lost === '' ? actions : [...actions, await drain(lost)];
  }

  #setAtWork(atWork: boolean): void {
    this.#atWork = atWork;
    if (this.#endedAtMs === undefined) {
      this.#cpuMarkNs = this.#isolate.cpuTime;
    }
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
    if (!this.#isolate.isDisposed) {
      this.#isolate.dispose();
    }
  }
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
function reasonOf(error: unknown, slow: EndReason): EndReason {
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith(timedOut)) return slow;
  return message.includes('memory limit') ? 'outOfMemory' : 'broken';
}
