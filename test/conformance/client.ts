/** A second implementation of a client, written from the page alone (docs/PROTOCOL.md §7 to §9). */

import { randomBytes } from '@noble/hashes/utils.js';
import {
  type AnswerTo,
  answers,
  type ClientMessage,
  clientToServer,
  type Entry,
  type FieldsOf,
  folded,
  type Of,
  type PeerMessage,
  type Request,
  type ServerMessage,
  serverToClient,
} from './chat.ts';
import type { Connection } from './connection.ts';
import { type ConnectOptions, type Ending, Endpoint } from './endpoint.ts';
import type { Address } from './handshake.ts';
import { Mailbox } from './mailbox.ts';
import { type Identity, identityOf } from './noise.ts';
import { decoded, eightBytes, encoded, hex, joined } from './notation.ts';
import { Peers } from './peers.ts';

/** What a client learns beside answers. */
export type Event =
  | Exclude<ServerMessage, { readonly type: 'groupMessage' | 'gap' }>
  | (Of<PeerMessage, 'privateMessage'> & { readonly over: Address })
  | (Of<ServerMessage, 'groupMessage' | 'gap'> & { readonly group: string })
  | { readonly type: 'closed'; readonly ending: Ending; readonly reason: string };

/** A refusal; its code is a number of §7. */
class Refusal extends Error {
  readonly code: number;

  constructor({ code, detail }: Of<ServerMessage, 'refused'>) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}

export interface ClientOptions {
  readonly name: string;
  /** Of the protocol, the best first. */
  readonly versions?: readonly number[];
  /** Packets of a key phase; 2^20 by default, and at most. */
  readonly phasePacketsMax?: number;
}

/** A group this client is in. */
interface Membership {
  readonly group: string;
  readonly logId: Uint8Array;
  readonly conversation: number;
  /** The last message that was handed on. */
  readonly seq: number;
}

interface Pending {
  readonly resolve: (answer: ServerMessage) => void;
  readonly reject: (error: Error) => void;
}

/** Messages that wait for the name of their conversation, of each. */
const earlyMax = 64;

export class Client implements AsyncDisposable {
  readonly name: string;
  readonly identity: Identity = identityOf(randomBytes(32));
  /** Everybody the server has told of, by folded name. */
  readonly directory: Map<string, Entry> = new Map();
  /** What has happened, in its order. */
  readonly events: Mailbox<Event> = new Mailbox();
  readonly #processId = randomBytes(8);
  readonly #endpoint: Endpoint;
  readonly #peers: Peers;
  readonly #pending = new Map<number, Pending>();
  readonly #memberships = new Map<string, Membership>();
  /** What came on conversations that no answer has named yet. */
  readonly #early = new Map<number, Uint8Array[]>();
  #server: Connection | undefined;
  #serverIdentity = '';
  #epoch: Uint8Array = new Uint8Array(8);
  #directoryVersion = 0;
  #newestConversation = 0;
  #requestId = 0;
  #counter = 0;
  #groupCounter = 0;

