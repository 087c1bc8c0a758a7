/** The `chat` object: what JavaScript at the prompt and in scripts can do. */

import { setTimeout as delay } from 'node:timers/promises';
import {
  type Administration,
  BanterError,
  type ChatMessage,
  type ClientEvents,
  type Committed,
  type Delivered,
  type DirectoryEntry,
  type GroupMessage,
  type HistoryOptions,
  type Moderation,
  type Stored,
} from '../core/client-api.ts';
import { abortable, aborted } from './abort.ts';
import { checkTexts } from './chat-arguments.ts';
import type { ChatClient, ChatPlugins } from './chat-client.ts';
import type { MessageMatch, WaitOptions } from './inbox.ts';
import type { ChatSession } from './session.ts';
import { didYouMean } from './suggestion.ts';

/** What the object needs to know of its surroundings. */
export interface ChatObjectOptions {
  readonly session: ChatSession;
  /** The signal of the evaluation that calls, if any. */
  readonly currentSignal: () => AbortSignal | undefined;
  /** Told of what a listener threw: it must not reach the client. */
  readonly onListenerError: (error: unknown) => void;
  /** Told of what the person should know. */
  readonly onNotice: (text: string) => void;
}

/** Which messages of the past. */
export type PastOptions = Omit<HistoryOptions, 'signal'> & {
  /** Default: the current group. */
  readonly group?: string;
};

/** Who is told of an event; may be asynchronous. */
export type ChatListener<Name extends keyof ClientEvents> = (
  ...values: ClientEvents[Name]
) => unknown;

const eventNames: readonly (keyof ClientEvents)[] = [
  'messageReceived',
  'groupMessageReceived',
  'privateMessageReceived',
  'privateMessageHeldBack',
  'privateMessageDelivered',
  'privateMessageLost',
  'memberJoined',
  'memberLeft',
  'roleChanged',
  'topicChanged',
  'muteChanged',
  'invited',
  'settingsChanged',
  'directoryChanged',
  'groupLost',
  'gapFound',
  'announced',
  'disconnected',
  'reconnected',
  'closed',
];

const listenersMax = 1000;

/**
 * Talks to the chat from code. Every method that waits rejects with `ABORTED` once its evaluation was interrupted,
 * so that Ctrl-C ends loops too.
 */
export class Chat {
  readonly #session: ChatSession;
  readonly #options: ChatObjectOptions;
  readonly #listeners = new ListenerTable();

  constructor(options: ChatObjectOptions) {
    this.#options = options;
    this.#session = options.session;
  }

  /** Your own name. */
  get me(): string {
    return this.#client.name;
  }

  /** The current group, if any. */
  get group(): string | undefined {
    return this.#session.group;
  }

  /** The groups you are in. */
  get groups(): readonly string[] {
    return this.#client.groups;
  }

  /** Those the server tells of by itself, sorted by name: everybody unless the server is large; see `list_users`. */
  get users(): readonly DirectoryEntry[] {
    return this.#session.users();
  }

  /** The plugin runtime, if there is one. */
  get plugins(): ChatPlugins | undefined {
    return this.#session.plugins;
  }

  /** Roles, bans, mutes and topics: `chat.moderation.kick("ops", "eve")`. */
  get moderation(): Moderation {
    return this.#client.moderation.within((work) => this.#call(work));
  }

  /** What an operator of the server can do: `chat.administration.ban("eve", "spam")`. */
  get administration(): Administration {
    return this.#client.administration.within((work) => this.#call(work));
  }

