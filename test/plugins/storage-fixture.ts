/** A plugin that keeps one number after the other until its process is killed: `storage-fixture.ts <folder>`. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PluginRuntime } from '../../plugins/index.ts';
import { World } from './world.ts';

const [folder = ''] = process.argv.slice(2);
const file = join(folder, 'counter.ts');
await writeFile(
  file,
  `import { definePlugin } from 'banter/plugins';
export default definePlugin({ id: 'counter', version: '1.0.0', permissions: ['storage'], async setup(ctx) {
  const keys = await ctx.storage.list('n');
  let last = (await ctx.storage.get<number>('last')) ?? 0;
  ctx.log.info('found ' + keys.length + ' of ' + last);
  void (async () => {
    for (;;) {
      const next = last + 1;
      await Promise.all([ctx.storage.set('n' + next, next), ctx.storage.set('last', next)]);
      last = next;
      ctx.log.info('kept ' + last);
    }
  })();
} });`,
);
const runtime = await PluginRuntime.start({
  client: new World().member('bot', true),
  dataDir: folder,
  onLog: ({ text }) => process.stdout.write(`${text}\n`),
});
await runtime.load(file);
