/** What became of private messages that the server keeps for who is absent, told those plugins that sent them. */

import { BanterError } from '../core/error-api.ts';
import type { PluginClient } from './feed.ts';
import type { HostedPlugin } from './plugin.ts';

interface Message {
  readonly plugin: string;
  /** Whether its recipient has it; undefined as long as that is open. */
  hasArrived: boolean | undefined;
}

interface Waiting {
  readonly plugin: HostedPlugin;
  readonly mid: string;
  readonly tell: (hasArrived: boolean) => void;
}

/** Messages that are remembered; of the oldest nothing is known any more. */
const messagesMax = 1000;

/** Questions of one plugin that wait; one more is refused. */
const waitingMax = 64;

/** Outcomes that are remembered of messages of others, or not of any yet. */
const earlyMax = 64;

/** Remembers what was stored, from when it was sent until this process ends. */
export class Arrivals {
  readonly #messages = new Map<string, Message>();
  readonly #waiting = new Set<Waiting>();
  /** Outcomes of what was not added yet, if it ever will be: one may overtake the receipt by a moment. */
  readonly #early = new Map<string, boolean>();
  readonly #stop: () => void;

  constructor(client: Pick<PluginClient, 'on' | 'off'>) {
    const arrived = ({ mid }: { readonly mid: string }): void => this.#settle(mid, true);
    const lost = ({ mid }: { readonly mid: string }): void => this.#settle(mid, false);
    client.on('privateMessageDelivered', arrived);
    client.on('privateMessageLost', lost);
    this.#stop = () => {
      client.off('privateMessageDelivered', arrived);
      client.off('privateMessageLost', lost);
    };
  }

  /** A plugin has sent what the server keeps. */
  add(plugin: string, mid: string): void {
    if (this.#messages.has(mid)) return;
    this.#messages.set(mid, { plugin, hasArrived: this.#early.get(mid) });
    this.#early.delete(mid);
    const [oldest = mid] = this.#messages.keys();
    if (this.#messages.size <= messagesMax) return;
    this.#messages.delete(oldest);
    this.#tell(oldest, false);
  }

  /**
   * Resolves with whether the recipient has a message of the plugin, once that is known; with false when nobody will know.
   * @throws BanterError RATE_LIMITED
   */
  async of(plugin: HostedPlugin, mid: string): Promise<boolean> {
    const message = this.#messages.get(mid);
    if (message?.plugin !== plugin.name) return false;
    if (message.hasArrived !== undefined) return message.hasArrived;
    const own = [...this.#waiting].filter((waiting) => waiting.plugin === plugin);
    if (own.length >= waitingMax) {
      throw new BanterError('RATE_LIMITED', `${waitingMax} arrivals are waited for already`);
    }
    return new Promise((tell) => this.#waiting.add({ plugin, mid, tell }));
  }

  /** The plugin's isolate is gone, and with it all that it waited for. */
  forget(plugin: HostedPlugin): void {
    for (const waiting of this.#waiting) {
      if (waiting.plugin === plugin) this.#end(waiting, false);
    }
  }

  /** Nothing is waited for any more. */
  close(): void {
    this.#stop();
    for (const waiting of this.#waiting) this.#end(waiting, false);
  }

  #settle(mid: string, hasArrived: boolean): void {
    const message = this.#messages.get(mid);
    if (message === undefined) {
      this.#early.set(mid, hasArrived);
      const [oldest = mid] = this.#early.keys();
      if (this.#early.size > earlyMax) this.#early.delete(oldest);
      return;
    }
    message.hasArrived = hasArrived;
    this.#tell(mid, hasArrived);
  }

  #tell(mid: string, hasArrived: boolean): void {
    for (const waiting of this.#waiting) {
      if (waiting.mid === mid) this.#end(waiting, hasArrived);
    }
  }

  #end(waiting: Waiting, hasArrived: boolean): void {
    this.#waiting.delete(waiting);
    waiting.tell(hasArrived);
  }
}
