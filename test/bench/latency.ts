/** One group, one sender at a steady rate: how long a message takes from `send` to each member's callback. */

import type { Benchmark } from './benchmark.ts';
import { absence, peerNamed, peers } from './peers/index.ts';
import { Rig } from './rig.ts';
import { percentile } from './statistics.ts';

const members = 10;
const perSecond = 200;
const textBytes = 100;

/** At this rate it would take minutes until the code is compiled; a rush before it does that. Milliseconds. */
const rushMs = 3000;
const rush = { textBytes, pace: { window: 64 } } as const;
const warmUpMs = 1000;

/** So many times as long as other benchmarks send: of 500 messages, five would decide the 99th percentile. */
const longer = 4;

export const latency: Benchmark = {
  name: 'latency',
  about: ({ sendMs }) =>
    `a group of ${members}, one sender, ${perSecond} messages/s of ${textBytes} bytes, ${(sendMs * longer) / 1000} s`,
  subjects: [...peers.keys()],
  reference: 'banter',
  figures: [
    { key: 'p50', title: 'p50 ms', digits: 2 },
    { key: 'p99', title: 'p99 ms', digits: 2 },
    { key: 'cpuPerMillion', title: 'server CPU s/million', digits: 1 },
  ],
  absence,
  measure: async (subject, { sendMs, profileFolder }) => {
    const peer = peerNamed(subject);
    const rig = await Rig.open({ peer, groupSize: members, processes: 2, profileFolder });
    try {
      await rig.connect(members, false);
      const order = { textBytes, pace: { perSecond } };
      await rig.run({ ...rush, durationMs: rushMs });
      await rig.run({ ...order, durationMs: warmUpMs });
      await rig.latencies();
      const run = await rig.run({ ...order, durationMs: sendMs * longer });
      const latencies = await rig.latencies();
      return {
        p50: percentile(latencies, 0.5) / 1000,
        p99: percentile(latencies, 0.99) / 1000,
        cpuPerMillion: (run.serverCpuSeconds / run.deliveries) * 1e6,
      };
    } finally {
      await rig.close();
    }
  },
};
