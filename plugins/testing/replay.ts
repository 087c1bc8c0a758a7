/** Plays a recording of real plugins again, in virtual time, and compares what they say with what they said. */

import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {
  ClientEvents,
  Committed,
  Delivered,
  GroupMessage,
  HistoryOptions,
} from '../../core/client-api.ts';
import { BanterError, type ErrorCode, errorTable } from '../../core/error-api.ts';
import { SimulatedNetwork } from '../../core/simulation-api.ts';
import type { PluginLog } from '../capabilities.ts';
import type { PluginClient } from '../feed.ts';
import { type RecordedEntry, type RecordedTarget, readRecording } from '../recording-format.ts';
import { PluginRuntime } from '../runtime.ts';
import { located, type PluginToLoad } from './plugin-to-load.ts';
import { compareTranscripts } from './transcript.ts';
import { WorldTime } from './world-time.ts';

/** How a recording is played. */
export interface ReplayOptions {
  readonly plugins: readonly PluginToLoad[];
  /** What the chance of plugins follows from. Default 1. */
  readonly seed?: number;
  /** Makes the same of lines that may differ: `(line) => line.replace(/rolled \d+/, 'rolled')`. Default: nothing may. */
  readonly normalize?: (line: string) => string;
}

type Told = Extract<RecordedEntry, { readonly type: 'told' }>;

/** No `setup` takes longer. Milliseconds. */
const patienceMs = 60_000;

/**
 * Tells the plugins what a recording says that they were told, at its times, and holds what they say against what they
 * said then, in its order. They begin with nothing kept; hooks are not asked, as what was recorded has passed them.
 * @throws AssertionError that shows both
 * @throws BanterError RECORDING_INVALID, and what loading the plugins throws
 */
export async function replay(file: string | URL, options: ReplayOptions): Promise<void> {
  const { seed = 1, normalize = (line: string): string => line } = options;
  const entries = readRecording(file instanceof URL ? fileURLToPath(file) : file);
  const [began] = entries;
  const me = began?.type === 'began' ? began.me : '';
  const folder = await mkdtemp(join(tmpdir(), 'banter-replay-'));
  const client = new ReplayedClient(me, entries);
  const logs: PluginLog[] = [];
  try {
    await perform(client, entries, { ...options, seed, folder, logs });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const recorded = recordedLines(me, entries);
  const [then, now] = [recorded, client.lines].map((lines) =>
    lines.filter(({ isOwn }) => isOwn).map(({ text }) => normalize(text)),
  );
  if (then !== undefined && now !== undefined && sameTexts(then, now)) return;
  // With all that was heard around it: that is where a difference comes from.
  const [said, expected] = [client.lines, recorded].map((lines) =>
    lines.map(({ text }) => normalize(text)),
  );
  const background = logs.map(({ plugin, level, text }) => `${plugin}: ${level}: ${text}`);
  compareTranscripts(said ?? [], expected ?? [], background);
}

interface Performance extends ReplayOptions {
  readonly seed: number;
  readonly folder: string;
  readonly logs: PluginLog[];
}

async function perform(
  client: ReplayedClient,
  entries: readonly RecordedEntry[],
  { plugins, seed, folder, logs }: Performance,
): Promise<void> {
  const beganAtMs = entries[0]?.atMs ?? 0;
  const players = {
    get areQuiet(): boolean {
      return runtime.isQuiet;
    },
    areAtRest: true,
  };
  const time = new WorldTime(new SimulatedNetwork({ seed }), players, beganAtMs);
  const runtime = await PluginRuntime.start({
    client,
    dataDir: folder,
    onLog: (entry) => logs.push(entry),
    simulation: { clock: time.clock, seed, onQuiet: () => time.noteQuiet() },
  });
  try {
    for (const given of plugins) {
      const { path, config } = located(given);
      await time.settle(runtime.load(path, config), patienceMs);
    }
    const loadedMs = time.now;
    for (const entry of entries) {
      // However long plugins took to load: nothing was told before.
      const atMs = loadedMs + entry.atMs - beganAtMs;
      if (atMs > time.now) await time.pass(atMs - time.now);
      if (entry.type === 'told') client.tell(entry);
    }
    await time.pass(0);
  } finally {
    await runtime.close();
  }
}

interface Line {
  readonly text: string;
  /** A plugin said it. */
  readonly isOwn: boolean;
}

function recordedLines(me: string, entries: readonly RecordedEntry[]): readonly Line[] {
  const refusals = refusalsOf(entries);
  return entries.flatMap((entry): readonly Line[] => {
    if (entry.type === 'told') return [{ text: toldLine(entry), isOwn: false }];
    if (entry.type !== 'said') return [];
    const { target, to, text, send } = entry;
    return [{ text: saidLine(me, target, to, text, refusals.get(send)), isOwn: true }];
  });
}

function refusalsOf(entries: readonly RecordedEntry[]): ReadonlyMap<number, string> {
  return new Map(
    entries.flatMap((entry) => (entry.type === 'refused' ? [[entry.send, entry.code]] : [])),
  );
}

function saidLine(
  me: string,
  target: RecordedTarget,
  to: string,
  text: string,
  refusal: string | undefined,
): string {
  const line = target === 'group' ? `#${to} ${me}: ${text}` : `${me} → ${to}: ${text}`;
  return refusal === undefined ? line : `${line} (refused: ${refusal})`;
}

function toldLine({ event, args }: Told): string {
  const [first] = args;
  const fields = typeof first === 'object' && first !== null ? { ...first } : {};
  const { group, from, text, name } = Object.assign(
    { group: '', from: '', text: '', name: '' },
    fields,
  );
  switch (event) {
    case 'groupMessageReceived':
      return `#${group} ${from}: ${text}`;
    case 'privateMessageReceived':
      return `${from} → me: ${text}`;
    case 'memberJoined':
      return `#${group}: ${name} joined`;
    case 'memberLeft':
      return `#${group}: ${name} left`;
    case 'groupLost':
    case 'gapFound':
    case 'reconnected':
    case 'disconnected':
      return [event, ...args].join(' ');
  }
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at]);
}

