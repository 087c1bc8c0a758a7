/** A process for each plugin: the wall that the operating system has, and what the way to it and back costs at least. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { OpenHost, PluginHost } from './host.ts';

interface Told {
  readonly handled: number;
  readonly answer?: string;
}

export const openProcesses: OpenHost = async (onAnswer): Promise<PluginHost> => {
  const plugins: { readonly child: ChildProcess; handled: number }[] = [];
  return {
    async load() {
      const child = fork(new URL('plugin-alone.ts', import.meta.url));
      await once(child, 'message');
      const plugin = { child, handled: 0 };
      child.on('message', (told: Told) => {
        plugin.handled = told.handled;
        if (told.answer !== undefined) onAnswer(told.answer);
      });
      plugins.push(plugin);
    },
    tell(text) {
      for (const { child } of plugins) child.send(text);
    },
    handled: () => Math.min(...plugins.map(({ handled }) => handled)),
    pids: () => plugins.flatMap(({ child: { pid } }) => pid ?? []),
    async close() {
      for (const { child } of plugins) child.kill();
    },
  };
};
