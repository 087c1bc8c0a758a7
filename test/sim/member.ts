/** Somebody who takes part in a simulated conversation, through all the processes it has. */

import { BanterError, Client } from '../../core/index.ts';
import type { SimulatedNetwork } from '../../core/net/simulated.ts';
import { type Chronicle, codeOf } from './chronicle.ts';
import type { ProcessHistory, Rest } from './history.ts';

export interface MemberOptions {
  readonly name: string;
  readonly host: string;
  /** Public address of the box it is behind, before the first connection. */
  readonly behind: string | undefined;
  /** Where its identity lives, if it is to have a second process. */
  readonly dataDir: string | undefined;
  readonly network: SimulatedNetwork;
  readonly chronicle: Chronicle;
  readonly server: string;
  readonly serverKey: () => Uint8Array;
}

export class Member {
  readonly #options: MemberOptions;
  #client: Client | undefined;
  #process: ProcessHistory;
  #isStarted = false;
  #leaves = 0;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#process = options.chronicle.begin(options.name);
  }

  get name(): string {
    return this.#options.name;
  }

  get host(): string {
    return this.#options.host;
  }

  /** What it knows; undefined while it has no process. */
  get state(): Rest['clients'][number] | undefined {
    if (this.#client === undefined) return undefined;
    const { connected, groups, directory } = this.#client;
    return { name: this.name, connected, groups, directory: [...directory.values()] };
  }

  async connect(): Promise<void> {
    const { name, host, behind, dataDir, network, server, serverKey } = this.#options;
    const environment = network.host(host, this.#isStarted ? undefined : behind);
    this.#isStarted = true;
    const process = this.#process;
    const client = await Client.connect({
      name,
      server,
      serverKey: serverKey(),
      environment,
      ...(dataDir === undefined ? {} : { dataDir }),
    });
    this.#listen(client, process);
    this.#client = client;
  }

  /** Its process is gone. */
  crashed(): void {
    const { chronicle, name } = this.#options;
    chronicle.tell(`${name} dies`);
    chronicle.end(this.#process);
    this.#client = undefined;
  }

  /** The next process tries until the network lets it. */
  async comeBack(): Promise<void> {
    const { chronicle, name } = this.#options;
    this.#process = chronicle.begin(name);
    while (this.#client === undefined) {
      try {
        await this.connect();
        chronicle.tell(`${name} lives again`);
        this.#endForgottenStays();
      } catch (error) {
        if (!(error instanceof BanterError)) throw error;
        chronicle.tell(`${name} cannot come back yet: ${error.code}`);
      }
    }
  }

  async create(group: string): Promise<void> {
    await this.#ask(`creates ${group}`, (client) => client.createGroup(group));
  }

  async join(group: string): Promise<void> {
    const { chronicle, name } = this.#options;
    const leaves = this.#leaves;
    const code = await this.#ask(`joins ${group}`, (client) => client.joinGroup(group));
    // Who has left again before the answer came is no member.
    if (code === undefined && leaves === this.#leaves) chronicle.beginStay(name, group);
  }

  async leave(group: string): Promise<void> {
    const { chronicle, name } = this.#options;
    this.#leaves++;
    chronicle.endStay(name, group);
    await this.#ask(`leaves ${group}`, (client) => client.leaveGroup(group));
  }

  sendGroup(group: string, text: string): void {
    const client = this.#client;
    if (client?.groups.includes(group) !== true) return;
    this.#options.chronicle.groupSend(this.#process, group, text, () =>
      client.sendGroup(group, text),
    );
  }

  sendPrivate(to: string, text: string): void {
    const client = this.#client;
    if (client === undefined) return;
    this.#options.chronicle.privateSend(this.#process, to, text, () => client.send(to, text));
  }

  /** @returns the code of a refusal or loss; undefined if it was done, or its process died meanwhile */
  async #ask(what: string, ask: (client: Client) => Promise<void>): Promise<string | undefined> {
    const { chronicle, name } = this.#options;
    const client = this.#client;
    if (client === undefined) return 'CLOSED';
    chronicle.tell(`${name} ${what}`);
    try {
      await ask(client);
      return this.#client === client ? undefined : 'CLOSED';
    } catch (error) {
      if (!(error instanceof BanterError)) throw error;
      chronicle.tell(`${name} ${what}: ${error.code}`);
      return codeOf(error);
    }
  }

  #listen(client: Client, process: ProcessHistory): void {
    const { chronicle, network, name } = this.#options;
    client.on('groupMessageReceived', (message) => {
      process.groupMessages.push({ ...message, heardAt: chronicle.next() });
      chronicle.tell(`${name} hears ${message.group} ${message.seq}: ${message.text.slice(0, 40)}`);
    });
    client.on('privateMessageReceived', (message) => {
      process.privateMessages.push(message);
      chronicle.tell(`${name} hears in private: ${message.text}`);
    });
    client.on('gapFound', (group, count) => {
      process.gaps.push({ group, count, heardAt: chronicle.next() });
      chronicle.tell(`${name} meets a gap in ${group}: ${count}`);
    });
    client.on('disconnected', (reason) => {
      process.losses.push(network.now);
      chronicle.tell(`${name} has lost the server: ${reason}`);
    });
    client.on('reconnected', () => {
      chronicle.reconnections++;
      chronicle.tell(`${name} is back`);
    });
    client.on('closed', (error) => chronicle.tell(`${name} gives up: ${codeOf(error)}`));
    client.on('groupLost', (group, reason) => {
      chronicle.tell(`${name} is no member of ${group} any more: ${reason}`);
      chronicle.forgotten(name, group);
      void this.#gatherAgain(group);
    });
  }

  /** A server that died meanwhile and keeps nothing does not know that there was anything to tell. */
  #endForgottenStays(): void {
    const { chronicle, name } = this.#options;
    for (const { member, group } of chronicle.stays) {
      const isOver = this.#client?.groups.includes(group) !== true;
      if (member === name && isOver) chronicle.forgotten(name, group);
    }
  }

  /** The server has forgotten a group; its members make it anew. */
  async #gatherAgain(group: string): Promise<void> {
    await this.create(group);
    await this.join(group);
  }
}
