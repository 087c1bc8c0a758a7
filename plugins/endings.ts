/** How plugins end: they are stopped, refused, or put into quarantine, by what they do or because their process has died. */

import type { BanterError } from '../core/error-api.ts';
import type { Capabilities } from './capabilities.ts';
import type { Fault } from './end-reason.ts';
import type { Hooks } from './hooks.ts';
import type { HostDeath } from './host-process.ts';
import { sharedHome } from './hosts.ts';
import type { HostedPlugin } from './plugin.ts';
import type { Household, Revivals } from './revivals.ts';
import type { SetupDeadlines } from './setup-deadlines.ts';

/** What plugins leave behind when they end. */
export interface EndingsOptions extends Household {
  readonly capabilities: Capabilities;
  readonly hooks: Hooks;
  readonly setups: SetupDeadlines;
  readonly revivals: Revivals;
}

/** Ends plugins of one runtime. */
export class Endings {
  readonly #options: EndingsOptions;

  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /** It does nothing any more, for a reason that people are told; `cause` is what its loader is told instead. */
  quarantine(plugin: HostedPlugin, fault: Fault, cause?: BanterError): void {
    if (!plugin.alive) return;
    const { log, revivals } = this.#options;
    plugin.end('quarantined', fault.reason, cause);
    const next = revivals.plan(plugin, fault);
    // Whoever reloads is told why a version did not take over; what was replaced has no more to say.
    if (!plugin.isBehind) log(plugin, 'error', `is quarantined: ${fault.reason}${next}`);
    this.#release(plugin);
  }

  /** What was not granted is told whoever loads it; it has done nothing that anybody else should hear of. */
  refuse(plugin: HostedPlugin, reason: string, cause?: BanterError): void {
    if (cause?.code !== 'PERMISSION_NOT_GRANTED') {
      this.quarantine(plugin, { reason, mayPass: false }, cause);
    } else if (plugin.alive) {
      plugin.end('stopped', reason, cause);
      this.#release(plugin);
    }
  }

  /** Lets it say goodbye; resolves when it is stopped. With the client `isLeaving`, what it has not handled comes again. */
  async stop(plugin: HostedPlugin, isLeaving = false): Promise<void> {
    const { hooks, pump, revivals } = this.#options;
    if (plugin.phase === 'quarantined') {
      revivals.cancel(plugin);
      plugin.end('stopped', '');
      hooks.refresh();
    }
    if (!plugin.alive) return;
    plugin.stop(isLeaving);
    hooks.lost(plugin, '');
    if (!plugin.alive) {
      this.#release(plugin);
      return;
    }
    pump.soon();
    await plugin.ended;
  }

  /** It has said goodbye. */
  stopped(plugin: HostedPlugin): void {
    this.#release(plugin);
  }

  /** Whoever lived in a process that stays off. */
  hostGaveUp(home: number, reason: string): void {
    for (const plugin of this.#residents(home)) this.quarantine(plugin, { reason, mayPass: true });
  }

  /** Whoever lived in a process that has died begins again, but for who killed it. Returns whether that is known. */
  hostDied(home: number, { reason, culprit, named, suspects }: HostDeath): boolean {
    const { setups, capabilities, hooks, log } = this.#options;
    const residents = this.#residents(home);
    const guilty = residents.find((plugin) => culprit !== undefined && plugin.isCalled(culprit));
    if (guilty !== undefined) {
      const blame = named ? reason : `the plugin process died while it was at work: ${reason}`;
      // It may be in quarantine already, and have been found not to stop since.
      guilty.recovery.tookDown();
      this.quarantine(guilty, { reason: blame, mayPass: true });
    }
    for (const plugin of residents) {
      if (suspects.includes(plugin.slot)) plugin.pace.suspect(performance.now());
      setups.end(plugin);
      if (!plugin.alive) continue;
      capabilities.forget(plugin);
      plugin.restart();
      plugin.count('restarts');
      hooks.lost(plugin, `the plugin process died (${reason})`);
      log(plugin, 'warn', `is started again: the plugin process died (${reason})`);
    }
    // The shared child may name a plugin that has ended and been replaced before it was found not to stop.
    return guilty !== undefined || (named && home === sharedHome);
  }

  /** A plugin has ended: nothing of it stays at its process. */
  #release(plugin: HostedPlugin): void {
    const { roster, hosts, setups, capabilities, hooks, pump, onStatus } = this.#options;
    setups.end(plugin);
    capabilities.forget(plugin);
    hosts.leave(plugin.home, plugin.slot);
    hooks.lost(plugin, 'its plugin is in quarantine');
    if (plugin.isBehind) roster.all.delete(plugin.slot);
    else if (plugin.manifest !== undefined) onStatus(plugin.status(performance.now()));
    // A suspect that waited for this one may go on.
    pump.soon();
  }

  #residents(home: number): readonly HostedPlugin[] {
    return [...this.#options.roster.all.values()].filter((plugin) => plugin.home === home);
  }
}
