/** One host of the scene in network namespaces: a process in a network of its own that does what it is told. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Client, Server } from '../../core/index.ts';
import { type Endpoint, LossyProxy } from '../support/lossy-proxy.ts';

/** What a host can be told to do; each is answered with a value or an error. */
export type ActorOrder =
  /** Runs `ip` with arguments. */
  | { readonly type: 'ip'; readonly args: readonly string[] }
  /** Sets a kernel parameter below /proc/sys/net/ipv4. */
  | { readonly type: 'kernel'; readonly name: string; readonly value: string }
  | { readonly type: 'serve'; readonly at: Endpoint }
  | {
      readonly type: 'connect';
      readonly name: string;
      readonly server: Endpoint;
      readonly localPort: number;
    }
  | { readonly type: 'createGroup'; readonly group: string }
  | { readonly type: 'joinGroup'; readonly group: string }
  /** One after the other, each when the one before is acknowledged. */
  | { readonly type: 'say'; readonly group: string; readonly texts: readonly string[] }
  | { readonly type: 'whisper'; readonly to: string; readonly texts: readonly string[] }
  /** Waits until so many messages were heard. @returns their texts, and how often the server was lost */
  | { readonly type: 'heard'; readonly group: number; readonly private: number }
  /** Waits until a name is online. */
  | { readonly type: 'knows'; readonly name: string }
  /** Translates addresses for whoever is behind this host and writes to one of these. */
  | { readonly type: 'translate'; readonly targets: readonly Endpoint[] }
  /** Forgets all translations; the next ones are at this address. */
  | { readonly type: 'rebind'; readonly host: string }
  | { readonly type: 'close' };

export interface ActorAnswer {
  readonly value?: unknown;
  readonly error?: string;
}

type OrderOf<Type extends ActorOrder['type']> = Extract<ActorOrder, { readonly type: Type }>;

class Actor {
  readonly #group: string[] = [];
  readonly #private: string[] = [];
  #losses = 0;
  #server: Server | undefined;
  #client: Client | undefined;
  #proxy: LossyProxy | undefined;
  #wake: () => void = () => {};

  readonly #acts: {
    readonly [Type in ActorOrder['type']]: (order: OrderOf<Type>) => unknown;
  } = {
    ip: ({ args }) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString(),
    kernel: ({ name, value }) => writeFileSync(`/proc/sys/net/ipv4/${name}`, value),
    serve: async ({ at }) => {
      this.#server = await Server.start({ ...at, policy: { privateInGroup: true } });
    },
    connect: (order) => this.#connect(order),
    createGroup: ({ group }) => this.#speaker.createGroup(group),
    joinGroup: ({ group }) => this.#speaker.joinGroup(group),
    say: async ({ group, texts }) => {
      for (const text of texts) await this.#speaker.sendGroup(group, text);
    },
    whisper: async ({ to, texts }) => {
      for (const text of texts) await this.#speaker.send(to, text);
    },
    heard: async ({ group, private: whispers }) => {
      await this.#until(() => this.#group.length >= group && this.#private.length >= whispers);
      return { group: this.#group, private: this.#private, losses: this.#losses };
    },
    knows: ({ name }) => this.#until(() => this.#speaker.directory.get(name)?.online === true),
    translate: async ({ targets }) => {
      this.#proxy = new LossyProxy({ seed: 1 });
      for (const target of targets) await this.#proxy.join(target, target);
    },
    rebind: ({ host }) => this.#proxy?.rebind(host),
    close: async () => {
      await this.#client?.close();
      await this.#server?.close();
      await this.#proxy?.close();
    },
  };

  async act(order: ActorOrder): Promise<unknown> {
    // The entry under an order's own type takes it.
    return await (this.#acts[order.type] as (order: ActorOrder) => unknown)(order);
  }

  get #speaker(): Client {
    if (this.#client === undefined) throw new Error('this host is not connected');
    return this.#client;
  }

  async #connect({ name, server, localPort }: OrderOf<'connect'>): Promise<void> {
    const client = await Client.connect({
      name,
      server: `${server.host}:${server.port}`,
      localPort,
    });
    this.#client = client;
    client.on('groupMessageReceived', ({ text }) => this.#hear(this.#group, text));
    client.on('privateMessageReceived', ({ text }) => this.#hear(this.#private, text));
    client.on('disconnected', () => {
      this.#losses++;
    });
    client.on('directoryChanged', () => this.#wake());
  }

  #hear(texts: string[], text: string): void {
    texts.push(text);
    this.#wake();
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const actor = new Actor();

async function answer(order: ActorOrder): Promise<void> {
  let result: ActorAnswer;
  try {
    const value = await actor.act(order);
    result = typeof value === 'object' ? { value } : {};
  } catch (error) {
    result = { error: error instanceof Error ? error.message : String(error) };
  }
  process.send?.(result);
}

process.on('message', (order: ActorOrder) => void answer(order));
process.on('disconnect', () => process.exit());
process.send?.('ready');
