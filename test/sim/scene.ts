/** A server and a few named clients on a simulated network, for tests that tell one story. */

import { Client, type ConnectOptions, Server, type ServerOptions } from '../../core/index.ts';
import { SimulatedNetwork } from '../../core/net/simulated.ts';
import type { Faults } from '../../core/net/simulated-faults.ts';

/** A client with what it was told; one who comes back under the same name has another one. */
export interface Person {
  readonly client: Client;
  readonly host: string;
  /** Texts of messages of either kind, in the order of their arrival. */
  readonly heard: string[];
  /** Other events, as `name: argument`. */
  readonly events: string[];
}

export const serverHost = '10.0.0.1';
export const serverPort = 6666;

/** A story waits no longer than this for anything. Milliseconds of virtual time. */
const patienceMs = 60_000;
const stepMs = 10;

/** Names and hosts are the story's own; every person has the host it is first given. */
export class Scene {
  readonly network: SimulatedNetwork;
  #server: Server | undefined;
  #nextHost = 1;

  constructor(faults: Faults = { delayMs: 10 }, seed = 1) {
    this.network = new SimulatedNetwork({ seed, faults });
  }

  get server(): Server {
    if (this.#server === undefined) throw new Error('the scene has no server yet');
    return this.#server;
  }

  /** Starts a server where the last one was. */
  async serve(options: ServerOptions = {}): Promise<Server> {
    const environment = this.network.host(serverHost);
    const started = Server.start({ port: serverPort, ...options, environment });
    this.#server = await this.network.settle(started, patienceMs);
    return this.#server;
  }

  /** Connects somebody, from a host of their own unless one is given. */
  async connect(name: string, options: Partial<ConnectOptions> = {}, at?: string): Promise<Person> {
    const host = at ?? `10.0.1.${this.#nextHost++}`;
    const environment = this.network.host(host);
    const server = `${serverHost}:${serverPort}`;
    const connected = Client.connect({ name, server, environment, ...options }).then((client) =>
      listenTo(client, host),
    );
    return this.network.settle(connected, patienceMs);
  }

  /** Connects everybody at once, each from a host of its own. */
  connectAll(names: readonly string[]): Promise<readonly Person[]> {
    const server = `${serverHost}:${serverPort}`;
    const connected = names.map(async (name) => {
      const host = `10.0.1.${this.#nextHost++}`;
      const environment = this.network.host(host);
      return listenTo(await Client.connect({ name, server, environment }), host);
    });
    return this.settle(Promise.all(connected));
  }

  /** Somebody creates a group that everybody joins. */
  async gather(group: string, people: readonly Person[]): Promise<void> {
    const [first] = people;
    if (first !== undefined) await this.settle(first.client.createGroup(group));
    for (const { client } of people) await this.settle(client.joinGroup(group));
  }

  settle<Value>(promise: Promise<Value>): Promise<Value> {
    return this.network.settle(promise, patienceMs);
  }

  /** Lets time pass. */
  pass(ms: number): Promise<void> {
    return this.network.run(this.network.now + ms);
  }

  /** Lets time pass until something is so. @returns how long that took, in milliseconds */
  async until(isSo: () => boolean): Promise<number> {
    const beganAt = this.network.now;
    while (!isSo()) {
      if (this.network.now - beganAt > patienceMs) throw new Error(`not so: ${isSo}`);
      await this.pass(stepMs);
    }
    return this.network.now - beganAt;
  }
}

/** What became of sends: receipts by their text, and the codes of those that failed. */
export async function outcomes(
  sends: readonly Promise<unknown>[],
): Promise<readonly (string | undefined)[]> {
  const settled = await Promise.allSettled(sends);
  return settled.map((result) =>
    result.status === 'fulfilled' ? undefined : String(result.reason?.code),
  );
}

function listenTo(client: Client, host: string): Person {
  const heard: string[] = [];
  const events: string[] = [];
  client.on('messageReceived', ({ text }) => heard.push(text));
  client.on('disconnected', () => events.push('disconnected'));
  client.on('reconnected', () => events.push('reconnected'));
  client.on('groupLost', (group, reason) => events.push(`groupLost: ${group} ${reason}`));
  client.on('gapFound', (group, count) => events.push(`gapFound: ${group} ${count}`));
  client.on('closed', (error) => {
    events.push(`closed: ${error !== undefined && 'code' in error ? error.code : ''}`);
  });
  return { client, host, heard, events };
}
