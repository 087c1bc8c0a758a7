/** One server, several members of several groups and a network as bad as its seed: everybody talks, and much goes wrong. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HubSnapshot } from '../../core/chat/snapshot.ts';
import { type PrivateMessage, Server } from '../../core/index.ts';
import { SimulatedNetwork } from '../../core/net/simulated.ts';
import type { FaultCounts } from '../../core/net/simulated-faults.ts';
import { MemoryStore } from '../../core/store/memory-store.ts';
import { NamesStore } from '../support/names-store.ts';
import { violationsIn } from './checker.ts';
import { Chronicle, type Teller } from './chronicle.ts';
import { disturb } from './disturbing.ts';
import type { Rest } from './history.ts';
import { hiddenNetwork, Ledger } from './ledger.ts';
import { Member } from './member.ts';
import { longSilenceMs, type Plan, planOf, talkMs } from './plan.ts';
import type { Victim } from './plan-disturbances.ts';
import { SlowStore } from './slow-store.ts';
import type { Violation } from './violation.ts';

/** What one seed came to. */
export interface Result {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly counts: Readonly<FaultCounts>;
  readonly plan: Plan;
  readonly reconnections: number;
  /** Group messages that were delivered. */
  readonly deliveries: number;
  /** Private messages that the server had kept for a while. */
  readonly kept: number;
  /** A digest of every datagram, its way and its instant. */
  readonly digest: number;
}

/** Who wants to see or hear what happens in a world. */
export interface Witness {
  /** Before anything happens in it. */
  readonly enter: (network: SimulatedNetwork) => void;
  readonly tell: Teller;
}

const serverHost = '10.0.0.1';
const serverPort = 6666;

/** Before and after the talk. */
const mildFaults = { delayMs: 5 };

/** Time enough for every send to end one way or the other. Milliseconds. */
const settleMs = 150_000;

/** Time enough for everybody to notice and come back once the network is calm. Milliseconds. */
const restMs = 30_000;

/** With the longer patience a loss is noticed by an idle connection only: its keepalive and its end come on top. */
const longRestMs = 150_000;