/** A client that tells what was recorded, and lets everything be said that was let then. */
class ReplayedClient extends EventEmitter<ClientEvents> implements PluginClient {
  readonly name: string;
  readonly serverFingerprint = 'recording';
  readonly connected = true;
  /** What plugins do to people is not recorded, and simply done. */
  readonly moderation: PluginClient['moderation'] = {
    roles: async () => [],
    kick: done,
    ban: done,
    unban: done,
    mute: done,
    unmute: done,
    invite: done,
  };
  readonly administration: PluginClient['administration'] = { operators: async () => [] };
  readonly cursors: PluginClient['cursors'] = { hold: () => () => undefined };
  readonly lines: Line[] = [];
  /** What became of each line, in the order in which it was said. */
  readonly #fates = new Map<string, (string | undefined)[]>();
  readonly #told: GroupMessage[] = [];
  #sends = 0;

  constructor(name: string, entries: readonly RecordedEntry[]) {
    super();
    this.name = name;
    this.on('groupMessageReceived', (message) => this.#told.push(message));
    const refusals = refusalsOf(entries);
    for (const entry of entries) {
      if (entry.type !== 'said') continue;
      const line = saidLine(name, entry.target, entry.to, entry.text, undefined);
      const fates = this.#fates.get(line) ?? [];
      fates.push(refusals.get(entry.send));
      this.#fates.set(line, fates);
    }
  }

  tell(entry: Told): void {
    this.lines.push({ text: toldLine(entry), isOwn: false });
    // JSON has no undefined; a recorder writes what an event carries, so that the rest is as the event has it.
    const args = entry.args.map(
      (value) => value ?? undefined,
    ) as unknown as ClientEvents[Told['event']];
    this.emit(entry.event, ...args);
  }

  async sendGroup(group: string, text: string): Promise<Committed> {
    const seq = this.#say('group', group, text);
    return {
      type: 'committed',
      mid: midOf(seq),
      group,
      logId: '0'.repeat(16),
      seq,
      durable: false,
    };
  }

  async send(to: string, text: string): Promise<Delivered> {
    return { type: 'delivered', mid: midOf(this.#say('person', to, text)), to };
  }

  /** What was told so far; nobody has recorded what there was before. */
  async history(
    group: string,
    { limit = 50, before = Number.POSITIVE_INFINITY }: HistoryOptions = {},
  ): Promise<readonly GroupMessage[]> {
    const told = this.#told.filter((each) => each.group === group && each.seq < before);
    return told.reverse().slice(0, limit);
  }

  async search(
    group: string,
    words: string,
    options?: HistoryOptions,
  ): Promise<readonly GroupMessage[]> {
    const messages = await this.history(group, options);
    return messages.filter(({ text }) => text.includes(words));
  }

  intercept(): void {}

  #say(target: RecordedTarget, to: string, text: string): number {
    this.#sends += 1;
    const fates = this.#fates.get(saidLine(this.name, target, to, text, undefined));
    const refusal = fates?.shift();
    this.lines.push({ text: saidLine(this.name, target, to, text, refusal), isOwn: true });
    if (refusal === undefined) return this.#sends;
    throw new BanterError(codeOf(refusal), 'it was refused when it was recorded');
  }
}

function midOf(count: number): string {
  return `${count}`.padStart(32, '0');
}

/** A code of another version is told as the one for what has no name. */
function codeOf(code: string): ErrorCode {
  // Object.hasOwn has found it in the table whose keys these are.
  return Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'PLUGIN_FAILED';
}

async function done(): Promise<void> {}
