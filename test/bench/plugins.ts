/** What plugins cost: one host after the other, each in a process of its own. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Benchmark, Measurement } from './benchmark.ts';
import { pluginHosts } from './plugin-hosts/index.ts';

/** A host that hangs is ended. Milliseconds. */
const patienceMs = 180_000;

export const plugins: Benchmark = {
  name: 'plugins',
  about: () =>
    'the same small plugin: its answers one at a time, messages a second through one and through each of ten',
  subjects: [...pluginHosts.keys()],
  reference: 'banter',
  figures: [
    { key: 'p50Us', title: 'answer p50 µs', digits: 0 },
    { key: 'p99Us', title: 'p99 µs', digits: 0 },
    { key: 'spacedUs', title: 'p50 µs, 100 a second', digits: 0 },
    { key: 'perSecondOne', title: 'messages/s, 1 plugin', digits: 0 },
    { key: 'perSecondTen', title: 'each of 10', digits: 0 },
    { key: 'mibEach', title: 'MiB/plugin', digits: 1 },
    { key: 'loadMs', title: 'load ms', digits: 1 },
  ],
  terms: (subject) => pluginHosts.get(subject)?.terms,
  measure: async (subject) => {
    const child = fork(new URL('plugin-process.ts', import.meta.url), [subject]);
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    try {
      const [figures]: [Measurement | undefined] = await Promise.race([
        once(child, 'message') as Promise<[Measurement]>,
        once(child, 'exit').then((): [undefined] => [undefined]),
      ]);
      if (figures === undefined) throw new Error(`the process of ${subject} ended`);
      return figures;
    } finally {
      clearTimeout(timer);
      child.kill('SIGKILL');
    }
  },
};