/** Plays a seed to its end and checks what everybody was told. */
export async function simulate(seed: number, witness?: Witness): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'banter-sim-'));
  const world = new World(planOf(seed), folder, witness);
  try {
    return await world.play();
  } catch (error) {
    const detail = error instanceof Error ? `${error.stack}` : String(error);
    return world.result([{ promise: 'nothing thrown', detail }]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export class World {
  readonly network: SimulatedNetwork;
  readonly plan: Plan;
  readonly chronicle: Chronicle;
  /** By box: its public address. */
  readonly nats: string[];
  readonly #folder: string;
  readonly #members: readonly Member[];
  readonly #ledger: Ledger;
  readonly #disk: MemoryStore;
  readonly #names = new NamesStore();
  #server: Server | undefined;
  #digest = 0;

  constructor(plan: Plan, folder: string, witness: Witness | undefined) {
    const { seed, waitingDatagramsMax, storeMessages } = plan;
    const diskLimits = storeMessages === undefined ? {} : { logMessages: storeMessages };
    this.#disk = new MemoryStore(new Uint8Array(32).fill(1), diskLimits);
    this.plan = plan;
    this.#folder = folder;
    this.network = new SimulatedNetwork({ seed, faults: mildFaults, waitingDatagramsMax });
    this.#ledger = new Ledger(this.network);
    this.chronicle = new Chronicle(plan.keeps, witness?.tell ?? (() => {}));
    this.nats = plan.nats.map((filtering, at) => {
      const address = `198.51.100.${1 + at}`;
      this.network.addNat(address, filtering);
      return address;
    });
    this.#members = Array.from({ length: plan.memberCount }, (_, at) => this.#newMember(at));
    this.network.watch((datagram, from, to) => {
      this.#mix(this.network.now);
      this.#mix(from.port * 65_536 + to.port);
      for (const byte of datagram) this.#mix(byte);
    });
    witness?.enter(this.network);
  }

  async play(): Promise<Result> {
    const { network, plan, chronicle } = this;
    await network.settle(this.#gather(), settleMs);
    await network.run(network.now + plan.quietMs);
    network.setFaults(plan.faults);
    const ends = plan.disturbances.map((each) => ('toMs' in each ? each.toMs : each.fromMs));
    this.#scheduleTalk();
    for (const disturbance of plan.disturbances) disturb(this, disturbance);
    await network.run(network.now + Math.max(talkMs, ...ends));
    for (const end = network.now + settleMs; chronicle.open > 0 && network.now < end; ) {
      await network.run(network.now + 500);
    }
    network.setFaults(mildFaults);
    chronicle.tell('the network is calm');
    await network.run(network.now + (plan.silenceMs === longSilenceMs ? longRestMs : restMs));
    const violations = violationsIn({
      ...this.chronicle,
      calm: plan.calm,
      storeMessages: plan.storeMessages,
      rest: this.#rest(),
    });
    return this.result([...violations, ...this.#ledger.violations]);
  }

  result(violations: readonly Violation[]): Result {
    const { processes, reconnections } = this.chronicle;
    return {
      seed: this.plan.seed,
      violations,
      counts: this.network.counts,
      plan: this.plan,
      reconnections,
      kept: processes.reduce((sum, { privateMessages }) => sum + keptOf(privateMessages), 0),
      deliveries: processes.reduce((sum, { groupMessages }) => sum + groupMessages.length, 0),
      digest: this.#digest,
    };
  }

  /** Where a victim of a disturbance lives. */
  hostOf(victim: Victim): string {
    return victim === 'server' ? serverHost : this.member(victim).host;
  }

  member(at: number): Member {
    const member = this.#members[at];
    if (member === undefined) throw new RangeError(`there is no member ${at}`);
    return member;
  }

  /** Lets something happen some time from now. */
  later(ms: number, action: () => void): void {
    this.network.host('10.0.9.9').setTimer(action, ms);
  }

  /** Starts the server, after a crash with what it had stored. */
  async serve(): Promise<void> {
    const { silenceMs, disturbances, keeps, groups, logMessages } = this.plan;
    const isMortal = disturbances.some((each) => each.type === 'crash' && each.victim === 'server');
    const environment = this.network.host(serverHost);
    const outlasting = keeps
      ? { store: new SlowStore(this.#disk, environment) }
      : { store: this.#names.open() };
    this.#server = await Server.start({
      environment,
      port: serverPort,
      policy: { privateInGroup: true, silenceMs, groupsPerClient: groups.length },
      limits: { logMessages },
      // Only who will have a second process needs what outlives the first.
      ...(isMortal ? outlasting : { store: this.#disk }),
    });
    this.chronicle.tell('the server listens');
  }

  /** The server's process is gone. */
  serverDied(): void {
    this.chronicle.tell('the server dies');
    this.chronicle.serverCrashes.push(this.chronicle.next());
  }

  /** A box forgets its mappings, and its address where it `moves`. */
  rebind(nat: number, moves: boolean): void {
    const address = this.nats[nat];
    if (address === undefined) throw new RangeError(`there is no box ${nat}`);
    const next = moves ? `198.51.100.${100 + this.network.counts.rebound}` : address;
    this.chronicle.tell(`the box at ${address} maps anew, to ${next}`);
    this.nats[nat] = next;
    this.network.rebind(address, next);
  }

  #newMember(at: number): Member {
    const { behind, disturbances } = this.plan;
    const box = behind[at];
    const isMortal = disturbances.some((each) => each.type === 'crash' && each.victim === at);
    return new Member({
      name: `member-${at}`,
      host: box === undefined ? `10.0.1.${at}` : `${hiddenNetwork}${at}`,
      behind: box === undefined ? undefined : this.nats[box],
      dataDir: isMortal ? join(this.#folder, `member-${at}`) : undefined,
      network: this.network,
      chronicle: this.chronicle,
      server: `${serverHost}:${serverPort}`,
      serverKey: () => this.#server?.key ?? new Uint8Array(),
    });
  }

  /** The server starts; everybody connects and joins. */
  async #gather(): Promise<void> {
    await this.serve();
    await Promise.all(this.#members.map((member) => member.connect()));
    for (const [at, members] of this.plan.groups.entries()) {
      await this.member(members[0] ?? 0).create(groupName(at));
      await Promise.all(members.map((member) => this.member(member).join(groupName(at))));
    }
  }

  #scheduleTalk(): void {
    const { groupSends, privateSends, moves, mail } = this.plan;
    for (const [at, { member, group, atMs, bytes }] of groupSends.entries()) {
      const { name } = this.member(member);
      const text = `${name} says ${at} ${'.'.repeat(bytes)}`;
      this.later(atMs, () => this.member(member).sendGroup(groupName(group), text));
    }
    for (const [at, { member, to, atMs }] of privateSends.entries()) {
      const { name } = this.member(member);
      const peer = this.member(to).name;
      this.later(atMs, () => this.member(member).sendPrivate(peer, `${name} whispers ${at}`));
    }
    for (const [at, { member, to, atMs }] of mail.entries()) {
      const { name } = this.member(member);
      const peer = this.member(to).name;
      this.later(atMs, () => this.member(member).sendPrivate(peer, `${name} leaves ${at}`));
    }
    for (const { type, member, group, atMs } of moves) {
      this.later(atMs, () => void this.member(member)[type](groupName(group)));
    }
  }

  #rest(): Rest {
    // What a server calls its state is what the hub does.
    const snapshot = this.#server?.snapshot() as HubSnapshot;
    return {
      clients: this.#members.map(
        ({ name, state }) => state ?? { name, connected: false, groups: [], directory: [] },
      ),
      directory: snapshot.names,
      groups: new Map(snapshot.sessions.map(({ name, memberships }) => [name, memberships])),
      mail: snapshot.envelopes.length,
    };
  }

  /** FNV-1a over numbers. */
  #mix(value: number): void {
    this.#digest = Math.imul(this.#digest ^ value, 0x0100_0193) >>> 0;
  }
}

function keptOf(messages: readonly PrivateMessage[]): number {
  return messages.filter(({ kept }) => kept).length;
}

function groupName(at: number): string {
  return ['hall', 'kitchen', 'attic'][at] ?? `room-${at}`;
}
