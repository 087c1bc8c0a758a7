/** One sender whose messages are kept: acknowledgements a second by how many are awaited at a time. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark, Measurement } from './benchmark.ts';
import { ServerProcess } from './child-processes.ts';
import { banter } from './peers/banter.ts';
import { jetStream } from './peers/jetstream.ts';
import { mosquitto } from './peers/mosquitto.ts';
import { connectMqtt } from './peers/mqtt.ts';
import { nodeServer, type Peer, type PeerClient } from './peers/peer.ts';

interface Kept {
  readonly peer: Peer;
  /** What an acknowledgement is worth when the power fails. */
  readonly durability: string;
  /** Whether it tells how long its event loop was stalled. */
  readonly tellsStalls?: boolean;
}

const textBytes = 100;
const group = 'bench';
const windows = [1, 64, 1024] as const;
const warmUpMs = 1000;

/** A server starts within this. Milliseconds. */
const startPatienceMs = 30_000;

const subjects: ReadonlyMap<string, Kept> = new Map<string, Kept>([
  [
    'banter',
    {
      peer: {
        ...banter,
        launch: (place) => {
          const { command, arguments: list } = nodeServer('banter-durable-server.ts', place);
          return { command, arguments: [...list, place.folder] };
        },
      },
      durability: 'on the disk (fsync) before the acknowledgement',
      tellsStalls: true,
    },
  ],
  ['banter --ephemeral', { peer: banter, durability: 'in memory' }],
  [
    'mosquitto',
    {
      peer: { ...mosquitto, launch: launchPersistent, connect: (target) => connectMqtt(target, 5) },
      durability: 'in memory; written to a file once a second, not synced',
    },
  ],
  [
    'nats jetstream',
    { peer: jetStream, durability: 'written to a file; synced every two minutes' },
  ],
]);

export const durable: Benchmark = {
  name: 'durable',
  about: ({ sendMs }) => `one sender, messages of ${textBytes} bytes, ${sendMs / 1000} s each`,
  terms: (subject) => subjects.get(subject)?.durability,
  subjects: [...subjects.keys()],
  reference: 'banter',
  figures: [
    { key: 'at1', title: 'acked/s, 1 awaited', digits: 0 },
    { key: 'at64', title: '64 awaited', digits: 0 },
    { key: 'at1024', title: '1024 awaited', digits: 0 },
    { key: 'stallMs', title: 'stall p99 ms', digits: 1 },
  ],
  absence: (subject) => {
    const program = subjects.get(subject)?.peer.program;
    const isThere =
      program === undefined || spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
    return isThere ? undefined : 'not installed';
  },
  measure: async (subject, { sendMs, profileFolder }) => {
    const kept = subjects.get(subject);
    if (kept === undefined) throw new RangeError(`nothing is called ${subject}`);
    const server = await ServerProcess.start(kept.peer.launch, profileFolder);
    try {
      const client = await connected(kept.peer, server.port);
      await client.join(group);
      await run(client, 64, warmUpMs);
      const figures: Record<string, number> = {};
      await stallOf(kept, server);
      for (const window of windows) figures[`at${window}`] = await run(client, window, sendMs);
      figures['stallMs'] = await stallOf(kept, server);
      client.close();
      return figures satisfies Measurement;
    } finally {
      await server.close();
    }
  },
};

function launchPersistent(place: Parameters<Peer['launch']>[0]): ReturnType<Peer['launch']> {
  const launched = mosquitto.launch(place);
  const file = join(place.folder, 'mosquitto.conf');
  const lines = readFileSync(file, 'utf8').replace(
    'persistence false',
    `persistence true\npersistence_location ${place.folder}/\nautosave_interval 1`,
  );
  writeFileSync(file, lines);
  return launched;
}

async function connected(peer: Peer, port: number): Promise<PeerClient> {
  const end = performance.now() + startPatienceMs;
  for (;;) {
    try {
      return await peer.connect({ port, name: 'ann', onMessage: () => {}, onLost: () => {} });
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(50);
    }
  }
}

/** Acknowledgements a second while so many are awaited. */
async function run(client: PeerClient, window: number, ms: number): Promise<number> {
  const text = 'x'.repeat(textBytes);
  const beganAt = performance.now();
  const end = beganAt + ms;
  let acknowledged = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      await client.send(group, text);
      acknowledged++;
    }
  };
  await Promise.all(Array.from({ length: window }, lane));
  return (acknowledged * 1000) / (performance.now() - beganAt);
}

/** How long the server's event loop was stalled since the last time; NaN for one that does not tell. Milliseconds. */
async function stallOf({ tellsStalls }: Kept, server: ServerProcess): Promise<number> {
  if (tellsStalls !== true) return Number.NaN;
  const path = join(server.folder, 'stall.json');
  rmSync(path, { force: true });
  server.signal('SIGUSR2');
  while (!existsSync(path)) await pause(10);
  const told: { readonly stallMs: number } = JSON.parse(readFileSync(path, 'utf8'));
  return told.stallMs;
}
