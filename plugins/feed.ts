/** What happens at a client, as facts for plugins. */

import type {
  ClientEvents,
  Committed,
  Delivered,
  GroupMessage,
  Interceptor,
  PrivateMessage,
  SendOptions,
  Stored,
} from '../core/client-api.ts';
import type { PluginEvent } from './bridge.ts';
import type { StandingClient } from './standing.ts';

/** What plugins need of a client. */
export interface PluginClient extends StandingClient {
  readonly name: string;
  /** Tells servers apart: the same name at another server is another client. */
  readonly serverFingerprint: string;
  readonly connected: boolean;
  send(to: string, text: string, options?: SendOptions): Promise<Delivered | Stored>;
  sendGroup(group: string, text: string, options?: SendOptions): Promise<Committed>;
  /** Lets somebody change or stop what it tells and sends. */
  intercept(interceptor: Interceptor | undefined): void;
  on<E extends keyof ClientEvents>(event: E, listener: (...told: ClientEvents[E]) => void): unknown;
  off<E extends keyof ClientEvents>(
    event: E,
    listener: (...told: ClientEvents[E]) => void,
  ): unknown;
}

/** One event for many plugins, written as JSON once. */
export class Fact {
  readonly event: PluginEvent;
  #json: string | undefined;

  constructor(event: PluginEvent) {
    this.event = event;
  }

  get json(): string {
    this.#json ??= JSON.stringify(this.event);
    return this.#json;
  }

  /** The same message as one that is handled again; undefined for what cannot be told twice. */
  again(): Fact | undefined {
    const { event } = this;
    return event.type === 'message'
      ? new Fact({ ...event, message: { ...event.message, recovered: true } })
      : undefined;
  }
}

/** Listens to a client until the returned function is called; `traceOf` gives messages their numbers. Its own messages a client is never told. */
export function listen(
  client: PluginClient,
  traceOf: (message: GroupMessage | PrivateMessage) => number,
  tell: (fact: Fact) => void,
): () => void {
  const undo: (() => void)[] = [];
  const hear = <E extends keyof ClientEvents>(
    event: E,
    toEvent: (...told: ClientEvents[E]) => PluginEvent,
  ): void => {
    const listener = (...told: ClientEvents[E]): void => tell(new Fact(toEvent(...told)));
    client.on(event, listener);
    undo.push(() => void client.off(event, listener));
  };
  hear('groupMessageReceived', (message) => ({
    type: 'message',
    message,
    trace: traceOf(message),
  }));
  hear('privateMessageReceived', (message) => ({
    type: 'private',
    message,
    trace: traceOf(message),
  }));
  hear('memberJoined', (member) => ({ type: 'joined', ...member }));
  hear('memberLeft', (member) => ({ type: 'left', ...member }));
  hear('groupLost', (group, reason) => ({ type: 'removed', group, reason }));
  hear('gapFound', (group, count) => ({ type: 'gap', group, count }));
  hear('reconnected', () => ({ type: 'connected' }));
  hear('disconnected', (reason) => ({ type: 'disconnected', reason }));
  return () => {
    for (const stop of undo) stop();
  };
}
