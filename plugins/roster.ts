/** The plugins of a runtime: those that people see, and versions that come and go behind them. */

import { BanterError } from '../core/error-api.ts';
import type { HostedPlugin } from './plugin.ts';
import type { PluginStatus } from './plugin-status.ts';

/** Plugins of one runtime at a time; one more is refused. A version that is to replace another does not count. */
const pluginsMax = 100;

/** Plugins that have a process of their own, each of up to 204 MB; one more is refused. Likewise. */
const processesMax = 16;

/** By slot, in the order of loading. */
export class Roster {
  readonly all: Map<number, HostedPlugin> = new Map();
  #lastSlot = 0;

  /** A slot that was never used. */
  nextSlot(): number {
    this.#lastSlot += 1;
    return this.#lastSlot;
  }

  /** Each once, in the order of loading: neither what is still to take over nor what has been replaced. */
  get present(): readonly HostedPlugin[] {
    return [...this.all.values()]
      .filter(({ isBehind }) => !isBehind)
      .sort((left, right) => left.rank - right.rank);
  }

  /** What people are told of them. */
  statuses(): readonly PluginStatus[] {
    return this.present
      .filter(({ manifest }) => manifest !== undefined)
      .map((plugin) => plugin.status(performance.now()));
  }

  /** @throws BanterError OPTION_INVALID for an unknown id */
  find(id: string): HostedPlugin {
    const plugin = this.present.find(({ name }) => name === id);
    if (plugin !== undefined) return plugin;
    throw new BanterError('OPTION_INVALID', `there is no plugin "${id}"`);
  }

  /** The version that is about to replace a plugin. */
  candidateFor(plugin: HostedPlugin): HostedPlugin | undefined {
    return [...this.all.values()].find(
      ({ alive, isCandidate, predecessor }) => alive && isCandidate && predecessor === plugin,
    );
  }

  /** All that are or will be there with it: not what it replaces, nor what was replaced. */
  besides(plugin: HostedPlugin): readonly HostedPlugin[] {
    return [...this.all.values()].filter(
      (other) => other !== plugin.predecessor && (other.isCandidate || !other.isBehind),
    );
  }

  /** @throws BanterError OPTION_INVALID when there are as many as there may be */
  checkRoom(): void {
    if (this.present.filter(({ alive }) => alive).length >= pluginsMax) {
      throw new BanterError('OPTION_INVALID', `there are ${pluginsMax} plugins already`);
    }
  }

  /** @throws BanterError OPTION_INVALID when as many as may have a process of their own, beside what a plugin replaces */
  checkProcesses(replaced?: HostedPlugin): void {
    const own = this.present.filter(
      (plugin) => plugin.alive && plugin.isolation === 'process' && plugin !== replaced,
    );
    if (own.length < processesMax) return;
    const problem = `${processesMax} plugins have a process of their own already; unload one of them`;
    throw new BanterError('OPTION_INVALID', problem);
  }

  /** @throws BanterError OPTION_INVALID when a plugin cannot come back: for want of room, or because a version of it is loaded */
  checkRevival(plugin: HostedPlugin, isIsolated: boolean): void {
    if (this.candidateFor(plugin) !== undefined) {
      throw new BanterError('OPTION_INVALID', 'another version of it is being loaded');
    }
    this.checkRoom();
    if (isIsolated) this.checkProcesses();
  }
}
