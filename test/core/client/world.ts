/** A server and its clients on real sockets of this machine; everything ends with the test. */

import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import type { TestContext } from 'node:test';
import type { ChatMessage } from '../../../core/chat/types.ts';
import { Client } from '../../../core/client/client.ts';
import type { ConnectOptions } from '../../../core/client/options.ts';
import { BanterError, type ErrorCode } from '../../../core/errors.ts';
import { systemEnvironment } from '../../../core/net/system.ts';
import type { Environment } from '../../../core/net/transport.ts';
import type { ServerOptions } from '../../../core/server/options.ts';
import { Server } from '../../../core/server/server.ts';

export class World {
  readonly #closers: (() => Promise<unknown>)[] = [];
  server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  static async start(t: TestContext, options: ServerOptions = {}): Promise<World> {
    const world = new World(await startServer(options));
    t.after(() => world.#close());
    return world;
  }

  /** Where clients find the server. */
  get address(): string {
    const { host, port } = this.server.address;
    return `${host}:${port}`;
  }

  /** Starts another server process in the place of the one before. */
  async restart(options: ServerOptions = {}): Promise<void> {
    const { port } = this.server.address;
    await this.server.close();
    this.server = await startServer({ ...options, port });
  }

  /** A client that the test closes. */
  async join(name: string, options: Partial<ConnectOptions> = {}): Promise<Client> {
    const client = await Client.connect({ name, server: this.address, ...options });
    this.#closers.push(() => client.close());
    return client;
  }

  /** Clients that are members of one group, in this order. */
  async gather(group: string, ...names: readonly string[]): Promise<readonly Client[]> {
    const clients: Client[] = [];
    for (const name of names) clients.push(await this.join(name));
    await clients[0]?.createGroup(group);
    for (const client of clients) await client.joinGroup(group);
    return clients;
  }

  /** Clients first: they need the server to leave it. */
  async #close(): Promise<void> {
    await Promise.all(this.#closers.map((close) => close()));
    await this.server.close();
  }
}

function startServer(options: ServerOptions): Promise<Server> {
  return Server.start({ host: '127.0.0.1', port: 0, ...options });
}

/** The way to the network of one client; once it is cut, nothing comes or goes, as if its process had died. */
export class Cable {
  readonly environment: Environment;
  #isCut = false;

  constructor() {
    this.environment = {
      ...systemEnvironment,
      open: async (options) => {
        const transport = await systemEnvironment.open({
          ...options,
          onDatagram: (datagram, from) => {
            if (!this.#isCut) options.onDatagram(datagram, from);
          },
        });
        return {
          localAddress: transport.localAddress,
          close: () => transport.close(),
          send: (datagram, to) => {
            if (!this.#isCut) transport.send(datagram, to);
          },
        };
      },
    };
  }

  cut(): void {
    this.#isCut = true;
  }
}

/** Everything an emitter tells under one name, from now on. */
export class Told<Value> {
  readonly values: Value[] = [];
  #wake: () => void = () => {};

  add(value: Value): void {
    this.values.push(value);
    this.#wake();
  }

  /** Resolves once that many were told. */
  async count(count: number): Promise<readonly Value[]> {
    return this.until((values) => values.length >= count);
  }

  /** Resolves once the values satisfy a condition. */
  async until(isEnough: (values: readonly Value[]) => boolean): Promise<readonly Value[]> {
    while (!isEnough(this.values)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.values;
  }
}

/** The first argument of every event of one name. */
export function told<Events extends Record<keyof Events, unknown[]>, Name extends keyof Events>(
  emitter: EventEmitter<Events>,
  name: Name & string,
): Told<Events[Name][0]> {
  const log = new Told<Events[Name][0]>();
  // The emitter's own types cannot be spelt for a name that is still open.
  const listen = emitter as unknown as {
    on(name: string, listener: (value: Events[Name][0]) => void): void;
  };
  listen.on(name, (value) => log.add(value));
  return log;
}

/** Resolves once a client has heard of a name that is online. */
export async function knows(client: Client, name: string): Promise<void> {
  await told(client, 'directoryChanged').until(() => client.directory.get(name)?.online === true);
}

/** The texts of messages. */
export function textsOf(messages: readonly ChatMessage[]): readonly string[] {
  return messages.map(({ text }) => text);
}

/** The code that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<ErrorCode> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof BanterError, String(error));
    assert.ok(error.message.length > 0 && error.remedy.length > 0);
    return error.code;
  }
  return assert.fail('it did not reject');
}
