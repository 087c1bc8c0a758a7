/** Ours: an isolate for each plugin, all of them in a child process. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PluginRuntime } from '../../../plugins/index.ts';
import { BenchClient } from './bench-client.ts';
import type { OpenHost, PluginHost } from './host.ts';

function sourceOf(id: string): string {
  return `import { definePlugin } from 'banter/plugins';
export default definePlugin({
  id: '${id}',
  version: '1.0.0',
  permissions: ['message.read', 'message.send'],
  limits: { sendsPerMinute: 600 },
  setup(ctx) {
    ctx.on('message', async (message) => {
      const match = /^ping (\\d+)$/.exec(message.text);
      if (match !== null) await message.reply('pong ' + match[1]);
    });
  },
});
`;
}

export const openBanter: OpenHost = async (onAnswer): Promise<PluginHost> => {
  const folder = mkdtempSync(join(tmpdir(), 'banter-bench-'));
  const client = new BenchClient(onAnswer);
  const runtime = await PluginRuntime.start({ client });
  return {
    async load() {
      const id = `ping-${runtime.list().length}`;
      const file = join(folder, `${id}.ts`);
      writeFileSync(file, sourceOf(id));
      await runtime.load(file);
    },
    tell: (text) => client.tell(text),
    handled() {
      const each = runtime.list().map(({ counters }) => {
        if (counters.eventsDropped > 0) throw new Error('a plugin was too slow and lost messages');
        return counters.events;
      });
      return Math.min(...each);
    },
    pids: () => (runtime.hostPid === undefined ? [] : [runtime.hostPid]),
    async close() {
      await runtime.close();
      rmSync(folder, { recursive: true });
    },
  };
};
