/** Hands plugins their work at the child: all that happens in one turn of the event loop goes there together. */

import type { Simulation } from './clock.ts';
import type { HostProcess } from './host-process.ts';
import { limits } from './limits.ts';
import { OpenWork } from './open-work.ts';
import type { HostedPlugin } from './plugin.ts';

/** What the pump stands between. */
export interface PumpOptions {
  /** By slot. */
  readonly plugins: ReadonlyMap<number, HostedPlugin>;
  readonly host: HostProcess;
  /** What is evaluated in a plugin's isolate before it. */
  readonly bootstrap: (plugin: HostedPlugin) => string;
  readonly simulation: Simulation | undefined;
}

/** Runs whenever {@link Pump.soon} was called, once a turn. */
export class Pump {
  /** What plugins wait for beside the child and the chat. */
  readonly work: OpenWork;
  readonly #options: PumpOptions;
  #isComing = false;
  #paceTimer: NodeJS.Timeout | undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
    this.work = new OpenWork(() => this.soon());
  }

  /** Whether nothing happens before time passes or the client tells something. */
  get isQuiet(): boolean {
    if (this.#isComing || !this.work.isOver) return false;
    return [...this.#options.plugins.values()].every((plugin) => plugin.idle);
  }

  /** Looks for work when the present turn is over. */
  soon(): void {
    if (this.#isComing) return;
    this.#isComing = true;
    setImmediate(() => {
      this.#isComing = false;
      this.#pump();
      const { simulation } = this.#options;
      if (simulation !== undefined && this.isQuiet) simulation.onQuiet();
    });
  }

  /** No turn comes by itself any more. */
  close(): void {
    clearTimeout(this.#paceTimer);
  }

  #pump(): void {
    const { host, simulation } = this.#options;
    // In a test world no outcome overtakes another: the next turn begins when everything of the last is known.
    if (!host.up || (simulation !== undefined && !this.work.isOver)) return;
    const now = performance.now();
    const plugins = [...this.#options.plugins.values()];
    const isApart = (plugin: HostedPlugin): boolean =>
      simulation !== undefined || plugin.suspected(now);
    let apartAtWork = plugins.some((plugin) => plugin.busy && isApart(plugin));
    const slotsByEvents = new Map<string, number[]>();
    for (const plugin of plugins) {
      if (isApart(plugin) && apartAtWork) continue;
      const work = plugin.takeWork(now);
      if (work === undefined) continue;
      apartAtWork ||= isApart(plugin);
      if (work === 'load') {
        const { slot, bundle } = plugin;
        const bootstrap = this.#options.bootstrap(plugin);
        host.send({ type: 'load', slot, bootstrap, code: bundle.code });
      } else {
        const events = this.#written(work);
        const slots = slotsByEvents.get(events) ?? [];
        slots.push(plugin.slot);
        slotsByEvents.set(events, slots);
      }
    }
    for (const [events, slots] of slotsByEvents) host.send({ type: 'dispatch', slots, events });
    if (plugins.some((plugin) => plugin.paused(now))) {
      clearTimeout(this.#paceTimer);
      this.#paceTimer = setTimeout(() => this.soon(), limits.paceMs);
    }
  }

  /** A batch as JSON, in a test world with its time. */
  #written(batch: readonly { readonly json: string }[]): string {
    const { simulation } = this.#options;
    const events = batch.map(({ json }) => json);
    if (simulation !== undefined) {
      const nowMs = simulation.clock.wallClockMs();
      events.unshift(JSON.stringify({ type: 'clock', nowMs }));
    }
    return `[${events.join()}]`;
  }
}
