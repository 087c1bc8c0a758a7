/** Kills a real server again and again while real clients talk, and looks at what is left of it. */

import { join } from 'node:path';
import type { StoredMessage } from '../../core/chat/records.ts';
import { SqliteStore } from '../../core/store/sqlite-store.ts';
import { freePort } from '../support/free-port.ts';
import type { Home } from '../support/home.ts';
import { type ChildProgram, startBanter } from '../support/processes.ts';
import { Random } from '../support/random.ts';
import { Repeater } from './repeater.ts';
import { type Said, Talker } from './talker.ts';
import { verdictOn } from './verdict.ts';

export interface CrashOptions {
  readonly seed: number;
  /** How often the server is killed. */
  readonly rounds: number;
  readonly home: Home;
  /** Starts the server on its folder and port. Default: `banter serve`. */
  readonly start?: (folder: string, port: string) => ChildProgram;
  /** What happens to the folder after each kill, before the next start. */
  readonly onKilled?: (folder: string) => void;
  /** A round is done. */
  readonly onRound?: () => void;
}

export interface CrashReport {
  /** Promises that were broken. */
  readonly violations: readonly string[];
  readonly acknowledged: number;
  readonly heard: number;
  /** Answers to what had been answered before. */
  readonly repeated: number;
  /** Messages of which nobody knows whether they have a place. */
  readonly unknown: number;
}

interface Speaker {
  readonly said: readonly Said[];
}

const names = ['ann', 'bob', 'carol', 'dave'];
const groups = ['hall', 'yard'];

/** A server lives for up to so many messages heard and acknowledged, none included. */
const newsPerLifeMax = 400;

/** Messages read from the store at a time. */
const pageMessages = 1000;

/** Everybody has heard everything by then, or never will. Milliseconds. */
const patienceMs = 30_000;

export async function runCrashLoop(options: CrashOptions): Promise<CrashReport> {
  const { seed, rounds, home, onKilled, onRound } = options;
  const random = new Random(seed);
  const folder = join(home.path, 'server');
  const port = String(await freePort());
  const start = (): Promise<ChildProgram> => started(options, port);
  const news = new News();
  let server = await start();
  const talkers: Talker[] = [];
  home.onClose(async () => {
    for (const { client } of talkers) await client.close();
  });
  for (const name of names) {
    talkers.push(await Talker.connect(name, `127.0.0.1:${port}`, () => news.arrived()));
  }
  await gather(talkers);
  await using repeater = await Repeater.join('rose', Number(port), groups);
  for (const talker of talkers) talker.begin(groups);
  for (let round = 0; round < rounds; round++) {
    repeater.begin(groups);
    await news.count(random.below(newsPerLifeMax));
    server.signal('SIGKILL');
    await server.exit();
    await repeater.stop();
    onKilled?.(folder);
    server = await start();
    await repeater.repeat();
    onRound?.();
  }
  await Promise.all(talkers.map((talker) => talker.finish()));
  await caughtUp(talkers, [...talkers, repeater], news);
  await Promise.all(talkers.map(({ client }) => client.close()));
  server.signal('SIGTERM');
  await server.exit();
  return {
    violations: verdictOn(talkers, await readLogs(folder), repeater),
    acknowledged: talkers.flatMap(({ said }) => said.filter(({ receipt }) => receipt)).length,
    heard: talkers.flatMap(({ heard }) => heard).length,
    repeated: repeater.answers.length - new Set(repeater.answers.map(({ mid }) => mid)).size,
    unknown: talkers.flatMap(({ said }) => said.filter(({ receipt }) => !receipt)).length,
  };
}

async function started({ home, start }: CrashOptions, port: string): Promise<ChildProgram> {
  const folder = join(home.path, 'server');
  const args = ['serve', '-p', port, '--host', '127.0.0.1', '--data', home.path, '--quiet'];
  const server = start?.(folder, port) ?? startBanter(home, [...args, '--groups-per-client', '2']);
  await server.waitFor('serving on');
  return server;
}

async function gather(talkers: readonly Talker[]): Promise<void> {
  for (const group of groups) {
    await talkers[0]?.client.createGroup(group);
    for (const { client } of talkers) await client.joinGroup(group);
  }
}

/** Resolves when everybody has heard what was acknowledged last to the others, or the patience ends. */
async function caughtUp(
  talkers: readonly Talker[],
  speakers: readonly Speaker[],
  news: News,
): Promise<void> {
  const has = (talker: Talker): boolean =>
    groups.every((group) => {
      const head = headOf(
        speakers.filter((other) => other !== talker),
        group,
      );
      return talker.heard.some((each) => each.group === group && each.seq >= head);
    });
  const timeout = AbortSignal.timeout(patienceMs);
  while (!talkers.every(has) && !timeout.aborted) {
    await Promise.race([news.count(1), aborted(timeout)]);
  }
}

/** The last place that any of them was told for a message of its own. */
function headOf(speakers: readonly Speaker[], group: string): number {
  const seqs = speakers.flatMap(({ said }) =>
    said.map((each) => (each.group === group ? (each.receipt?.seq ?? 0) : 0)),
  );
  return Math.max(0, ...seqs);
}

async function readLogs(folder: string): Promise<ReadonlyMap<string, readonly StoredMessage[]>> {
  const newSeed = (): never => {
    throw new Error('the server has lost its key');
  };
  await using store = await SqliteStore.open({ folder, newSeed });
  const findings = await store.check();
  if (findings.length > 0) throw new Error(`the database is damaged: ${findings.join(', ')}`);
  const logs = new Map<string, readonly StoredMessage[]>();
  for (const group of groups) {
    const messages: StoredMessage[] = [];
    for (;;) {
      const afterSeq = messages.at(-1)?.seq ?? 0;
      const page = await store.read({ group, afterSeq, limit: pageMessages });
      if (page.length === 0) break;
      messages.push(...page);
    }
    logs.set(group, messages);
  }
  return logs;
}

/** Counts what arrives, for who waits for more of it. */
class News {
  #count = 0;
  #waiting: { readonly until: number; readonly resolve: () => void }[] = [];

  arrived(): void {
    this.#count++;
    const due = this.#waiting.filter(({ until }) => until <= this.#count);
    this.#waiting = this.#waiting.filter(({ until }) => until > this.#count);
    for (const { resolve } of due) resolve();
  }

  /** Resolves when so many more have arrived. */
  count(more: number): Promise<void> {
    if (more === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ until: this.#count + more, resolve });
    });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}
