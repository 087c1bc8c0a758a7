/** One group, one sender with a window of unacknowledged messages: deliveries a second and what they cost the server. */

import type { Benchmark } from './benchmark.ts';
import { absence, peerNamed, peers } from './peers/index.ts';
import { Rig } from './rig.ts';

const members = 100;
const window = 64;
const textBytes = 100;

/** The code is compiled and the buffers have grown after this. Milliseconds. */
const warmUpMs = 4000;

export const delivery: Benchmark = {
  name: 'delivery',
  about: ({ sendMs }) =>
    `a group of ${members}, one sender, ${window} unacknowledged messages of ${textBytes} bytes, ${sendMs / 1000} s`,
  subjects: [...peers.keys()],
  reference: 'banter',
  figures: [
    { key: 'perSecond', title: 'deliveries/s', digits: 0 },
    { key: 'cpuPerMillion', title: 'server CPU s/million', digits: 2 },
    { key: 'rssMiB', title: 'server MiB', digits: 0 },
  ],
  absence,
  measure: async (subject, { sendMs, profileFolder }) => {
    const peer = peerNamed(subject);
    const rig = await Rig.open({ peer, groupSize: members, processes: 3, profileFolder });
    try {
      await rig.connect(members, false);
      const order = { textBytes, pace: { window } };
      await rig.run({ ...order, durationMs: warmUpMs });
      const run = await rig.run({ ...order, durationMs: sendMs });
      return {
        perSecond: run.deliveries / run.seconds,
        cpuPerMillion: (run.serverCpuSeconds / run.deliveries) * 1e6,
        rssMiB: rig.usage.rssBytes / 2 ** 20,
      };
    } finally {
      await rig.close();
    }
  },
};
