/** Takes what the child reports of plugins: their ends, and turns with all that a plugin asks for in one. */

import type { Admission } from './admission.ts';
import { type Action, parseActions } from './bridge.ts';
import type { Capabilities } from './capabilities.ts';
import type { Clock } from './clock.ts';
import { endFaults, type Fault } from './end-reason.ts';
import type { Hooks } from './hooks.ts';
import type { HostReport } from './host-bridge.ts';
import type { Insight } from './insight.ts';
import type { HostedPlugin } from './plugin.ts';
import { ShapeError } from './shape.ts';

/** Who does what a plugin asks for. */
export interface ReportsOptions {
  readonly plugins: ReadonlyMap<number, HostedPlugin>;
  readonly clock: Clock;
  readonly insight: Insight;
  readonly admission: Admission;
  readonly capabilities: Capabilities;
  readonly hooks: Hooks;
  /** Its `setup` is done. */
  readonly onReady: (plugin: HostedPlugin) => void;
  /** It ends here. */
  readonly onEnded: (plugin: HostedPlugin, fault: Fault) => void;
  /** It has said goodbye. */
  readonly onStopped: (plugin: HostedPlugin) => void;
  /** A turn is over. */
  readonly onTurned: () => void;
}

export class Reports {
  readonly #options: ReportsOptions;

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /** Takes a report of a process; one of a plugin that has ended, or lives elsewhere, means nothing. */
  receive(home: number, report: Extract<HostReport, { readonly slot: number }>): void {
    const { plugins, onEnded, onTurned } = this.#options;
    const plugin = plugins.get(report.slot);
    if (plugin?.alive !== true || plugin.home !== home) return;
    if (report.type === 'used') {
      this.#used(plugin, report.cpuMs);
    } else if (report.type === 'turned') {
      this.#turned(plugin, report.actions);
      onTurned();
    } else {
      onEnded(plugin, endFaults[report.reason]);
    }
  }

  /** Goes by the machine's clock, as a processor does. */
  #used(plugin: HostedPlugin, cpuMs: number): void {
    const now = performance.now();
    plugin.cpu.add(cpuMs, now);
    const usedMs = plugin.cpu.usedMs(now);
    if (usedMs <= plugin.cpuMsPerMinute) return;
    const reason = `it used ${usedMs} ms of processor time within a minute, of ${plugin.cpuMsPerMinute} that it may use`;
    this.#options.onEnded(plugin, { reason, mayPass: true });
  }

  #turned(plugin: HostedPlugin, texts: readonly string[]): void {
    const { clock, onEnded, onStopped } = this.#options;
    const { life } = plugin;
    // An action may end the plugin or move it elsewhere, and with it goes all that it still asks for.
    const goesOn = (): boolean => plugin.alive && plugin.life === life;
    try {
      for (const action of parseActions(texts)) {
        if (goesOn()) this.#take(plugin, action);
      }
      if (goesOn() && plugin.phase === 'loading') {
        throw new ShapeError('', 'a file that describes no plugin');
      }
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      const reason = `it handed over what is no action: ${error.message}`;
      onEnded(plugin, { reason, mayPass: false });
    }
    if (!goesOn()) return;
    const characters = texts.reduce((sum, { length }) => sum + length, 0);
    plugin.turned(characters, performance.now(), clock.now());
    if (!plugin.alive) onStopped(plugin);
  }

  #take(plugin: HostedPlugin, action: Action): void {
    const { insight, admission, capabilities, hooks, onReady, onEnded } = this.#options;
    switch (action.type) {
      case 'described':
        admission.describe(plugin, action.manifest);
        break;
      case 'command':
        plugin.addCommand(action);
        break;
      case 'listens':
        plugin.listens(action.event);
        break;
      case 'ready':
        onReady(plugin);
        break;
      case 'failed':
        onEnded(plugin, { reason: plugin.explain(action), mayPass: true });
        break;
      case 'traced':
        insight.traced(action, plugin.name);
        break;
      case 'hook':
        hooks.declare(plugin, action);
        break;
      case 'verdict':
        hooks.answer(plugin, action.call, action.verdict);
        break;
      default:
        capabilities.run(plugin, action);
    }
  }
}
