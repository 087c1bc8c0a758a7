/** The process that holds the plugins: what a hook adds to a message, how long a reload takes, what many plugins take, how soon they are back. */

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PluginRuntime, type PluginStatus } from '../../plugins/index.ts';
import type { Benchmark } from './benchmark.ts';
import { BenchClient } from './plugin-hosts/bench-client.ts';
import { median, percentile } from './statistics.ts';
import { usageOf } from './usage.ts';

const warmUpMessages = 5000;
const messages = 500;
const reloads = 50;
const many = 100;
const dying = 30;
const settleMs = 1000;

export const pluginHost: Benchmark = {
  name: 'plugin-host',
  about: () =>
    `a receive hook, one message at a time; ${reloads} reloads; ${many} plugins; ${dying} plugins whose process is killed`,
  subjects: ['plugins in isolates'],
  figures: [
    { key: 'hookP50Us', title: 'hook p50 µs', digits: 0 },
    { key: 'hookP99Us', title: 'p99 µs', digits: 0 },
    { key: 'reloadMs', title: 'reload p99 ms', digits: 0 },
    { key: 'mib', title: `MiB with ${many}`, digits: 0 },
    { key: 'backMs', title: `all ${dying} back ms`, digits: 0 },
  ],
  measure: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'banter-bench-'));
    try {
      const reloadMs = await reloaded(folder);
      return {
        ...(await hooked(folder)),
        reloadMs,
        mib: await filled(folder),
        backMs: await back(folder),
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** A plugin's file. */
function written(folder: string, id: string, permissions: string, setup: string): string {
  const file = join(folder, `${id}.ts`);
  writeFileSync(
    file,
    `import { definePlugin } from 'banter/plugins';
export default definePlugin({
  id: '${id}', version: '1.0.0', permissions: [${permissions}], setup(ctx) { ${setup} },
});
`,
  );
  return file;
}

function listening(folder: string, at: number): string {
  return written(folder, `one-of-${at}`, "'message.read'", "ctx.on('message', () => undefined);");
}

/** What a hook adds: the way to the plugin, its verdict and the way back. Microseconds. */
async function hooked(folder: string): Promise<Record<'hookP50Us' | 'hookP99Us', number>> {
  const client = new BenchClient(() => undefined);
  await using runtime = await PluginRuntime.start({ client });
  const hook = "ctx.use('receive', ({ text }) => ({ text: text + '!' }));";
  await runtime.load(written(folder, 'hook', "'message.read', 'message.change'", hook));
  const pass = async (text: string): Promise<number> => {
    const beganAt = performance.now();
    const heard = once(client, 'groupMessageReceived');
    client.tell(text);
    const [message] = await heard;
    if (message.text !== `${text}!`)
      throw new Error(`the hook made "${message.text}" of "${text}"`);
    return (performance.now() - beganAt) * 1000;
  };
  for (let at = 0; at < warmUpMessages; at++) await pass(`warm ${at}`);
  const times: number[] = [];
  for (let at = 0; at < messages; at++) times.push(await pass(`hello ${at}`));
  return { hookP50Us: median(times), hookP99Us: percentile(times, 0.99) };
}

/** From a changed file to the new version at work. Milliseconds. */
async function reloaded(folder: string): Promise<number> {
  await using runtime = await PluginRuntime.start({ client: new BenchClient(() => undefined) });
  const write = (at: number): string =>
    written(folder, 'changing', "'message.read'", `ctx.on('message', () => ${at});`);
  await runtime.load(write(0));
  const times: number[] = [];
  for (let at = 1; at <= reloads; at++) {
    write(at);
    const beganAt = performance.now();
    await runtime.reload('changing');
    times.push(performance.now() - beganAt);
  }
  return percentile(times, 0.99);
}

/** The memory of the process with many plugins. MiB. */
async function filled(folder: string): Promise<number> {
  await using runtime = await PluginRuntime.start({ client: new BenchClient(() => undefined) });
  for (let at = 0; at < many; at++) await runtime.load(listening(folder, at));
  await pause(settleMs);
  return usageOf(runtime.hostPid ?? 0).rssBytes / 2 ** 20;
}

/** From the death of the process until every plugin runs again. Milliseconds. */
async function back(folder: string): Promise<number> {
  let waiting = 0;
  let isBack = (): void => undefined;
  const onStatus = ({ state }: PluginStatus): void => {
    if (state === 'running' && --waiting === 0) isBack();
  };
  await using runtime = await PluginRuntime.start({
    client: new BenchClient(() => undefined),
    onStatus,
  });
  for (let at = 0; at < dying; at++) await runtime.load(listening(folder, at));
  await pause(settleMs);
  waiting = dying;
  const all = new Promise<void>((resolve) => {
    isBack = resolve;
  });
  const beganAt = performance.now();
  process.kill(runtime.hostPid ?? 0, 'SIGKILL');
  await all;
  return performance.now() - beganAt;
}
