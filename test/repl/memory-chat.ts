/** A chat in memory with the rules of the default policy: enough of a client for tests of prompt and scripts. */

import { EventEmitter } from 'node:events';
import type { Answer, AnswerOf } from '../../core/client/requests.ts';
import {
  Administration,
  BanterError,
  type ClientEvents,
  type Committed,
  type Delivered,
  type DirectoryEntry,
  defaultPolicy,
  type GroupMessage,
  type HistoryOptions,
  type ListUsersOptions,
  Moderation,
  type Policy,
} from '../../core/index.ts';
import { systemEnvironment } from '../../core/net/system.ts';
import type { ChatClient, ClientListener } from '../../repl/chat-client.ts';

/** What the server answers to each kind of question about order. */
const answers = {
  done: { type: 'done', requestId: 1 },
  banList: {
    type: 'banList',
    requestId: 1,
    bans: [{ name: 'eve', by: 'ann', atMs: 0, reason: 'spam' }],
    next: 0,
  },
  roleList: {
    type: 'roleList',
    requestId: 1,
    roles: [{ name: 'ann', role: 'owner' }],
    next: 0,
  },
  groupDescription: {
    type: 'groupDescription',
    requestId: 1,
    group: 'ops',
    owner: 'ann',
    role: 'owner',
    members: 2,
    topic: 'deploys',
    topicBy: 'ann',
    topicAtMs: 0,
    inviteOnly: false,
    hasPassword: false,
    newcomers: 'member',
    keepAgeMs: 2_592_000_000,
    keepMessages: 0,
    keepBytes: 0,
  },
  operatorList: {
    type: 'operatorList',
    requestId: 1,
    operators: [{ key: new Uint8Array(32).fill(1), name: 'ann', configured: true }],
  },
  accountList: {
    type: 'accountList',
    requestId: 1,
    accounts: [
      {
        name: 'eve',
        key: new Uint8Array(32).fill(2),
        online: false,
        bot: true,
        operator: false,
        banned: true,
        admitted: true,
      },
    ],
    next: 0,
  },
  bannedKeyList: {
    type: 'bannedKeyList',
    requestId: 1,
    bans: [{ key: new Uint8Array(32).fill(2), name: 'eve', reason: 'spam', by: 'ann', atMs: 0 }],
    next: 0,
  },
  admissionList: {
    type: 'admissionList',
    requestId: 1,
    access: 'invitation',
    keys: [{ key: new Uint8Array(32).fill(3), name: '' }],
    next: 0,
  },
  invitationCreated: {
    type: 'invitationCreated',
    requestId: 1,
    invitation: new Uint8Array(4).fill(10),
    token: new Uint8Array(16).fill(11),
    expiresAtMs: 0,
  },
  invitationList: {
    type: 'invitationList',
    requestId: 1,
    invitations: [
      {
        invitation: new Uint8Array(4).fill(10),
        usesLeft: 2,
        expiresAtMs: 0,
        note: 'the class',
        by: 'ann',
      },
    ],
    next: 0,
  },
  auditPage: {
    type: 'auditPage',
    requestId: 1,
    entries: [
      { atMs: 0, by: 'ann', action: 'kick', group: 'ops', target: 'eve', detail: 'calm down' },
      { atMs: 0, by: 'ann', action: 'ban', group: '', target: 'eve', detail: '' },
    ],
    next: 0,
  },
} as const;

/** Nobody proves anything here. */
async function proofless(): Promise<Uint8Array> {
  return new Uint8Array(32);
}

function answerOf<Type extends Answer['type']>(type: Type): AnswerOf<Type> {
  const answer: Answer | undefined = Object.values(answers).find((each) => each.type === type);
  if (answer === undefined) throw new BanterError('BAD_REQUEST', `nobody answers with ${type}`);
  // It was found by its type.
  return answer as AnswerOf<Type>;
}

const sentAtMs = Date.UTC(2026, 0, 1, 12, 4);

