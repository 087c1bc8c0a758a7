/** How a bot is, for whoever supervises it: what its health and its metrics are read from. */

import type { ChatMessage, Client } from '../core/client-api.ts';
import type { PluginRuntime, PluginStatus } from '../plugins/index.ts';

/** Why not all is well with a bot. */
export const botProblems = ['starting', 'disconnected', 'pluginQuarantined', 'stopping'] as const;

/** One of {@link botProblems}. */
export type BotProblem = (typeof botProblems)[number];

/** A bot at this moment. Everything counted begins with its process. */
export interface BotStatus {
  /** Empty while all is well. */
  readonly problems: readonly BotProblem[];
  readonly connected: boolean;
  /** Times it came back to its server. */
  readonly reconnects: number;
  /** The groups that it is in. */
  readonly groups: readonly string[];
  /** Messages that it was told, by their kind. */
  readonly messages: Readonly<Record<ChatMessage['type'], number>>;
  /** Datagrams and messages that its client dropped, by reason. */
  readonly drops: ReadonlyMap<string, number>;
  readonly plugins: readonly PluginStatus[];
}

/** Filled by `runBot`, and there before there is a connection: who waits for a server is not well. */
export class BotHealth {
  #phase: 'starting' | 'ready' | 'stopping' = 'starting';
  #client: Client | undefined;
  #runtime: PluginRuntime | undefined;
  #reconnects = 0;
  readonly #messages = { group: 0, private: 0 };

  get status(): BotStatus {
    const plugins = this.#runtime?.list() ?? [];
    const connected = this.#client?.connected ?? false;
    const present: Readonly<Record<BotProblem, boolean>> = {
      starting: this.#phase === 'starting',
      disconnected: !connected,
      pluginQuarantined: plugins.some(({ state }) => state === 'quarantined'),
      stopping: this.#phase === 'stopping',
    };
    return {
      problems: botProblems.filter((problem) => present[problem]),
      connected,
      reconnects: this.#reconnects,
      groups: this.#client?.groups ?? [],
      messages: { ...this.#messages },
      drops: this.#client?.drops ?? new Map(),
      plugins,
    };
  }

  /** There is a connection. */
  watch(client: Client): void {
    this.#client = client;
    client.on('reconnected', () => {
      this.#reconnects += 1;
    });
    client.on('messageReceived', ({ type }) => {
      this.#messages[type] += 1;
    });
  }

  /** Plugins are about to be loaded. */
  runs(runtime: PluginRuntime): void {
    this.#runtime = runtime;
  }

  /** It is in its groups, and its plugins run. */
  ready(): void {
    if (this.#phase === 'starting') this.#phase = 'ready';
  }

  stopping(): void {
    this.#phase = 'stopping';
  }
}