  private constructor({ name, versions = [1], phasePacketsMax = 2 ** 20 }: ClientOptions) {
    this.name = name;
    const options = { me: this.identity, versions, phasePacketsMax };
    this.#endpoint = new Endpoint(options, {
      messageReceived: (connection, { conversation, message }) => {
        if (connection === this.#server) this.#hear(conversation, message);
        else this.#peers.receive(connection, message);
      },
      closed: (connection, ending, reason) => {
        if (connection === this.#server) this.#lose();
        const isServer = hex(connection.established.peer) === this.#serverIdentity;
        if (isServer) this.events.put({ type: 'closed', ending, reason });
        else this.#peers.closed(connection);
      },
    });
    this.#peers = new Peers({
      me: name,
      find: (other) => this.#find(other),
      connect: (entry, way) => this.#connectPeer(entry, way),
      nextMid: () => this.#nextMid(),
      received: (message, over) => this.events.put({ ...message, over }),
    });
  }

  static async open(options: ClientOptions): Promise<Client> {
    const client = new Client(options);
    await client.#endpoint.bind();
    return client;
  }

  /** The connection to the server. */
  get server(): Connection {
    if (this.#server === undefined) throw new Error('not connected');
    return this.#server;
  }

  get port(): number {
    return this.#endpoint.port;
  }

  /** The version of the directory that has come so far. */
  get directoryVersion(): number {
    return this.#directoryVersion;
  }

  /** A connection to a server, over which nothing is registered yet. @throws Error that says why there is none */
  async connect(address: Address, options: ConnectOptions = {}): Promise<Connection> {
    this.#server = await this.#endpoint.connectServer(address, options);
    this.#serverIdentity = hex(this.#server.established.peer);
    return this.#server;
  }

  /** Registers, going on where the connection before has ended. */
  register(): Promise<AnswerTo<'register'>> {
    return this.request('register', {
      name: this.name,
      bot: false,
      auxiliary: false,
      takeOver: false,
      hidesAddress: false,
      processId: this.#processId,
      nextCounter: this.#groupCounter + 1,
      epoch: this.#epoch,
      directoryVersion: this.#directoryVersion,
      resume: [...this.#memberships.values()],
    });
  }

  /** Asks the server. @throws Refusal, or Error when the connection ends before the answer */
  request<R extends Request>(type: R, fields: FieldsOf<R>): Promise<AnswerTo<R>> {
    const requestId = ++this.#requestId;
    // The type and its fields belong together, which a spread forgets.
    this.say({ type, requestId, ...fields } as unknown as ClientMessage);
    return new Promise((resolve, reject) => {
      this.#pending.set(requestId, {
        resolve: (answer) => {
          // The table of answers ties the type of the answer to that of the request.
          if (answer.type === answers[type]) resolve(answer as AnswerTo<R>);
          else reject(new Error(`${answer.type} is no answer to ${type}`));
        },
        reject,
      });
    });
  }

  /** Says something to the server, on conversation 0. */
  say(message: ClientMessage): void {
    this.server.send(0, encoded(clientToServer, message));
    this.server.tick(performance.now());
  }

  /** Sends to a group. @param mid of a message that is sent again */
  sendGroup(group: string, text: string, mid?: Uint8Array): Promise<AnswerTo<'sendGroup'>> {
    const first = mid ?? this.#nextMid();
    this.#groupCounter = this.#counter;
    return this.request('sendGroup', { group, mid: first, hops: 0, text });
  }

  /** Sends to a client; resolves when it was received. @param way how to reach it if there is no connection yet */
  sendPrivate(to: string, text: string, way: 'relayed' | 'direct'): Promise<void> {
    return this.#peers.send(to, text, way);
  }

  /** Ends the connection, and nothing else. */
  disconnect(): void {
    this.server.close(0, 'done', performance.now());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#peers.close();
    this.#server?.close(0, 'done', performance.now());
    await this.#endpoint.close();
  }

  #nextMid(): Uint8Array {
    return joined(this.#processId, eightBytes(++this.#counter));
  }

  async #find(name: string): Promise<Entry> {
    const known = this.directory.get(folded(name));
    return known ?? (await this.request('lookUp', { name })).entry;
  }

  #connectPeer(entry: Entry, way: 'relayed' | 'direct'): Promise<Connection> {
    const relayed = { host: `relay-${hex(entry.identity)}`, port: 0 };
    const address = way === 'relayed' ? relayed : ipv4Address(entry);
    return this.#endpoint.connectPeer(address, { expected: entry.identity });
  }

  #lose(): void {
    this.#server = undefined;
    for (const { reject } of this.#pending.values()) reject(new Error('the connection has ended'));
    this.#pending.clear();
    this.#early.clear();
    this.#newestConversation = 0;
  }

  #hear(conversation: number, bytes: Uint8Array): void {
    if (conversation !== 0) {
      this.#hearGroup(conversation, bytes);
      return;
    }
    const message = decoded(serverToClient, bytes);
    this.#note(message);
    const pending = 'requestId' in message ? this.#pending.get(message.requestId) : undefined;
    if (message.type === 'groupMessage' || message.type === 'gap') return;
    if (!('requestId' in message) || pending === undefined) {
      this.events.put(message);
      return;
    }
    this.#pending.delete(message.requestId);
    if (message.type === 'refused') pending.reject(new Refusal(message));
    else pending.resolve(message);
  }

  /** Keeps what lasts: directory and memberships. */
  #note(message: ServerMessage): void {
    if (message.type === 'welcome') this.#begin(message);
    if (message.type === 'joined') this.#enter(message);
    if (message.type === 'groupLost') this.#memberships.delete(folded(message.group));
    if (message.type === 'directoryReset') this.#directoryVersion = 0;
    const isNewer =
      message.type === 'directoryEntries' ||
      (message.type === 'directoryDelta' && message.version > this.#directoryVersion);
    if (!isNewer) return;
    if (message.type === 'directoryDelta') this.#directoryVersion = message.version;
    for (const entry of message.entries) this.directory.set(folded(entry.name), entry);
  }

  #begin({ epoch, groups }: Of<ServerMessage, 'welcome'>): void {
    if (hex(epoch) !== hex(this.#epoch)) {
      this.directory.clear();
      this.#directoryVersion = 0;
    }
    this.#epoch = epoch;
    const before = new Map(this.#memberships);
    this.#memberships.clear();
    for (const membership of groups) {
      const known = before.get(folded(membership.group));
      const isSameLog = known !== undefined && hex(known.logId) === hex(membership.logId);
      const seq = isSameLog ? Math.max(known.seq, membership.seq) : membership.seq;
      this.#enter({ ...membership, seq });
    }
  }

  #enter({ group, logId, conversation, seq }: Membership): void {
    this.#memberships.set(folded(group), { group, logId, conversation, seq });
    this.#newestConversation = Math.max(this.#newestConversation, conversation);
    const early = this.#early.get(conversation) ?? [];
    this.#early.delete(conversation);
    for (const bytes of early) this.#hearGroup(conversation, bytes);
  }

  #hearGroup(conversation: number, bytes: Uint8Array): void {
    const found = [...this.#memberships].find(([, its]) => its.conversation === conversation);
    if (found === undefined) {
      if (conversation > this.#newestConversation) this.#keepEarly(conversation, bytes);
      return;
    }
    const [key, membership] = found;
    const { group } = membership;
    const message = decoded(serverToClient, bytes);
    const isGap = message.type === 'gap';
    if (!isGap && message.type !== 'groupMessage') return;
    const seq = isGap ? message.fromSeq - 1 : message.seq;
    if (!isGap && seq <= membership.seq) return;
    this.#memberships.set(key, { ...membership, seq: Math.max(seq, membership.seq) });
    this.events.put({ ...message, group });
    if (!isGap) this.say({ type: 'confirm', conversation, seq });
  }

  #keepEarly(conversation: number, bytes: Uint8Array): void {
    const kept = this.#early.get(conversation) ?? [];
    if (kept.length < earlyMax) this.#early.set(conversation, [...kept, bytes]);
  }
}

function ipv4Address({ name, host, port }: Entry): Address {
  if (host.length !== 4) throw new Error(`${name} has no address of IPv4`);
  return { host: host.join('.'), port };
}