/** The network: who is there, which groups, in which order things were said. */
export class MemoryChat {
  readonly clients: Map<string, MemoryClient> = new Map();
  readonly groups: Map<string, { readonly members: Set<string>; seq: number }> = new Map();
  /** Everything that was sent to a group, in order. */
  readonly said: GroupMessage[] = [];
  readonly policy: Policy;

  constructor(policy: Partial<Policy> = {}) {
    this.policy = { ...defaultPolicy, ...policy };
  }

  connect(name: string): MemoryClient {
    const client = new MemoryClient(this, name);
    this.clients.set(name, client);
    return client;
  }
}

/** One client of it. Everything it sent is in `sent`. */
export class MemoryClient implements ChatClient {
  readonly name: string;
  readonly key: string = '00'.repeat(32);
  readonly serverFingerprint = 'fingerprint';
  readonly sent: string[] = [];
  /** Everything is granted, and nothing comes of it. */
  readonly moderation: Moderation = new Moderation(async (body, type) => {
    await this.#turn();
    this.sent.push(JSON.stringify(body));
    return answerOf(type);
  }, proofless);
  readonly administration: Administration = new Administration({
    environment: systemEnvironment,
    ask: async (body, type) => {
      await this.#turn();
      this.sent.push(JSON.stringify(body));
      return answerOf(type);
    },
  });
  readonly #chat: MemoryChat;
  // Its own typing does not follow a generic event name; `on`, `off` and `emit` below do.
  readonly #events = new EventEmitter();
  #closed = false;
  connected = true;

  constructor(chat: MemoryChat, name: string) {
    this.#chat = chat;
    this.name = name;
  }

  get policy(): Policy {
    return this.#chat.policy;
  }

