/** Plugins that take too long over a message: whatever waits behind it goes on without. */

import type { Clock } from './clock.ts';
import { limits } from './limits.ts';
import type { HostedPlugin } from './plugin.ts';

/** Milliseconds between looks at what is being handled, while anything is. */
const lookMs = 5000;

/** Looks at the plugins that are handling something. */
export class Overdue {
  readonly #clock: Clock;
  readonly #onOverdue: (plugin: HostedPlugin, count: number) => void;
  readonly #plugins = new Set<HostedPlugin>();
  #cancel: (() => void) | undefined;

  /** `onOverdue` is told of each plugin that took too long over so many messages, and has been told so. */
  constructor(clock: Clock, onOverdue: (plugin: HostedPlugin, count: number) => void) {
    this.#clock = clock;
    this.#onOverdue = onOverdue;
  }

  /** The plugin has begun to handle something. */
  watch(plugin: HostedPlugin): void {
    this.#plugins.add(plugin);
    this.#cancel ??= this.#clock.setTimer(() => this.#look(), lookMs);
  }

  /** No look comes any more. */
  close(): void {
    this.#cancel?.();
  }

  #look(): void {
    this.#cancel = undefined;
    for (const plugin of [...this.#plugins]) {
      const messages = plugin.handling.overdue(this.#clock.now());
      if (messages.length > 0) {
        plugin.control({ type: 'overdue', messages });
        this.#onOverdue(plugin, messages.length);
      }
      if (!plugin.handling.isBusy) this.#plugins.delete(plugin);
    }
    if (this.#plugins.size > 0) this.#cancel = this.#clock.setTimer(() => this.#look(), lookMs);
  }
}

/** What is logged of it. */
export function overdueWords(count: number): string {
  const what = count === 1 ? 'a message' : `${count} messages`;
  return `took more than ${limits.handlingMs / 1000} s over ${what}: the next ones go on`;
}
