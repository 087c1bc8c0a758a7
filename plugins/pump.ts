/** Hands plugins their work at their processes: all that happens in one turn of the event loop goes there together. */

import type { Simulation } from './clock.ts';
import type { Hosts } from './hosts.ts';
import { limits } from './limits.ts';
import { OpenWork } from './open-work.ts';
import type { HostedPlugin } from './plugin.ts';

/** What the pump stands between. */
export interface PumpOptions {
  /** By slot. */
  readonly plugins: ReadonlyMap<number, HostedPlugin>;
  readonly hosts: Hosts;
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
    const { hosts, simulation } = this.#options;
    const all = [...this.#options.plugins.values()];
    const isUp = ({ home }: HostedPlugin): boolean => hosts.isUp(home);
    // In a test world no outcome overtakes another: the next turn begins when everything of the last is known.
    if (simulation !== undefined && !this.work.isOver) return;
    if (simulation !== undefined && all.some((plugin) => plugin.alive && !isUp(plugin))) return;
    const now = performance.now();
    const plugins = all.filter(isUp);
    // Where one is served apart from others: in its process, in a test world everywhere.
    const placeOf = ({ home }: HostedPlugin): number => (simulation === undefined ? home : 0);
    const isApart = (plugin: HostedPlugin): boolean =>
      simulation !== undefined || plugin.pace.isSuspected(now);
    const occupied = new Set(
      plugins.filter((plugin) => plugin.busy && isApart(plugin)).map(placeOf),
    );
    const batches = new Batches();
    for (const plugin of plugins) {
      if (isApart(plugin) && occupied.has(placeOf(plugin))) continue;
      const work = plugin.takeWork(now);
      if (work === undefined) continue;
      if (isApart(plugin)) occupied.add(placeOf(plugin));
      if (work === 'load') this.#load(plugin);
      else batches.add(plugin, this.#written(work));
    }
    batches.send(hosts);
    if (plugins.some((plugin) => plugin.paused(now))) {
      clearTimeout(this.#paceTimer);
      this.#paceTimer = setTimeout(() => this.soon(), limits.paceMs);
    }
  }

  #load(plugin: HostedPlugin): void {
    const { slot, home, bundle } = plugin;
    const bootstrap = this.#options.bootstrap(plugin);
    this.#options.hosts.send(home, { type: 'load', slot, bootstrap, code: bundle.code });
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

/** What plugins are told in one turn: the same events go to all of a process together. */
class Batches {
  readonly #slotsByEvents = new Map<number, Map<string, number[]>>();

  add({ home, slot }: HostedPlugin, events: string): void {
    const batches = this.#slotsByEvents.get(home) ?? new Map<string, number[]>();
    this.#slotsByEvents.set(home, batches);
    const slots = batches.get(events) ?? [];
    slots.push(slot);
    batches.set(events, slots);
  }

  send(hosts: Hosts): void {
    for (const [home, batches] of this.#slotsByEvents) {
      for (const [events, slots] of batches) hosts.send(home, { type: 'dispatch', slots, events });
    }
  }
}
