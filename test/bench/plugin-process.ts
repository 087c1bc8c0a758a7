/** Measures the plugins of one host, `<host>`, and tells the figures over IPC. */

import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { PluginHost } from './plugin-hosts/host.ts';
import { pluginHosts } from './plugin-hosts/index.ts';
import { median, percentile } from './statistics.ts';
import { usageOf } from './usage.ts';

/** Together fewer than anybody's messages a minute. */
const questions = 300;
const spacedQuestions = 200;

/** Between the spaced ones every processor goes to sleep. Milliseconds. */
const betweenMs = 10;

/** Code that runs this often is compiled. */
const warmUpMessages = 20_000;
const throughMs = 2500;

/** As many as no host drops wait at a time. */
const waitingMax = 512;
const loads = 20;
const settleMs = 500;

class Rig {
  readonly #host: PluginHost;
  #answers = 0;
  #asked = 0;
  #heard: (() => void) | undefined;

  private constructor(host: PluginHost) {
    this.#host = host;
  }

  static async open(subject: string): Promise<Rig> {
    const found = pluginHosts.get(subject);
    if (found === undefined) throw new RangeError(`nothing runs plugins under the name ${subject}`);
    let rig: Rig | undefined;
    const host = await found.open((text) => rig?.hear(text));
    rig = new Rig(host);
    return rig;
  }

  hear(text: string): void {
    if (text !== `pong ${this.#asked}`)
      throw new Error(`"${text}" was no answer to ping ${this.#asked}`);
    this.#answers++;
    this.#heard?.();
  }

  /** Loads plugins. @returns how long each took. Milliseconds. */
  async load(count: number): Promise<readonly number[]> {
    const times: number[] = [];
    for (let at = 0; at < count; at++) {
      const beganAt = performance.now();
      await this.#host.load();
      times.push(performance.now() - beganAt);
    }
    return times;
  }

  /** Asks all plugins something. @returns how long it took until all had answered. Microseconds. */
  async ask(plugins: number): Promise<number> {
    this.#asked++;
    this.#answers = 0;
    const beganAt = performance.now();
    const answered = new Promise<void>((resolve) => {
      this.#heard = () => {
        if (this.#answers === plugins) resolve();
      };
    });
    this.#host.tell(`ping ${this.#asked}`);
    await answered;
    return (performance.now() - beganAt) * 1000;
  }

  /** Gives messages while `goesOn`. @returns how many a second every plugin handles */
  async through(plugins: number, goesOn: (told: number, ms: number) => boolean): Promise<number> {
    const before = this.#host.handled();
    const beganAt = performance.now();
    let told = 0;
    while (goesOn(told, performance.now() - beganAt)) {
      const room = waitingMax - (told - (this.#host.handled() - before));
      for (let left = room; left > 0; left--) this.#host.tell(`nothing to answer ${told++}`);
      await turn();
    }
    // What comes after all of them is answered when they have been handled.
    await this.ask(plugins);
    return (told * 1000) / (performance.now() - beganAt);
  }

  rssBytes(): number {
    return [process.pid, ...this.#host.pids()].reduce((sum, pid) => sum + usageOf(pid).rssBytes, 0);
  }

  close(): Promise<void> {
    return this.#host.close();
  }
}

function inTime(_told: number, ms: number): boolean {
  return ms < throughMs;
}

async function measure(subject: string): Promise<Readonly<Record<string, number>>> {
  const rig = await Rig.open(subject);
  await rig.load(1);
  await rig.through(1, (told) => told < warmUpMessages);
  const times: number[] = [];
  for (let at = 0; at < questions; at++) times.push(await rig.ask(1));
  const spaced: number[] = [];
  for (let at = 0; at < spacedQuestions; at++) {
    await pause(betweenMs);
    spaced.push(await rig.ask(1));
  }
  const perSecondOne = await rig.through(1, inTime);
  const before = rig.rssBytes();
  const loaded = await rig.load(loads - 1);
  await pause(settleMs);
  const mibEach = (rig.rssBytes() - before) / 2 ** 20 / (loads - 1);
  await rig.close();
  const ten = await Rig.open(subject);
  await ten.load(10);
  await ten.ask(10);
  const perSecondTen = await ten.through(10, inTime);
  await ten.close();
  return {
    p50Us: median(times),
    p99Us: percentile(times, 0.99),
    spacedUs: median(spaced),
    perSecondOne,
    perSecondTen,
    mibEach,
    loadMs: median(loaded),
  };
}

process.on('disconnect', () => process.exit());
process.send?.(await measure(process.argv[2] ?? ''));
