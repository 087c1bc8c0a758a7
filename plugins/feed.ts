/** What happens at a client, as facts for plugins. */

import type {
  ClientEvents,
  Committed,
  Cursors,
  Delivered,
  GroupMessage,
  HistoryOptions,
  Interceptor,
  PrivateMessage,
  SendOptions,
  Stored,
} from '../core/client-api.ts';
import type { PluginEvent } from './bridge.ts';
import type { ModeratingClient } from './moderating.ts';
import type { StandingClient } from './standing.ts';

/** What plugins need of a client. */
export interface PluginClient extends StandingClient {
  readonly moderation: StandingClient['moderation'] & ModeratingClient['moderation'];
  readonly name: string;
  /** Tells servers apart: the same name at another server is another client. */
  readonly serverFingerprint: string;
  readonly connected: boolean;
  readonly cursors: Pick<Cursors, 'hold'>;
  history(group: string, options?: HistoryOptions): Promise<readonly GroupMessage[]>;
  search(group: string, words: string, options?: HistoryOptions): Promise<readonly GroupMessage[]>;
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

/** One event for many plugins, written as JSON once. Whoever keeps it retains it, and releases it once it is handled. */
export class Fact {
  readonly event: PluginEvent;
  readonly #onHandled: () => void;
  #json: string | undefined;
  #holders = 1;

  /** Whoever makes it holds it; `onHandled` is called once nobody does any more. */
  constructor(event: PluginEvent, onHandled: () => void = () => undefined) {
    this.event = event;
    this.#onHandled = onHandled;
  }

  get json(): string {
    this.#json ??= JSON.stringify(this.event);
    return this.#json;
  }

  /** The number by which its handling is told; undefined for what is handled when its turn is over. */
  get number(): number | undefined {
    return 'number' in this.event ? this.event.number : undefined;
  }

  retain(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#onHandled();
  }

  /**
   * The same message as one that is handled again, in place of this one; undefined, and this released, for what cannot be
   * told twice. A private message has no other mark of being late than that it was kept.
   */
  again(): Fact | undefined {
    const { event } = this;
    const handled = (): void => this.release();
    switch (event.type) {
      case 'message':
        return new Fact({ ...event, message: { ...event.message, recovered: true } }, handled);
      case 'private':
        return new Fact({ ...event, message: { ...event.message, kept: true } }, handled);
      default:
        this.release();
        return undefined;
    }
  }
}

/** Listens to a client until the returned function is called; `numberOf` gives messages their numbers. Its own messages a client is never told. */
export function listen(
  client: PluginClient,
  numberOf: (message: GroupMessage | PrivateMessage) => number,
  tell: (fact: Fact) => void,
): () => void {
  const undo: (() => void)[] = [];
  const hear = <E extends keyof ClientEvents>(
    event: E,
    toFact: (...told: ClientEvents[E]) => PluginEvent | Fact,
  ): void => {
    const listener = (...told: ClientEvents[E]): void => {
      const made = toFact(...told);
      const fact = made instanceof Fact ? made : new Fact(made);
      tell(fact);
      fact.release();
    };
    client.on(event, listener);
    undo.push(() => void client.off(event, listener));
  };
  hear('groupMessageReceived', (message) => {
    const number = numberOf(message);
    return new Fact({ type: 'message', number, message }, client.cursors.hold(message));
  });
  hear('privateMessageReceived', (message) => {
    return { type: 'private', number: numberOf(message), message };
  });
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
