import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { PluginWatch } from '../../plugins/index.ts';
import { workshop } from './workshop.ts';

const timeout = 60_000;

test('a plugin is reloaded when it is saved, by writing or by renaming, and what it imports, too', {
  timeout,
}, async (t) => {
  const { runtime, dir, logged, logs } = await workshop(t);
  await mkdir(join(dir, 'parts'));
  const part = join(dir, 'parts', 'word.ts');
  const file = join(dir, 'work.ts');
  const source = (verb: string): string =>
    `import { word } from './parts/word.ts';
     export default { id: 'work', version: '1.0.0', permissions: [],
       setup(ctx) { ctx.log.info('${verb} ' + word); } };`;
  await writeFile(part, `export const word: string = 'one';`);
  await writeFile(file, source('says'));
  await runtime.load(file);
  await logged(/^says one$/);
  using _watch = new PluginWatch({ runtime, id: 'work', onLog: (entry) => logs.push(entry) });
  await writeFile(part, `export const word: string = 'two';`);
  await logged(/^says two$/);
  await writeFile(join(dir, '.work.ts.swp'), source('sings'));
  await rename(join(dir, '.work.ts.swp'), file);
  await logged(/^sings two$/);
});

test('what does not start is told with its place, the old version goes on, and the next save is another try', {
  timeout,
}, async (t) => {
  const { save, runtime, write, logged, loggedTimes, alice, world, bot } = await workshop(t);
  const told: string[] = [];
  await runtime.load(await save('1.0.0', `ctx.on('message', (m) => m.reply('old ' + m.text));`));
  using _watch = new PluginWatch({
    runtime,
    id: 'work',
    onLog: ({ level, text }) => {
      told.push(`${level}: ${text}`);
      bot.emit('disconnected', 'told');
    },
  });
  const heard = async (pattern: RegExp): Promise<void> => {
    while (!told.some((line) => pattern.test(line))) {
      await new Promise((resolve) => bot.once('disconnected', resolve));
    }
  };
  await write('work.ts', 'export default {\n  id: ,\n};');
  await heard(/^error: is not reloaded: work\.ts:2:7: .*; 1\.0\.0 goes on$/);
  alice.say('hello');
  await world.heard('lab/bot: old hello');
  await save('1.0.2', `throw new Error('no');`);
  await heard(/^error: is not reloaded: work: Error: no \(work\.ts:\d+:\d+\); 1\.0\.0 goes on$/);
  await save('1.0.3', `ctx.log.info('three');`);
  await logged(/^three$/);
  await heard(/^info: is reloaded: 1\.0\.3 runs$/);
  // Saved as it is, it need not begin anew.
  await save('1.0.3', `ctx.log.info('three');`);
  await save('1.0.4', `ctx.log.info('four');`);
  await loggedTimes(1, /^four$/);
  await loggedTimes(1, /^three$/);
});
