/** A plugin that begins a task and never ends it: `schedule-fixture.ts <folder> [again]`. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PluginRuntime } from '../../plugins/index.ts';
import { World } from './world.ts';

const [folder = '', again] = process.argv.slice(2);
const file = join(folder, 'worker.ts');
await writeFile(
  file,
  `import { definePlugin } from 'banter/plugins';
export default definePlugin({ id: 'worker', version: '1.0.0', permissions: ['schedule'], async setup(ctx) {
  const work = ctx.schedule.task<string>('work', async ({ data, missed, recovered }) => {
    ctx.log.info('begun ' + data + '=' + missed + ' recovered=' + recovered);
    await new Promise(() => {});
  });
  // The second process finds it in the folder, and must not need to be asked for it again.
  if (!${JSON.stringify(again !== undefined)}) await work.at(ctx.clock.now(), 'late');
} });`,
);
const runtime = await PluginRuntime.start({
  client: new World().member('bot', true),
  dataDir: folder,
  onLog: ({ text }) => process.stdout.write(`${text}\n`),
});
await runtime.load(file);
