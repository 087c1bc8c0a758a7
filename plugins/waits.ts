/** Plugins that wait for a while: there are no timers in an isolate. */

import { BanterError } from '../core/error-api.ts';
import type { Clock } from './clock.ts';
import { limits } from './limits.ts';
import type { HostedPlugin } from './plugin.ts';

interface Wait {
  readonly cancel: () => void;
  readonly end: () => void;
}

/** The waits of all plugins; as many of one as it may have questions. */
export class Waits {
  readonly #clock: Clock;
  readonly #byPlugin = new Map<HostedPlugin, Map<number, Wait>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after so many milliseconds, or once `end` is called. Rejects with RATE_LIMITED. */
  async begin(plugin: HostedPlugin, id: number, ms: number): Promise<void> {
    const waits = this.#byPlugin.get(plugin) ?? new Map<number, Wait>();
    if (waits.size >= limits.questionsMax) {
      throw new BanterError('RATE_LIMITED', `${limits.questionsMax} questions are open already`);
    }
    this.end(plugin, id);
    this.#byPlugin.set(plugin, waits);
    await new Promise<void>((resolve) => {
      waits.set(id, { cancel: this.#clock.setTimer(resolve, ms), end: resolve });
    });
    waits.delete(id);
    if (waits.size === 0) this.#byPlugin.delete(plugin);
  }

  /** The plugin waits no more for the action of this number. */
  end(plugin: HostedPlugin, id: number): void {
    const wait = this.#byPlugin.get(plugin)?.get(id);
    wait?.cancel();
    wait?.end();
  }

  /** The plugin's isolate is gone, and with it all that it waited for. */
  forget(plugin: HostedPlugin): void {
    for (const id of this.#byPlugin.get(plugin)?.keys() ?? []) this.end(plugin, id);
  }

  /** Ends all. */
  close(): void {
    for (const plugin of this.#byPlugin.keys()) this.forget(plugin);
  }
}
