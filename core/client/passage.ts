/** The way between a client and its owner, where somebody may change or stop what is told and sent; everything keeps its order. */

import { Fifo } from '../chat/fifo.ts';
import type { ChatMessage, GroupMessage, Receipt } from '../chat/types.ts';
import type { ClientEvents } from './events.ts';
import type { LeftMessage } from './mail.ts';
import { checkedHops, type SendOptions } from './options.ts';
import type { Outgoing, SentMessage, Target } from './outgoing.ts';
import { unlessAborted } from './pacing.ts';

/** Decides what passes. It has to decide about everything it was asked, or the client falls silent. */
export interface Interceptor {
  /** Calls `decide` once, now or later: with the message as it is to be told, or with nothing when it is not to be. */
  receive(message: ChatMessage, decide: (message?: ChatMessage) => void): void;
  /** The text to send in its place; what it rejects with, the send rejects with. */
  send(outgoing: Outgoing): string | Promise<string>;
  /** Too much waits: decides at once about everything it was asked. */
  hurry(): void;
}

/** Who tells the events of a client. */
export interface Teller {
  emit<Name extends keyof ClientEvents>(event: Name, ...values: ClientEvents[Name]): unknown;
}

/** The same, which knows whether anybody listens. */
interface Owner extends Teller {
  listenerCount(event: keyof ClientEvents): number;
}

/** What a passage works with. */
export interface PassageOptions {
  /** Keeps a message that has to wait from counting as handled until the function it returns is called. */
  readonly hold: (message: GroupMessage) => () => void;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

/** Events and messages that wait for a decision about one before them; at one more the interceptor is hurried. */
const waitingMax = 10_000;

interface Entry {
  tell: (() => void) | undefined;
}

/** Tells events, in their order, and messages as the interceptor decides. Without one nothing ever waits. */
export class Passage implements Teller {
  readonly #teller: Owner;
  readonly #options: PassageOptions;
  #interceptor: Interceptor | undefined;
  /** What waits, oldest first; each is told once its `tell` is there. */
  readonly #waiting = new Fifo<Entry>();
  #isDraining = false;
  #sending = 0;
  #lastSend: Promise<unknown> = Promise.resolve();

  constructor(teller: Owner, options: PassageOptions) {
    this.#teller = teller;
    this.#options = options;
  }

  /** Puts somebody in the way, or nobody; whoever was there before still decides about what it was asked. */
  set interceptor(interceptor: Interceptor | undefined) {
    this.#interceptor = interceptor;
  }

  /** Whether nothing that is sent has to wait for anybody. */
  get isOpen(): boolean {
    return this.#interceptor === undefined && this.#sending === 0;
  }

  /** Tells an event once everything before it has been told. */
  emit<Name extends keyof ClientEvents>(event: Name, ...values: ClientEvents[Name]): void {
    if (this.#waiting.length === 0) this.#teller.emit(event, ...values);
    else this.#enqueue({ tell: () => void this.#teller.emit(event, ...values) });
  }

  /** Tells what became of a private message that the server kept. */
  emitOutcome({ outcome, ...message }: LeftMessage): void {
    if (outcome === 'delivered') this.emit('privateMessageDelivered', message);
    else this.emit('privateMessageLost', { ...message, reason: outcome });
  }

  /** Tells a message as the interceptor decides, by the event of its kind and the one of all messages. */
  deliver(message: ChatMessage): void {
    const interceptor = this.#interceptor;
    if (interceptor === undefined && this.#waiting.length === 0) {
      this.#tell(message);
      return;
    }
    const entry: Entry = { tell: undefined };
    this.#enqueue(entry);
    // Should this process end before it is told, the message comes again.
    const release = message.type === 'group' ? this.#options.hold(message) : undefined;
    const decide = (decided?: ChatMessage): void => {
      entry.tell ??= () => {
        try {
          if (decided !== undefined) this.#tell(decided);
        } finally {
          release?.();
        }
      };
      this.#drain();
    };
    if (interceptor === undefined) decide(message);
    else interceptor.receive(message, decide);
  }

  /**
   * Sends by `transmit`, once it is decided as what and it is this message's turn; tells `messageSent` at last.
   * @throws BanterError MESSAGE_TOO_LONG, TOO_MANY_HOPS, OPTION_INVALID, ABORTED; what the interceptor rejects with, and
   * `transmit`
   */
  async send<Got extends Receipt>(
    target: Target,
    given: string,
    options: SendOptions,
    transmit: (text: string) => Promise<Got>,
  ): Promise<Got> {
    const isFree = this.isOpen;
    if (isFree && this.#teller.listenerCount('messageSent') === 0) return transmit(given);
    const outgoing: Outgoing = { ...target, text: given, origin: options.origin };
    const sinceMs = this.#options.now();
    let text = given;
    const tell = (result: SentMessage['result']): void => {
      const ms = this.#options.now() - sinceMs;
      const sent: SentMessage = { outgoing, text, hops: options.hops ?? 0, result, ms };
      queueMicrotask(() => void this.#teller.emit('messageSent', sent));
    };
    try {
      if (!isFree) text = await this.#decided(outgoing, options);
      const receipt = await transmit(text);
      tell({ type: 'sent', receipt });
      return receipt;
    } catch (error) {
      tell({ type: 'failed', error });
      throw error;
    }
  }

  async #decided(outgoing: Outgoing, options: SendOptions): Promise<string> {
    checkedHops(outgoing.text, options);
    this.#sending += 1;
    const decision = this.#interceptor?.send(outgoing) ?? outgoing.text;
    const turn = Promise.allSettled([this.#lastSend, decision]).then(() => undefined);
    this.#lastSend = turn;
    try {
      await unlessAborted(turn, options.signal);
      return await decision;
    } finally {
      this.#sending -= 1;
    }
  }

  #enqueue(entry: Entry): void {
    this.#waiting.push(entry);
    if (this.#waiting.length > waitingMax) this.#interceptor?.hurry();
  }

  #drain(): void {
    // What a listener sets off stands behind what is being told, which is therefore still in the queue.
    if (this.#isDraining) return;
    this.#isDraining = true;
    let thrown = true;
    try {
      for (;;) {
        const tell = this.#waiting.first?.tell;
        thrown = tell !== undefined;
        if (tell === undefined) return;
        tell();
        this.#waiting.take();
      }
    } finally {
      this.#isDraining = false;
      // What a listener throws is its owner's error; what stands behind is told all the same.
      if (thrown) {
        this.#waiting.take();
        queueMicrotask(() => this.#drain());
      }
    }
  }

  #tell(message: ChatMessage): void {
    this.#teller.emit('messageReceived', message);
    if (message.type === 'group') this.#teller.emit('groupMessageReceived', message);
    else this.#teller.emit('privateMessageReceived', message);
  }
}
