/** Ours: an isolate for each plugin, all of them in a child process. */

import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientEvents, Committed, Delivered, GroupMessage } from '../../../core/index.ts';
import { type PluginClient, PluginRuntime } from '../../../plugins/index.ts';
import type { OpenHost, PluginHost } from './host.ts';

/** A client without a network: it is told by the benchmark, and what it would send is the answer. */
class BenchClient extends EventEmitter<ClientEvents> implements PluginClient {
  readonly name = 'bench';
  readonly serverFingerprint = 'bench';
  readonly connected = true;
  readonly moderation = { roles: async () => [] };
  readonly administration = { operators: async () => [] };
  readonly #onAnswer: (text: string) => void;
  #seq = 0;

  constructor(onAnswer: (text: string) => void) {
    super();
    this.#onAnswer = onAnswer;
  }

  tell(text: string): void {
    this.#seq++;
    const said = { type: 'group', group: 'lab', from: 'ann', text } as const;
    const place = {
      mid: String(this.#seq).padStart(32, '0'),
      seq: this.#seq,
      logId: '01',
    } as const;
    const message: GroupMessage = {
      ...{ ...said, ...place },
      ...{ sentAtMs: 0, bot: false, hops: 0, recovered: false },
    };
    this.emit('groupMessageReceived', message);
  }

  async sendGroup(group: string, text: string): Promise<Committed> {
    this.#onAnswer(text);
    return { type: 'committed', mid: '0'.repeat(32), group, logId: '01', seq: 1, durable: false };
  }

  async send(to: string, text: string): Promise<Delivered> {
    this.#onAnswer(text);
    return { type: 'delivered', mid: '0'.repeat(32), to };
  }
}

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
