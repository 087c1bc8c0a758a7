/** The moment in which a new version of a plugin takes over from the one before: nothing is lost in it, nothing done twice. */

import { BanterError } from '../core/error-api.ts';
import type { Capabilities } from './capabilities.ts';
import type { Clock } from './clock.ts';
import type { HostedPlugin } from './plugin.ts';

/** Milliseconds for which a plugin may go on with what it was told, before another version is told what comes next. */
const drainMs = 1000;

/** Milliseconds for which what was replaced may end what it has begun. */
const lingerMs = 5000;

/** Milliseconds between looks whether it has. */
const lookMs = 5;

/** What a replacement works with. */
export interface ReplacementOptions {
  readonly capabilities: Capabilities;
  readonly clock: Clock;
  /** It runs: tells whoever should know. */
  readonly onRunning: (plugin: HostedPlugin, old: HostedPlugin) => void;
  /** Whether something that a plugin has begun, or was asked, is still to be answered. */
  readonly owes: (plugin: HostedPlugin) => boolean;
  /** It cannot take over; the other one stays. */
  readonly refuse: (plugin: HostedPlugin, reason: string, cause?: BanterError) => void;
  /** Lets a plugin say goodbye. */
  readonly stop: (plugin: HostedPlugin) => Promise<void>;
}

/** Replaces plugins whose `setup` is done. */
export class Replacement {
  readonly #options: ReplacementOptions;
  #closed = false;

  constructor(options: ReplacementOptions) {
    this.#options = options;
  }

  /** Nothing lingers any more. */
  close(): void {
    this.#closed = true;
  }

  /**
   * The old one is held until it has handled what it was told, which keeps the order; its jobs and then the events that
   * wait for it go to the new one. Whatever ends either of them meanwhile ends this, and is dealt with where it happened.
   */
  async takeOver(plugin: HostedPlugin, old: HostedPlugin): Promise<void> {
    const { life } = plugin;
    const isOff = (): boolean => !plugin.alive || plugin.life !== life;
    old.hold();
    try {
      await this.#until(drainMs, () => !old.alive || !(old.busy || old.handling.isBusy));
      if (isOff()) return old.release();
      await this.#options.capabilities.takeOver(old, plugin);
    } catch (error) {
      old.release();
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.refuse(plugin, reason, error instanceof BanterError ? error : undefined);
      return;
    }
    if (isOff()) return old.release();
    plugin.ready(old.retire());
    this.#options.onRunning(plugin, old);
    await this.#linger(old);
  }

  /** What was begun in its last batches has answers coming. */
  async #linger(old: HostedPlugin): Promise<void> {
    const { owes, stop } = this.#options;
    await this.#until(lingerMs, () => !old.alive || (old.idle && !owes(old)));
    await stop(old);
  }

  async #until(ms: number, isDone: () => boolean): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.now() + ms;
    while (!this.#closed && !isDone() && clock.now() < untilMs) {
      await new Promise<void>((resolve) => clock.setTimer(resolve, lookMs));
    }
  }
}
