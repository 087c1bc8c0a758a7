/** Many clients that are members of small groups and say nothing: the server's memory for each. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark } from './benchmark.ts';
import { absence, peerNamed } from './peers/index.ts';
import { Rig } from './rig.ts';

const groupSize = 10;

/** The server sends what it owes and collects its garbage. Milliseconds. */
const settleMs = 10_000;

/** Then its processor time is counted for so long. Milliseconds. */
const watchMs = 5000;

export const idle: Benchmark = {
  name: 'idle',
  about: ({ idleClients }) => `${idleClients} clients in groups of ${groupSize}, silent`,
  subjects: ['banter', 'ws', 'socket.io', 'nats'],
  reference: 'banter',
  figures: [
    { key: 'kibPerClient', title: 'server KiB/client', digits: 1 },
    { key: 'cpuPercent', title: 'server CPU % of a core', digits: 2 },
    { key: 'connectSeconds', title: 's to connect all', digits: 1 },
  ],
  roundsMax: 1,
  absence,
  measure: async (subject, { idleClients, profileFolder }) => {
    const peer = peerNamed(subject);
    const rig = await Rig.open({ peer, groupSize, processes: 2, profileFolder });
    try {
      const before = rig.usage;
      const startedAt = performance.now();
      await rig.connect(idleClients, true);
      const connectSeconds = (performance.now() - startedAt) / 1000;
      await pause(settleMs);
      const settled = rig.usage;
      await pause(watchMs);
      const after = rig.usage;
      await rig.check();
      return {
        kibPerClient: (after.rssBytes - before.rssBytes) / 1024 / idleClients,
        cpuPercent: ((after.cpuSeconds - settled.cpuSeconds) / (watchMs / 1000)) * 100,
        connectSeconds,
      };
    } finally {
      await rig.close();
    }
  },
};
