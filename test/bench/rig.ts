/** A server with members spread over client processes: what every benchmark of messages runs on. */

import { setTimeout as pause } from 'node:timers/promises';
import { ClientProcess, ServerProcess } from './child-processes.ts';
import { nowUs } from './ledger.ts';
import type { SendOrder, Tally } from './orders.ts';
import type { Peer } from './peers/index.ts';
import type { Usage } from './usage.ts';

export interface RigOptions {
  readonly peer: Peer;
  readonly groupSize: number;
  /** Client processes; member 0 is alone in the first where there are more. */
  readonly processes: number;
  readonly profileFolder?: string | undefined;
}

/** From the first message of a run to its last delivery. */
export interface Run {
  readonly deliveries: number;
  readonly seconds: number;
  readonly serverCpuSeconds: number;
}

/** How often deliveries are counted while the last ones are awaited. Milliseconds. */
const tallyMs = 20;

/** Deliveries that have not come when nothing came for this long are lost. Milliseconds. */
const stallMs = 5000;

/** A copy of a message may come this much later. Milliseconds. */
const copyMs = 100;

export class Rig {
  readonly #options: RigOptions;
  readonly #server: ServerProcess;
  readonly #clients: readonly ClientProcess[];
  #memberCount = 0;

  private constructor(options: RigOptions, server: ServerProcess) {
    this.#options = options;
    this.#server = server;
    this.#clients = Array.from({ length: options.processes }, () => new ClientProcess());
  }

  /** Starts the server and the client processes, and waits until the server takes a connection. */
  static async open(options: RigOptions): Promise<Rig> {
    const { peer, profileFolder } = options;
    const rig = new Rig(options, await ServerProcess.start(peer.launch, profileFolder));
    try {
      await rig.#awaitServer();
    } catch (error) {
      await rig.close();
      throw error;
    }
    return rig;
  }

  get usage(): Usage {
    return this.#server.usage;
  }

  /** Lets so many more members connect and join their groups. */
  async connect(count: number, isIdle: boolean): Promise<void> {
    const { peer, groupSize } = this.#options;
    const end = this.#memberCount + count;
    const shared = { peer: peer.name, port: this.#server.port, groupSize, isIdle };
    const connect = (client: ClientProcess | undefined, first: number, last: number) =>
      client?.tell('connect', { ...shared, first, count: last - first });
    const [sender, ...receivers] = this.#clients;
    let first = this.#memberCount;
    const connecting: unknown[] = [];
    if (receivers.length === 0 || first === 0) {
      const last = receivers.length === 0 ? end : 1;
      connecting.push(connect(sender, first, last));
      first = last;
    }
    const share = Math.ceil((end - first) / receivers.length);
    for (const [at, client] of receivers.entries()) {
      const start = first + at * share;
      connecting.push(connect(client, start, Math.min(start + share, end)));
    }
    await Promise.all(connecting);
    this.#memberCount = end;
  }

  /** Member 0 sends, the others of its group receive. @throws Error unless each gets everything once and in order */
  async run(order: Omit<SendOrder, 'member'>): Promise<Run> {
    const before = await this.#tally();
    const usageBefore = this.#server.usage;
    const startedAtUs = nowUs();
    const sent = await this.#clients[0]?.tell('send', { ...order, member: 0 });
    const after = await this.#awaitDeliveries((sent ?? 0) * (this.#options.groupSize - 1));
    const usageAfter = this.#server.usage;
    return {
      deliveries: after.delivered - before.delivered,
      seconds: (after.lastAtUs - startedAtUs) / 1e6,
      serverCpuSeconds: usageAfter.cpuSeconds - usageBefore.cpuSeconds,
    };
  }

  /** How long each delivery took since the last call; nothing is noted before the first. Microseconds. */
  async latencies(): Promise<readonly number[]> {
    return (
      await Promise.all(this.#clients.map((each) => each.tell('latencies', undefined)))
    ).flat();
  }

  /** @throws Error if a message was lost, doubled or out of order, or a member was cut off */
  async check(): Promise<void> {
    await this.#tally();
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.#server.close();
  }

  async #awaitServer(): Promise<void> {
    const { peer } = this.#options;
    const connect = peer.connectIdle ?? peer.connect;
    const ignore = (): void => {};
    const target = { port: this.#server.port, name: 'probe', onMessage: ignore, onLost: ignore };
    for (const deadline = performance.now() + 10_000; ; ) {
      try {
        const client = await connect(target);
        client.close();
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await pause(tallyMs);
      }
    }
  }

  async #awaitDeliveries(expected: number): Promise<Tally> {
    let last = await this.#tally();
    for (let movedAt = performance.now(); last.delivered < expected; ) {
      if (performance.now() - movedAt > stallMs) {
        throw new Error(`${expected - last.delivered} of ${expected} deliveries are missing`);
      }
      await pause(tallyMs);
      const tally = await this.#tally();
      if (tally.delivered > last.delivered) movedAt = performance.now();
      last = tally;
    }
    await pause(copyMs);
    return this.#tally();
  }

  async #tally(): Promise<Tally> {
    const tallies = await Promise.all(this.#clients.map((each) => each.tell('tally', undefined)));
    const fault = tallies.find((tally) => tally.fault !== undefined)?.fault;
    if (fault !== undefined) throw new Error(fault);
    return {
      delivered: tallies.reduce((sum, tally) => sum + tally.delivered, 0),
      lastAtUs: Math.max(...tallies.map((tally) => tally.lastAtUs)),
      fault,
    };
  }
}