  /** Sends a private message; resolves when the other client has it, or the server keeps it for who is absent. @throws BanterError as `Client.send` */
  send(to: string, text: string): Promise<Delivered | Stored> {
    return this.#call((signal) => {
      checkTexts('chat.send(to, text)', { to, text });
      return this.#session.send(to, text, signal);
    });
  }

  /** Sends to a group, by default the current one; resolves when the server has given the message its place. @throws BanterError as `Client.sendGroup` */
  sendGroup(...target: [text: string] | [group: string, text: string]): Promise<Committed> {
    return this.#call((signal) => {
      const [group, text] =
        target.length === 2 ? target : [this.#session.groupOr(undefined), ...target];
      checkTexts('chat.sendGroup([group,] text)', { group, text });
      return this.#client.sendGroup(group, text, withSignal(signal));
    });
  }

  /** Creates a group without joining it. */
  createGroup(group: string): Promise<void> {
    return this.#call(() => {
      checkTexts('chat.createGroup(group)', { group });
      return this.#client.createGroup(group);
    });
  }

  /** The names of all groups, sorted. */
  listGroups(): Promise<readonly string[]> {
    return this.#call(() => this.#session.listGroups());
  }

  /** Joins a group, with its password if it asks for one, or turns to one you are in. */
  joinGroup(group: string, password?: string): Promise<void> {
    return this.#call(() => {
      checkTexts('chat.joinGroup(group[, password])', { group }, { password });
      return this.#session.joinGroup(group, password);
    });
  }

  /** Leaves a group, by default the current one. */
  leaveGroup(group?: string): Promise<void> {
    return this.#call(() => {
      checkTexts('chat.leaveGroup([group])', {}, { group });
      return this.#client.leaveGroup(this.#session.groupOr(group));
    });
  }

  /** The members of a group, by default the current one, in the order in which they joined. */
  listMembers(group?: string): Promise<readonly string[]> {
    return this.#call(() => {
      checkTexts('chat.listMembers([group])', {}, { group });
      return this.#client.listMembers(this.#session.groupOr(group));
    });
  }

  /** What was said last in a group, by default the current one: newest first, 50 messages by default. @throws BanterError as `Client.history` */
  history({ group, ...options }: PastOptions = {}): Promise<readonly GroupMessage[]> {
    return this.#call((signal) => {
      checkTexts('chat.history({ group })', {}, { group });
      const past = { ...options, ...withSignal(signal) };
      return this.#client.history(this.#session.groupOr(group), past);
    });
  }

  /** The same of messages that contain all the words. @throws BanterError as `Client.search` */
  search(words: string, { group, ...options }: PastOptions = {}): Promise<readonly GroupMessage[]> {
    return this.#call((signal) => {
      checkTexts('chat.search(words, { group })', { words }, { group });
      const past = { ...options, ...withSignal(signal) };
      return this.#client.search(this.#session.groupOr(group), words, past);
    });
  }

  /**
   * Takes the oldest message received that fits, or waits for one.
   * A script's inbox holds what came since it began; at the prompt, since the line before this one.
   * At most 10,000 messages are kept; when older ones had to be dropped, the next call says how many.
   * @throws BanterError TIMED_OUT, ABORTED, CLOSED
   */
  next(match?: MessageMatch, options: Pick<WaitOptions, 'timeoutMs'> = {}): Promise<ChatMessage> {
    const signal = this.#options.currentSignal();
    const dropped = this.#session.inbox.takeDropped();
    if (dropped > 0)
      this.#options.onNotice(`${dropped} older messages were dropped from the inbox`);
    return this.#session.inbox.next(match, { ...options, signal });
  }

  /** Takes every message, oldest first, until the loop is left. @throws BanterError ABORTED, CLOSED */
  async *messages(): AsyncGenerator<ChatMessage, void, void> {
    for (;;) yield await this.next();
  }

  /** Waits. @throws BanterError ABORTED */
  async sleep(ms: number): Promise<void> {
    const signal = this.#options.currentSignal();
    await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {
      throw aborted();
    });
  }

  /** Calls `listener` at every event of that name (see `ClientEvents`); what it throws is shown and goes no further. At most 1000 listeners. */
  on<Name extends keyof ClientEvents>(event: Name, listener: ChatListener<Name>): this {
    return this.#listen(event, listener, false);
  }

  /** As {@link on}, for the next event only. */
  once<Name extends keyof ClientEvents>(event: Name, listener: ChatListener<Name>): this {
    return this.#listen(event, listener, true);
  }

  /** Ends what {@link on} began. */
  off<Name extends keyof ClientEvents>(event: Name, listener: ChatListener<Name>): this {
    this.#listeners.remove(event, listener);
    return this;
  }

  get #client(): ChatClient {
    return this.#session.client;
  }

  async #call<Value>(work: (signal: AbortSignal | undefined) => Promise<Value>): Promise<Value> {
    const signal = this.#options.currentSignal();
    // Ctrl-C may break code that does not yield anywhere; no part of the client may be running within it.
    await undefined;
    return abortable(signal, async () => work(signal));
  }

  #listen<Name extends keyof ClientEvents>(
    event: Name,
    listener: ChatListener<Name>,
    once: boolean,
  ): this {
    if (!eventNames.includes(event)) {
      const hint = didYouMean(event, eventNames) || `; known are ${eventNames.join(', ')}`;
      throw new BanterError('OPTION_INVALID', `no event "${event}"${hint}`);
    }
    const client = this.#client;
    const guarded = (...values: ClientEvents[Name]): void => {
      if (once) this.off(event, listener);
      void this.#guard(() => listener(...values));
    };
    this.#listeners.add(event, listener, () => client.off(event, guarded));
    client.on(event, guarded);
    return this;
  }

  async #guard(listener: () => unknown): Promise<void> {
    try {
      await listener();
    } catch (error) {
      this.#options.onListenerError(error);
    }
  }
}

/** Options take no `undefined`. */
function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** Which listeners there are and how each is taken off its client. */
class ListenerTable {
  readonly #entries: { event: string; listener: unknown; remove: () => void }[] = [];

  add(event: string, listener: unknown, remove: () => void): void {
    if (this.#entries.length >= listenersMax) {
      throw new BanterError(
        'OPTION_INVALID',
        `there are ${listenersMax} listeners already; take some off`,
      );
    }
    this.#entries.push({ event, listener, remove });
  }

  remove(event: string, listener: unknown): void {
    const index = this.#entries.findIndex(
      (entry) => entry.event === event && entry.listener === listener,
    );
    const [entry] = index < 0 ? [] : this.#entries.splice(index, 1);
    entry?.remove();
  }
}
