/** Somebody in a test world: a real client on a machine of its own, through all the processes it has. */

import {
  BanterError,
  Client,
  type Committed,
  type Delivered,
  type PrivateMessage,
  type SendOptions,
  type Stored,
} from '../../core/client-api.ts';
import { patienceMs, type Stage } from './stage.ts';

/** A person, and the client of a bot. */
export class Person {
  readonly name: string;
  readonly isBot: boolean;
  /** What it has heard, in lines of the transcript. */
  readonly heard: string[] = [];
  readonly #stage: Stage;
  readonly #host: string;
  /** What it waits for, as words. */
  readonly #open = new Map<symbol, string>();
  /** The newest number it has heard, by group. */
  readonly #heardSeqs = new Map<string, number>();
  #client: Client | undefined;

  constructor(stage: Stage, name: string, isBot: boolean) {
    this.#stage = stage;
    this.name = name;
    this.isBot = isBot;
    this.#host = stage.nextHost();
    stage.people.push(this);
  }

  /** Its client. @throws BanterError CLOSED before its first and after its last word */
  get client(): Client {
    if (this.#client !== undefined) return this.#client;
    throw new BanterError('CLOSED', `${this.name} is not there`);
  }

  get isThere(): boolean {
    return this.#client !== undefined;
  }

  /** Whether it has heard everything and waits for nothing; who is cut off can do no better. */
  get isAtRest(): boolean {
    return this.unrest.length === 0;
  }

  /** What keeps it from rest, in words. */
  get unrest(): readonly string[] {
    if (this.#client?.connected !== true) return [];
    const { witness } = this.#stage;
    const unheard = this.#client.groups
      .filter((group) => witness.dueSeq(group, this.name) > (this.#heardSeqs.get(group) ?? 0))
      .map((group) => `${this.name} has not heard all of #${group}`);
    const mail = witness.hasMailFor(this.name) ? [`${this.name} has mail`] : [];
    return [...this.#open.values(), ...unheard, ...mail];
  }

  /** Is there from now on, with the identity that it had before. */
  async connect(): Promise<Client> {
    const { network, time, server } = this.#stage;
    const environment = network.host(this.#host);
    time.addHost(this.#host);
    const connecting = Client.connect({
      name: this.name,
      server: server.address,
      serverKey: server.key,
      dataDir: this.#stage.folderOf(this.name),
      bot: this.isBot,
      privateInGroup: true,
      environment,
    }).then((client) => {
      this.#listen(client);
      return client;
    });
    this.#client = await time.settle(connecting, patienceMs);
    return this.#client;
  }

  /** Makes a group, unless it is there already. */
  async make(group: string): Promise<void> {
    try {
      await this.settle(`${this.name} makes #${group}`, this.client.createGroup(group));
    } catch (error) {
      if (!(error instanceof BanterError) || error.code !== 'GROUP_EXISTS') throw error;
    }
  }

  /** Joins a group. */
  async join(group: string): Promise<void> {
    const { client } = this;
    if (client.groups.includes(group)) return;
    await this.settle(`${this.name} joins #${group}`, client.joinGroup(group));
  }

  /** Ends its process in an orderly way. */
  async quit(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) await this.#stage.time.settle(client.close(), patienceMs);
  }

  /** Its cable is cut; resolves once it and the server have noticed. */
  async cut(): Promise<void> {
    const { client } = this;
    const { network, time, lost } = this.#stage;
    network.cut(this.#host);
    const isNoticed = (): boolean => !client.connected && lost.has(this.name);
    await time.until(isNoticed, time.now + patienceMs);
  }

  /** Its cable is mended; resolves once it is there again. */
  async mend(): Promise<void> {
    const { client } = this;
    const { network, time } = this.#stage;
    network.mend(this.#host);
    await time.until(() => client.connected, time.now + patienceMs);
  }

  sendGroup(group: string, text: string, options: SendOptions = {}): Promise<Committed> {
    const { client } = this;
    return this.track(`${this.name} says "${text}"`, client.sendGroup(group, text, options));
  }

  send(to: string, text: string, options: SendOptions = {}): Promise<Delivered | Stored> {
    const { client } = this;
    return this.track(`${this.name} tells ${to} "${text}"`, client.send(to, text, options));
  }

  /** Lets time pass until it is done. */
  settle<Value>(what: string, promise: Promise<Value>): Promise<Value> {
    return this.#stage.time.settle(this.track(what, promise), patienceMs);
  }

  /** It waits for that: until then the chat is not at rest. */
  async track<Value>(what: string, promise: Promise<Value>): Promise<Value> {
    const ticket = Symbol(what);
    this.#open.set(ticket, what);
    try {
      return await promise;
    } finally {
      this.#open.delete(ticket);
    }
  }

  #listen(client: Client): void {
    const stage = this.#stage;
    client.on('groupMessageReceived', ({ group, from, text, seq }) => {
      this.#heardSeqs.set(group, seq);
      this.heard.push(stage.lineOf(group, from, text));
    });
    client.on('gapFound', (group, count) => {
      const due = stage.witness.dueSeq(group, this.name);
      const heard = this.#heardSeqs.get(group) ?? 0;
      this.#heardSeqs.set(group, count === undefined ? due : heard + count);
    });
    client.on('privateMessageReceived', (message) => {
      const line = whispered(message, this.name);
      this.heard.push(line);
      stage.transcript.push(line);
    });
  }
}

function whispered({ from, text, kept }: PrivateMessage, to: string): string {
  return `${from} → ${to}${kept ? ' (kept)' : ''}: ${text}`;
}
