/** The state that prompt, scripts and pipes share: the client, the current group, what is unread, the inbox. */

import {
  BanterError,
  type ClientEvents,
  type Delivered,
  type DirectoryEntry,
  type Stored,
} from '../core/client-api.ts';
import type { ChatClient, ChatPlugins } from './chat-client.ts';
import { Inbox } from './inbox.ts';
import { didYouMean } from './suggestion.ts';

/** Nobody reads a longer list, and a large server takes its time to tell it. */
const usersListedMax = 2000;

/** What a session is made of. */
export interface SessionOptions {
  readonly client: ChatClient;
  /** Absent: the `plugin` command refuses. */
  readonly plugins?: ChatPlugins | undefined;
}

/** One client's chat as its owner sees it. Unread counters are kept per group and cleared when the group is turned to. */
export class ChatSession {
  readonly client: ChatClient;
  readonly plugins: ChatPlugins | undefined;
  /** Everything received, for `chat.next()`. */
  readonly inbox: Inbox = new Inbox();
  /** Resolves when the client is closed; with the error if it gave up by itself. */
  readonly ended: Promise<Error | undefined>;
  #current: string | undefined;
  #knownGroups: readonly string[] = [];
  #heldBack = 0;
  #leaving = false;
  readonly #unread = new Map<string, number>();
  readonly #detach: () => void;

  constructor({ client, plugins }: SessionOptions) {
    this.client = client;
    this.plugins = plugins;
    const ended = Promise.withResolvers<Error | undefined>();
    this.ended = ended.promise;
    const received = (...[message]: ClientEvents['messageReceived']): void => {
      this.inbox.push(message);
      if (message.type === 'group') this.#count(message.group);
    };
    const heldBack = (): void => {
      this.#heldBack++;
    };
    const shown = (...[message]: ClientEvents['privateMessageReceived']): void => {
      if (message.heldBack) this.#heldBack = 0;
    };
    const closed = (...[error]: ClientEvents['closed']): void => {
      this.inbox.close();
      ended.resolve(error);
    };
    client.on('messageReceived', received);
    client.on('privateMessageHeldBack', heldBack);
    client.on('privateMessageReceived', shown);
    client.on('closed', closed);
    this.#detach = () => {
      client.off('messageReceived', received);
      client.off('privateMessageHeldBack', heldBack);
      client.off('privateMessageReceived', shown);
      client.off('closed', closed);
    };
  }

  /** The group that `send_group` speaks to: the one last turned to, else the one joined last. */
  get group(): string | undefined {
    const { groups } = this.client;
    return this.#current !== undefined && groups.includes(this.#current)
      ? this.#current
      : groups.at(-1);
  }

  /** Messages of other groups since they were turned to, and private ones held back. */
  get unread(): number {
    const current = this.group;
    let sum = this.#heldBack;
    for (const [group, count] of this.#unread) if (group !== current) sum += count;
    return sum;
  }

  /** The groups that the server named last, and the own ones; may be out of date. */
  get knownGroups(): readonly string[] {
    return [...new Set([...this.#knownGroups, ...this.client.groups])].sort();
  }

  /** Whether the owner asked to exit. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** The given group, or the current one. @throws BanterError NOT_MEMBER when there is neither */
  groupOr(group: string | undefined): string {
    const chosen = group ?? this.group;
    if (chosen !== undefined) return chosen;
    throw new BanterError('NOT_MEMBER', 'you are in no group; join one with "join_group <group>"');
  }

  /** Sends a private message. @throws BanterError as `Client.send`; USER_UNKNOWN with the name that was probably meant */
  async send(
    to: string,
    text: string,
    signal: AbortSignal | undefined,
  ): Promise<Delivered | Stored> {
    try {
      return await this.client.send(to, text, signal === undefined ? {} : { signal });
    } catch (error) {
      if (!(error instanceof BanterError) || error.code !== 'USER_UNKNOWN') throw error;
      const hint = didYouMean(to, this.client.directory.keys());
      const options = { cause: error, data: { name: to } };
      throw new BanterError('USER_UNKNOWN', `no user "${to}"${hint}`, options);
    }
  }

  /** The names of all groups, sorted. */
  async listGroups(): Promise<readonly string[]> {
    this.#knownGroups = await this.client.listGroups();
    return this.#knownGroups;
  }

  /** Joins a group and turns to it; one that is joined already is just turned to. @throws BanterError as the client does */
  async joinGroup(group: string, password?: string): Promise<void> {
    if (!this.client.groups.includes(group)) await this.#join(group, password);
    this.#current = group;
    this.#unread.delete(group);
  }

  /** Those the server tells of by itself, sorted by name: everybody unless the server is large. */
  users(): readonly DirectoryEntry[] {
    return [...this.client.directory.values()].sort((left, right) =>
      left.name.localeCompare(right.name),
    );
  }

  /** Everybody whose name begins with `prefix`, sorted by name, asked of the server if it is large; `more` if there are more. */
  async listUsers(
    prefix: string,
  ): Promise<{ readonly users: readonly DirectoryEntry[]; readonly more: boolean }> {
    const users = await this.client.listUsers({ prefix, limit: usersListedMax + 1 });
    return { users: users.slice(0, usersListedMax), more: users.length > usersListedMax };
  }

  /** De-registers; whoever shows the prompt or runs the script ends then. */
  async exit(): Promise<void> {
    this.#leaving = true;
    await this.client.close();
  }

  /** Stops listening to the client. */
  [Symbol.dispose](): void {
    this.#detach();
  }

  async #join(group: string, password: string | undefined): Promise<void> {
    try {
      await this.client.joinGroup(group, password === undefined ? {} : { password });
    } catch (error) {
      if (!(error instanceof BanterError) || error.code !== 'GROUP_UNKNOWN') throw error;
      const hint = didYouMean(group, this.knownGroups);
      if (hint === '') throw error;
      throw new BanterError('GROUP_UNKNOWN', `no group "${group}"${hint}`, { cause: error });
    }
  }

  #count(group: string): void {
    if (group === this.group) this.#unread.delete(group);
    else this.#unread.set(group, (this.#unread.get(group) ?? 0) + 1);
    // Groups left meanwhile no longer count; what remains is bounded by the memberships.
    for (const known of this.#unread.keys()) {
      if (!this.client.groups.includes(known)) this.#unread.delete(known);
    }
  }
}
