/** A thread for each plugin: another heap, the same process, and all of Node inside. */

import { Worker } from 'node:worker_threads';
import type { OpenHost, PluginHost } from './host.ts';

const source = `
const { parentPort } = require('node:worker_threads');
parentPort.postMessage({ type: 'ready' });
parentPort.on('message', ({ text }) => {
  const match = /^ping (\\d+)$/.exec(text);
  parentPort.postMessage(match === null ? { type: 'handled' } : { type: 'handled', answer: 'pong ' + match[1] });
});`;

interface Told {
  readonly type: 'ready' | 'handled';
  readonly answer?: string;
}

export const openWorkers: OpenHost = async (onAnswer): Promise<PluginHost> => {
  const workers: { readonly worker: Worker; handled: number }[] = [];
  return {
    async load() {
      const worker = new Worker(source, {
        eval: true,
        resourceLimits: { maxOldGenerationSizeMb: 32 },
      });
      const place = { worker, handled: 0 };
      const ready = Promise.withResolvers<void>();
      worker.on('error', ready.reject);
      worker.on('message', ({ type, answer }: Told) => {
        if (type === 'ready') ready.resolve();
        else place.handled++;
        if (answer !== undefined) onAnswer(answer);
      });
      await ready.promise;
      workers.push(place);
    },
    tell(text) {
      for (const { worker } of workers) worker.postMessage({ text });
    },
    handled: () => Math.min(...workers.map(({ handled }) => handled)),
    pids: () => [],
    async close() {
      await Promise.all(workers.map(({ worker }) => worker.terminate()));
    },
  };
};
