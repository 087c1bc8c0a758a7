/** Brings plugins back from their quarantine: later each time, a few times, and apart from others where they took them down. */

import type { Clock } from './clock.ts';
import type { Fault } from './end-reason.ts';
import type { Hosts } from './hosts.ts';
import type { HostedPlugin } from './plugin.ts';
import type { PluginStatus } from './plugin-status.ts';
import type { Pump } from './pump.ts';
import type { Roster } from './roster.ts';

/** What plugins end and come back in, and whom that is told. */
export interface Household {
  readonly roster: Roster;
  readonly hosts: Hosts;
  readonly pump: Pump;
  readonly onStatus: (status: PluginStatus) => void;
  readonly log: (plugin: HostedPlugin, level: 'info' | 'warn' | 'error', text: string) => void;
}

/** Where plugins come back to. */
export interface RevivalsOptions extends Household {
  readonly clock: Clock;
  /** Whether any is to come back by itself. */
  readonly isOn: boolean;
}

/** One timer for each plugin in quarantine at most. */
export class Revivals {
  readonly #options: RevivalsOptions;
  /** What cancels the timer. */
  readonly #planned = new Map<HostedPlugin, () => void>();

  constructor(options: RevivalsOptions) {
    this.#options = options;
  }

  /** A plugin has been quarantined. Returns what is to come, as the end of a sentence about that. */
  plan(plugin: HostedPlugin, { mayPass }: Pick<Fault, 'mayPass'>): string {
    const { clock, isOn } = this.#options;
    if (!isOn || !mayPass || plugin.isBehind) return '';
    const delayMs = plugin.recovery.fell(clock.now(), clock.wallClockMs());
    if (delayMs === undefined) {
      const { tries } = plugin.recovery.status;
      return tries === 0 ? '' : `; it has been tried again ${tries} times and is not any more`;
    }
    this.#planned.set(
      plugin,
      clock.setTimer(() => this.#revive(plugin), delayMs),
    );
    return `; it is tried again in ${delayMs / 1000} s`;
  }

  /** Somebody else decides what becomes of it. */
  cancel(plugin: HostedPlugin): void {
    this.#planned.get(plugin)?.();
    this.#planned.delete(plugin);
    plugin.recovery.settled();
  }

  /** A plugin runs, perhaps again. */
  runs(plugin: HostedPlugin): void {
    const { clock, log } = this.#options;
    if (!plugin.recovery.runs(clock.now())) return;
    const { tries, triesMax } = plugin.recovery.status;
    const where = plugin.isolation === 'process' ? ', in a process of its own' : '';
    log(plugin, 'info', `runs again${where} (try ${tries} of ${triesMax})`);
  }

  /** None comes back any more. */
  close(): void {
    for (const plugin of [...this.#planned.keys()]) this.cancel(plugin);
  }

  #revive(plugin: HostedPlugin): void {
    const { roster, hosts, pump, onStatus, log } = this.#options;
    this.#planned.delete(plugin);
    plugin.recovery.settled();
    // Another version may have taken its place.
    if (plugin.phase !== 'quarantined' || plugin.isBehind) return;
    const isIsolated = plugin.recovery.isDangerous || plugin.isolation === 'process';
    try {
      roster.checkRevival(plugin, isIsolated);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      const next = this.plan(plugin, { mayPass: true });
      log(plugin, 'warn', `cannot be tried again now: ${problem}${next}`);
      onStatus(plugin.status(performance.now()));
      return;
    }
    roster.all.delete(plugin.slot);
    plugin.revive(roster.nextSlot(), isIsolated);
    roster.all.set(plugin.slot, plugin);
    hosts.start(plugin.home);
    pump.soon();
  }
}
