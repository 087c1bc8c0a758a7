/** One server, ten members of one group and a network as bad as its seed: everybody talks, some are cut off or crash. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BanterError, Client, Server } from '../../core/index.ts';
import { SimulatedNetwork } from '../../core/net/simulated.ts';
import type { FaultCounts } from '../../core/net/simulated-path.ts';
import type { Environment } from '../../core/net/transport.ts';
import {
  type GroupSend,
  type Outcome,
  type PrivateSend,
  type ProcessHistory,
  type Violation,
  violationsIn,
} from './checker.ts';
import { memberCount, type Plan, planOf, talkMs } from './plan.ts';

/** What one seed came to. */
export interface Result {
  readonly violations: readonly Violation[];
  readonly counts: Readonly<FaultCounts>;
  readonly plan: Plan;
  readonly reconnections: number;
  /** Group messages that were delivered. */
  readonly deliveries: number;
  /** A digest of every datagram, its way and its instant. */
  readonly digest: number;
}

const group = 'hall';
const serverHost = '10.0.0.1';
const serverPort = 6666;

/** Time enough for every send to end one way or the other. Milliseconds. */
const settleMs = 150_000;

/** Time enough for everybody to come back once the network is calm. Milliseconds. */
const restMs = 25_000;

/** Plays a seed to its end and checks what everybody was told. */
export async function simulate(seed: number): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'banter-sim-'));
  const world = new World(planOf(seed), folder);
  try {
    return await world.play();
  } catch (error) {
    return world.result([{ promise: 'nothing thrown', detail: String(error) }]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Member {
  readonly name: string;
  readonly host: string;
  client: Client | undefined;
  process: ProcessHistory;
}

class World {
  readonly #plan: Plan;
  readonly #folder: string;
  readonly #network: SimulatedNetwork;
  readonly #members: readonly Member[];
  readonly #processes: ProcessHistory[] = [];
  readonly #groupSends: GroupSend[] = [];
  readonly #privateSends: PrivateSend[] = [];
  #open = 0;
  #reconnections = 0;
  #digest = 0;
  #serverKey: Uint8Array = new Uint8Array();

  constructor(plan: Plan, folder: string) {
    this.#plan = plan;
    this.#folder = folder;
    this.#network = new SimulatedNetwork({ seed: plan.seed, faults: { delayMs: 5 } });
    this.#members = Array.from({ length: memberCount }, (_, at) => {
      const name = `member-${at}`;
      return { name, host: `10.0.1.${at}`, client: undefined, process: this.#newProcess(name) };
    });
    this.#network.watch((datagram, from, to) => {
      this.#mix(this.#network.now);
      this.#mix(from.port * 65_536 + to.port);
      for (const byte of datagram) this.#mix(byte);
    });
  }

  async play(): Promise<Result> {
    const { faults, blackhole, crash } = this.#plan;
    const network = this.#network;
    await network.settle(this.#gather(), settleMs);
    network.setFaults(faults);
    const beganAt = network.now;
    this.#schedule(network.host('10.0.9.9'));
    await network.run(beganAt + Math.max(talkMs, blackhole?.toMs ?? 0, crash?.backMs ?? 0));
    for (const end = network.now + settleMs; this.#open > 0 && network.now < end; ) {
      await network.run(network.now + 500);
    }
    network.setFaults({ delayMs: 5 });
    await network.run(network.now + restMs);
    const violations = violationsIn({
      processes: this.#processes,
      groupSends: this.#groupSends,
      privateSends: this.#privateSends,
      calm: this.#plan.calm,
    });
    return this.result(violations);
  }

  result(violations: readonly Violation[]): Result {
    return {
      violations,
      counts: this.#network.counts,
      plan: this.#plan,
      reconnections: this.#reconnections,
      deliveries: this.#processes.reduce((sum, { groupMessages }) => sum + groupMessages.length, 0),
      digest: this.#digest,
    };
  }

  /** The server starts; everybody connects and joins. */
  async #gather(): Promise<void> {
    const environment = this.#network.host(serverHost);
    const policy = { privateInGroup: true, silenceMs: this.#plan.silenceMs };
    const server = await Server.start({ environment, port: serverPort, policy });
    this.#serverKey = server.key;
    await Promise.all(this.#members.map((member) => this.#connect(member)));
    await this.#members[0]?.client?.createGroup(group);
    await Promise.all(this.#members.map((member) => member.client?.joinGroup(group)));
  }

  async #connect(member: Member): Promise<void> {
    const { process } = member;
    const at = this.#members.indexOf(member);
    const client = await Client.connect({
      name: member.name,
      server: `${serverHost}:${serverPort}`,
      serverKey: this.#serverKey,
      environment: this.#network.host(member.host),
      // Only who will have a second process needs an identity that outlives the first.
      ...(this.#plan.crash?.member === at ? { dataDir: this.#folder } : {}),
    });
    client.on('groupMessageReceived', (message) => process.groupMessages.push(message));
    client.on('privateMessageReceived', (message) => process.privateMessages.push(message));
    client.on('gapFound', (_, count) => process.gaps.push(count));
    client.on('disconnected', () => process.losses.push(this.#network.now));
    client.on('reconnected', () => this.#reconnections++);
    member.client = client;
  }

  #schedule(clock: Environment): void {
    const { blackhole, crash, groupSends, privateSends } = this.#plan;
    for (const [at, send] of groupSends.entries()) {
      clock.setTimer(() => this.#sendGroup(at, send), send.atMs);
    }
    for (const [at, send] of privateSends.entries()) {
      clock.setTimer(() => this.#sendPrivate(at, send), send.atMs);
    }
    if (blackhole !== undefined) {
      const { host } = this.#member(blackhole.member);
      clock.setTimer(() => this.#network.cut(host, blackhole.way), blackhole.fromMs);
      clock.setTimer(() => this.#network.mend(host), blackhole.toMs);
    }
    if (crash !== undefined) {
      clock.setTimer(() => this.#crash(this.#member(crash.member)), crash.atMs);
      clock.setTimer(() => void this.#comeBack(this.#member(crash.member)), crash.backMs);
    }
  }

  #crash(member: Member): void {
    member.process.crashed = true;
    member.client = undefined;
    for (const { by, outcome } of [...this.#groupSends, ...this.#privateSends]) {
      if (by === member.process && outcome === undefined) this.#open--;
    }
    this.#network.crash(member.host);
  }

  /** The next process of a member tries until the network lets it. */
  async #comeBack(member: Member): Promise<void> {
    member.process = this.#newProcess(member.name);
    while (member.client === undefined) {
      try {
        await this.#connect(member);
      } catch (error) {
        if (!(error instanceof BanterError)) throw error;
      }
    }
  }

  #sendGroup(at: number, { member, bytes }: Plan['groupSends'][number]): void {
    const { client, process, name } = this.#member(member);
    if (client === undefined) return;
    const send: GroupSend = {
      by: process,
      text: `${name} says ${at} ${'.'.repeat(bytes)}`,
      outcome: undefined,
    };
    this.#groupSends.push(send);
    this.#follow(send, client.sendGroup(group, send.text));
  }

  #sendPrivate(at: number, { member, to }: Plan['privateSends'][number]): void {
    const { client, process, name } = this.#member(member);
    if (client === undefined) return;
    const send: PrivateSend = {
      by: process,
      to: this.#member(to).name,
      text: `${name} whispers ${at}`,
      outcome: undefined,
    };
    this.#privateSends.push(send);
    this.#follow(send, client.send(send.to, send.text));
  }

  #follow<Receipt>(send: { outcome: Outcome<Receipt> }, sent: Promise<Receipt>): void {
    this.#open++;
    const settle = (outcome: Outcome<Receipt>): void => {
      send.outcome = outcome;
      this.#open--;
    };
    void sent.then(
      (receipt) => settle({ type: 'acknowledged', receipt }),
      (error: unknown) =>
        settle({ type: 'failed', code: error instanceof BanterError ? error.code : String(error) }),
    );
  }

  #member(at: number): Member {
    const member = this.#members[at];
    if (member === undefined) throw new RangeError(`there is no member ${at}`);
    return member;
  }

  #newProcess(member: string): ProcessHistory {
    const process = {
      member,
      crashed: false,
      groupMessages: [],
      privateMessages: [],
      gaps: [],
      losses: [],
    };
    this.#processes.push(process);
    return process;
  }

  /** FNV-1a over numbers. */
  #mix(value: number): void {
    this.#digest = Math.imul(this.#digest ^ value, 0x0100_0193) >>> 0;
  }
}
