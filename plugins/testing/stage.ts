/** What everybody in a test world stands on: the network, the server, time, and the one transcript. */

import { join } from 'node:path';
import { BanterError, defaultPolicy } from '../../core/client-api.ts';
import { Server } from '../../core/server-api.ts';
import { type Faults, SimulatedNetwork } from '../../core/simulation-api.ts';
import type { Bot } from './bot.ts';
import type { Person } from './person.ts';
import { WitnessStore } from './witness.ts';
import { WorldTime } from './world-time.ts';

/** How a stage is set. */
export interface StageOptions {
  readonly seed: number;
  readonly faults: Faults;
  /** When it begins. Milliseconds of the epoch. */
  readonly epochMs: number;
  /** Messages that the server keeps of a group. */
  readonly history: number | undefined;
  /** A folder for what everybody keeps. */
  readonly folder: string;
  /** The group that lines are of unless they say otherwise. */
  readonly group: string;
}

const serverHost = '10.0.0.1';
const serverPort = 6666;

/** No step of a conversation takes longer, whatever is lost on the way. Milliseconds. */
export const patienceMs = 600_000;

/** People and bots come and go on it. */
export class Stage {
  readonly network: SimulatedNetwork;
  readonly time: WorldTime;
  readonly witness: WitnessStore;
  readonly transcript: string[] = [];
  readonly people: Person[] = [];
  readonly bots: Bot[] = [];
  readonly options: StageOptions;
  #server: Server | undefined;

  constructor(options: StageOptions) {
    this.options = options;
    const { seed, faults, history, epochMs } = options;
    this.network = new SimulatedNetwork({ seed, faults });
    const seedBytes = new Uint8Array(32).fill(1);
    this.witness = new WitnessStore(seedBytes, history, (group, { from, text }) =>
      this.transcript.push(this.lineOf(group, from, text)),
    );
    const stage = this;
    const players = {
      get areQuiet(): boolean {
        return stage.bots.every(({ isQuiet }) => isQuiet);
      },
      get areAtRest(): boolean {
        return stage.isAtRest;
      },
    };
    this.time = new WorldTime(this.network, players, epochMs);
  }

  /** Whether everybody who can hear has heard all that was said, and nobody waits for an answer. */
  get isAtRest(): boolean {
    return this.people.every((person) => person.isAtRest);
  }

  /** What the server is called, and by what it is known. */
  get server(): { readonly address: string; readonly key: Uint8Array } {
    if (this.#server === undefined) throw new BanterError('CLOSED', 'the test world has ended');
    return { address: `${serverHost}:${serverPort}`, key: this.#server.key };
  }

  async open(): Promise<void> {
    const { history } = this.options;
    const environment = this.network.host(serverHost);
    this.time.addHost(serverHost);
    const policy = { ...defaultPolicy, groupsPerClient: 20, privateInGroup: true };
    const limits = history === undefined ? {} : { logMessages: history };
    const store = this.witness;
    const starting = Server.start({ environment, port: serverPort, store, policy, limits });
    this.#server = await this.time.settle(starting, patienceMs);
    this.#server.on('fact', (fact) => {
      if (fact.type === 'clientLost') this.lost.add(fact.name);
      if (fact.type === 'clientRegistered') this.lost.delete(fact.name);
    });
  }

  /** Names whose client the server has lost. */
  readonly lost: Set<string> = new Set();

  /** The server's process is not ended in an orderly way: nobody is left to tell. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await this.time.settle(server.close(), patienceMs);
  }

  /** A host of its own for the next person or bot. */
  nextHost(): string {
    return `10.0.1.${this.people.length + 1}`;
  }

  /** Where somebody keeps what outlives its process. */
  folderOf(name: string): string {
    return join(this.options.folder, name);
  }

  /** Lets time pass until everything that was said has been heard, answered, and heard again. @throws BanterError TIMED_OUT */
  async rest(): Promise<void> {
    const isOver = await this.time.until(() => this.isAtRest, this.time.now + patienceMs);
    if (isOver) return;
    const open = this.people.flatMap((person) => person.unrest);
    throw new BanterError(
      'TIMED_OUT',
      `the chat did not come to rest in ${patienceMs / 60_000} minutes: ${open.join('; ')}`,
    );
  }

  lineOf(group: string, from: string, text: string): string {
    return group === this.options.group ? `${from}: ${text}` : `#${group} ${from}: ${text}`;
  }
}
