/** From the start of a server's process to the first join that it accepts. */

import type { Benchmark } from './benchmark.ts';
import { ServerProcess } from './child-processes.ts';
import { absence, type PeerClient, peerNamed, peers } from './peers/index.ts';
import { median } from './statistics.ts';

/** A client tries this often, so that the patience of its own tries does not count. Milliseconds. */
const attemptMs = 10;

const patienceMs = 10_000;

export const spawn: Benchmark = {
  name: 'spawn',
  about: ({ starts }) =>
    `from starting the server to the first accepted join, medians of ${starts} (banter as installed; goal 300 ms)`,
  subjects: [...peers.keys()],
  reference: 'banter',
  figures: [{ key: 'ms', title: 'ms', digits: 0 }],
  roundsMax: 1,
  needsBuild: true,
  absence,
  measure: async (subject, { starts }) => {
    const measured: number[] = [];
    // The first start fills the compile cache and the operating system's.
    for (let run = 0; run <= starts; run++) measured.push(await firstJoinMs(subject));
    return { ms: median(measured.slice(1)) };
  },
};

async function firstJoinMs(subject: string): Promise<number> {
  const { launch, launchInstalled, connect } = peerNamed(subject);
  const startedAt = performance.now();
  const server = await ServerProcess.start(launchInstalled ?? launch);
  const ignore = (): void => {};
  const joined = Promise.withResolvers<number>();
  const enough = new AbortController();
  const attempts: Promise<PeerClient | undefined>[] = [];
  const attempt = async (at: number): Promise<PeerClient | undefined> => {
    const target = {
      ...{ port: server.port, name: `m${at}`, signal: enough.signal },
      ...{ onMessage: ignore, onLost: ignore },
    };
    try {
      const client = await connect(target);
      await client.join('first');
      joined.resolve(performance.now() - startedAt);
      return client;
    } catch {
      // The server is not there yet.
      return undefined;
    }
  };
  const timer = setInterval(() => attempts.push(attempt(attempts.length)), attemptMs);
  const patience = setTimeout(() => joined.reject(new Error('no join was accepted')), patienceMs);
  try {
    return await joined.promise;
  } finally {
    clearInterval(timer);
    clearTimeout(patience);
    enough.abort();
    for (const client of await Promise.all(attempts)) client?.close();
    await server.close();
  }
}
