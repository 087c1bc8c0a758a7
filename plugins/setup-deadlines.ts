/** How long plugins may take for their `setup`. */

import type { Clock } from './clock.ts';
import { limits } from './limits.ts';
import type { HostedPlugin } from './plugin.ts';

/** One deadline for each plugin that sets itself up; the runtime bounds its plugins. */
export class SetupDeadlines {
  readonly #clock: Clock;
  readonly #onLate: (plugin: HostedPlugin) => void;
  /** What cancels the timer, by slot. */
  readonly #running = new Map<number, () => void>();

  constructor(clock: Clock, onLate: (plugin: HostedPlugin) => void) {
    this.#clock = clock;
    this.#onLate = onLate;
  }

  /** A plugin begins its `setup`. */
  begin(plugin: HostedPlugin): void {
    const cancel = this.#clock.setTimer(() => {
      // What is under way at the child is bounded there, by what it uses: a busy machine is nobody's fault.
      if (plugin.busy) this.begin(plugin);
      else this.#onLate(plugin);
    }, limits.setupMs);
    this.#running.set(plugin.slot, cancel);
  }

  /** It is done, or has ended. */
  end(plugin: HostedPlugin): void {
    this.#running.get(plugin.slot)?.();
    this.#running.delete(plugin.slot);
  }
}
