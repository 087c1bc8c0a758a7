/** Twenty clients that chat at a server on loopback while somebody floods it. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Client } from '../../core/index.ts';
import { toHex } from '../../core/protocol/bytes.ts';
import { datagramForm } from '../../core/protocol/packet.ts';
import { type Endpoint, LossyProxy } from '../support/lossy-proxy.ts';

/** What an attacker is told. */
export interface FloodOrder {
  readonly target: Endpoint;
  /** Datagrams that the target was sent by others; hex. */
  readonly recorded: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
}

/** What an attacker has done. */
export interface FloodReport {
  readonly sent: number;
  readonly seconds: number;
}

/** What one of the others has heard: places in the order of the group, and how long the messages took. */
interface Hearing {
  readonly client: Client;
  readonly seqs: number[];
  readonly ownSeqs: number[];
}

const clientsCount = 20;
const recordedMax = 500;
const group = 'hall';

export class FloodedChat implements AsyncDisposable {
  readonly #server: ChildProcess;
  readonly #address: Endpoint;
  readonly #proxy: LossyProxy;
  readonly #recorded: string[] = [];
  readonly #hearings: Hearing[] = [];
  /** Milliseconds from sending to hearing, of each message at each member. */
  readonly latenciesMs: number[] = [];
  #committed = 0;
  #onHeard: () => void = () => {};

  /** All clients are members of one group; the first goes through a proxy in which the attacker listens. */
  static async start(): Promise<FloodedChat> {
    const server = fork(new URL('flood-server.ts', import.meta.url));
    const [address] = await once(server, 'message');
    const proxy = await LossyProxy.start({ seed: 1, target: address });
    const chat = new FloodedChat(server, address, proxy);
    for (let at = 0; at < clientsCount; at++) await chat.#join(at);
    return chat;
  }

  private constructor(server: ChildProcess, address: Endpoint, proxy: LossyProxy) {
    this.#server = server;
    this.#address = address;
    this.#proxy = proxy;
    proxy.watch((datagram, _from, to) => {
      const isPacket = ((datagram[0] ?? 0) & datagramForm.data) !== 0;
      if (!isPacket || to.port !== address.port || this.#recorded.length >= recordedMax) return;
      this.#recorded.push(toHex(datagram));
    });
  }

  /** Begins a flood. @returns its end; it has begun when the outer promise resolves */
  async flood(perSecond: number, seconds: number): Promise<{ readonly end: Promise<FloodReport> }> {
    const attacker = fork(new URL('flood-attacker.ts', import.meta.url));
    const begun = once(attacker, 'message');
    const order: FloodOrder = {
      target: this.#address,
      recorded: this.#recorded,
      perSecond,
      seconds,
    };
    attacker.send(order);
    await begun;
    return { end: once(attacker, 'message').then(([report]) => report) };
  }

  /** One after the other says something, each when the one before has its place, until something has ended. */
  async chatUntil(end: Promise<unknown>): Promise<void> {
    let isOver = false;
    const ending = end.then(() => {
      isOver = true;
    });
    for (let turn = 0; !isOver; turn++) {
      const speaker = this.#hearings[turn % clientsCount];
      if (speaker === undefined) return;
      const { seq } = await speaker.client.sendGroup(group, `${performance.now()}`);
      speaker.ownSeqs.push(seq);
      this.#committed++;
    }
    await ending;
  }

  /** Waits until everybody has heard everything. @returns how many messages were said */
  async allHeard(): Promise<number> {
    while (
      !this.#hearings.every(
        (hearing) => hearing.seqs.length + hearing.ownSeqs.length >= this.#committed,
      )
    ) {
      await new Promise<void>((resolve) => {
        this.#onHeard = resolve;
      });
    }
    return this.#committed;
  }

  /** The places each client knows of, in the order in which it learnt of the messages of others. */
  get heard(): readonly {
    readonly seqs: readonly number[];
    readonly ownSeqs: readonly number[];
  }[] {
    return this.#hearings;
  }

  /** Datagrams and messages that the server has dropped so far. */
  async dropped(): Promise<number> {
    const answered = once(this.#server, 'message');
    this.#server.send('drops');
    const [dropped] = await answered;
    return dropped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hearings.map(({ client }) => client.close()));
    await this.#proxy.close();
    const ended = once(this.#server, 'exit');
    this.#server.disconnect();
    await ended;
  }

  async #join(at: number): Promise<void> {
    const { host, port } = at === 0 ? this.#proxy.address : this.#address;
    const client = await Client.connect({ name: `member-${at}`, server: `${host}:${port}` });
    const hearing: Hearing = { client, seqs: [], ownSeqs: [] };
    this.#hearings.push(hearing);
    client.on('groupMessageReceived', ({ seq, text }) => {
      hearing.seqs.push(seq);
      this.latenciesMs.push(performance.now() - Number(text));
      this.#onHeard();
    });
    if (at === 0) await client.createGroup(group);
    await client.joinGroup(group);
  }
}