  get directory(): ReadonlyMap<string, DirectoryEntry> {
    const entry = (client: MemoryClient): DirectoryEntry => ({
      name: client.name,
      key: '00'.repeat(32),
      address: { host: '127.0.0.1', port: 1 },
      online: !client.#closed,
      bot: false,
    });
    return new Map([...this.#chat.clients.values()].map((client) => [client.name, entry(client)]));
  }

  async listUsers({
    prefix = '',
    limit,
  }: ListUsersOptions = {}): Promise<readonly DirectoryEntry[]> {
    const users = [...this.directory.values()].filter(({ name }) => name.startsWith(prefix));
    return users.toSorted((a, b) => a.name.localeCompare(b.name)).slice(0, limit);
  }

  get groups(): readonly string[] {
    return [...this.#chat.groups].flatMap(([group, { members }]) =>
      members.has(this.name) ? [group] : [],
    );
  }

  on<Name extends keyof ClientEvents>(event: Name, listener: ClientListener<Name>): this {
    this.#events.on(event, listener);
    return this;
  }

  off<Name extends keyof ClientEvents>(event: Name, listener: ClientListener<Name>): this {
    this.#events.off(event, listener);
    return this;
  }

  /** How many listeners there are, of all events. */
  get listenerCount(): number {
    return this.#events
      .eventNames()
      .reduce((sum, event) => sum + this.#events.listenerCount(event), 0);
  }

  emit<Name extends keyof ClientEvents>(event: Name, ...values: ClientEvents[Name]): void {
    this.#events.emit(event, ...values);
  }

  async send(to: string, text: string): Promise<Delivered> {
    await this.#turn();
    const peer = this.#chat.clients.get(to);
    if (peer === undefined) throw new BanterError('USER_UNKNOWN', `no user "${to}"`);
    if (this.groups.length > 0 && !this.policy.privateInGroup) {
      throw new BanterError('NOT_WHILE_IN_GROUP', 'leave the group first');
    }
    this.sent.push(`${to}: ${text}`);
    peer.receivePrivate(this.name, text);
    return { type: 'delivered', mid: '0', to };
  }

  async sendGroup(group: string, text: string): Promise<Committed> {
    await this.#turn();
    const { members, log } = this.#member(group);
    log.seq++;
    this.#chat.said.push(groupMessage(group, this.name, text, log.seq, true));
    this.sent.push(`#${group}: ${text}`);
    for (const member of members) {
      if (member !== this.name) {
        this.#chat.clients.get(member)?.receiveGroup(group, this.name, text, log.seq);
      }
    }
    return { type: 'committed', mid: '0', group, logId: '0', seq: log.seq, durable: false };
  }

  async createGroup(group: string): Promise<void> {
    await this.#turn();
    if (this.#chat.groups.has(group)) {
      throw new BanterError('GROUP_EXISTS', `group "${group}" exists already`);
    }
    this.#chat.groups.set(group, { members: new Set(), seq: 0 });
  }

  async listGroups(): Promise<readonly string[]> {
    await this.#turn();
    return [...this.#chat.groups.keys()].sort();
  }

  async joinGroup(group: string): Promise<void> {
    await this.#turn();
    const log = this.#chat.groups.get(group);
    if (log === undefined) throw new BanterError('GROUP_UNKNOWN', `no group "${group}"`);
    if (this.groups.length >= this.policy.groupsPerClient) {
      throw new BanterError('GROUP_LIMIT', 'leave a group first');
    }
    for (const member of log.members) {
      this.#chat.clients.get(member)?.emit('memberJoined', { group, name: this.name, bot: false });
    }
    log.members.add(this.name);
  }

  async leaveGroup(group: string): Promise<void> {
    await this.#turn();
    const { log } = this.#member(group);
    log.members.delete(this.name);
  }

  async listMembers(group: string): Promise<readonly string[]> {
    await this.#turn();
    return [...this.#member(group).members];
  }

  async history(
    group: string,
    { limit = 50, before = Number.POSITIVE_INFINITY }: HistoryOptions = {},
  ): Promise<readonly GroupMessage[]> {
    await this.#turn();
    this.#member(group);
    const said = this.#chat.said.filter((message) => message.group === group);
    return said
      .filter(({ seq }) => seq < before)
      .toReversed()
      .slice(0, limit);
  }

  async search(
    group: string,
    words: string,
    options: HistoryOptions = {},
  ): Promise<readonly GroupMessage[]> {
    const found = (await this.history(group, { ...options, limit: 10_000 })).filter(({ text }) =>
      words.split(' ').every((word) => text.includes(word)),
    );
    return found.slice(0, options.limit ?? 50);
  }

  async close(): Promise<boolean> {
    if (this.#closed) return true;
    this.#closed = true;
    for (const { members } of this.#chat.groups.values()) members.delete(this.name);
    this.emit('closed', undefined);
    return true;
  }

  receivePrivate(from: string, text: string): void {
    const message = {
      type: 'private',
      mid: '0',
      from,
      text,
      sentAtMs,
      bot: false,
      hops: 0,
      heldBack: false,
      kept: false,
    } as const;
    this.emit('messageReceived', message);
    this.emit('privateMessageReceived', message);
  }

  receiveGroup(group: string, from: string, text: string, seq = 1): void {
    const message = groupMessage(group, from, text, seq, false);
    this.emit('messageReceived', message);
    this.emit('groupMessageReceived', message);
  }

  async #turn(): Promise<void> {
    await Promise.resolve();
    if (this.#closed) throw new BanterError('CLOSED', 'this client has been closed');
    if (!this.connected) throw new BanterError('CONNECTION_LOST', 'the server does not answer');
  }

  #member(group: string): {
    members: readonly string[];
    log: { members: Set<string>; seq: number };
  } {
    const log = this.#chat.groups.get(group);
    if (log?.members.has(this.name) !== true) {
      throw new BanterError('NOT_MEMBER', `you are not in "${group}"`);
    }
    return { members: [...log.members], log };
  }
}

function groupMessage(
  group: string,
  from: string,
  text: string,
  seq: number,
  recovered: boolean,
): GroupMessage {
  return {
    type: 'group',
    mid: '0',
    group,
    from,
    text,
    seq,
    logId: '0',
    sentAtMs,
    bot: false,
    hops: 0,
    recovered,
  };
}
