import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { workshop } from './workshop.ts';

const timeout = 60_000;

function jobs(dir: string): readonly (readonly unknown[])[] {
  const database = new DatabaseSync(join(dir, 'plugins', 'storage.db'), { readOnly: true });
  const rows = database
    .prepare('SELECT job, key, spec, attempts FROM jobs ORDER BY job, key')
    .all();
  database.close();
  return rows.map((row) => [row['job'], row['key'], row['spec'], row['attempts']]);
}

const hour = JSON.stringify({ type: 'every', everyMs: 3_600_000 });
const day = JSON.stringify({ type: 'every', everyMs: 86_400_000 });

test('jobs go on in the new version, each once: kept, changed and forgotten as it registers them', {
  timeout,
}, async (t) => {
  const { save, renew, runtime, dir } = await workshop(t);
  await runtime.load(
    await save(
      '1.0.0',
      `for (const id of ['kept', 'changed', 'gone']) await ctx.schedule.every(id, '1h', () => {});
      await ctx.schedule.task('later', () => {}).at(ctx.clock.now() + 1e9, 'x', { key: 'k' });`,
    ),
  );
  await assert.rejects(
    renew(
      '1.0.1',
      `await ctx.schedule.every('changed', '1d', () => {}); await ctx.schedule.every('new', '1d', () => {}); throw new Error('no');`,
    ),
  );
  assert.deepEqual(jobs(dir), [
    ['changed', '', hour, 0],
    ['gone', '', hour, 0],
    ['kept', '', hour, 0],
    ['later', 'k', '', 0],
  ]);
  await renew(
    '1.0.2',
    `await ctx.schedule.every('kept', '1h', () => {}); await ctx.schedule.every('changed', '1d', () => {});`,
  );
  assert.deepEqual(jobs(dir), [
    ['changed', '', day, 0],
    ['kept', '', hour, 0],
    ['later', 'k', '', 0],
  ]);
});

const tasks = (word: string): string =>
  `const task = ctx.schedule.task('say', async ({ data, recovered }) => {
     ctx.log.info('${word} begins', data, recovered);
     if (data === 'slow') for (let n = 0; n < 50; n++) await ctx.storage.set('n', n);
     ctx.log.info('${word} ends', data);
   });
   ctx.on('message', async (m) => {
     const [verb, key, text, inMs] = m.text.split(' ');
     if (verb === 'at') await task.at(ctx.clock.now() + Number(inMs), text, { key });
     if (verb === 'cancel') await task.cancel(key);
     ctx.log.info('${word}: ' + m.text);
   });`;

test('tasks wait for the new version, also those that come while it is set up; what was cancelled is', {
  timeout,
}, async (t) => {
  const { save, runtime, alice, logged, logs, dir } = await workshop(t);
  await runtime.load(await save('1.0.0', tasks('old')));
  alice.say('at a first 600');
  alice.say('at b second 600');
  await logged(/^old: at b/);
  // Its setup is not over before the old version has taken the next message.
  await save(
    '1.0.1',
    `${tasks('new')} ctx.log.info('setting up'); while (await ctx.storage.get('go') !== true) {}`,
  );
  const reloading = runtime.reload('work');
  await logged(/^setting up$/);
  alice.say('cancel a');
  alice.say('at c third 600');
  await logged(/^old: at c/);
  const database = new DatabaseSync(join(dir, 'plugins', 'storage.db'));
  database.exec(`INSERT INTO entries (plugin, key, value, bytes) VALUES ('work', 'go', 'true', 6)`);
  database.close();
  await reloading;
  await logged(/^new ends second$/);
  await logged(/^new ends third$/);
  assert.deepEqual(
    logs
      .map(({ text }) => text)
      .filter((text) => /begins|ends/.test(text))
      .sort(),
    ['new begins second false', 'new begins third false', 'new ends second', 'new ends third'],
  );
  await runtime.close();
  assert.deepEqual(jobs(dir), []);
});

test('a run that is under way is ended by the version that began it, and not run again', {
  timeout,
}, async (t) => {
  const { save, renew, runtime, alice, logged, logs, dir } = await workshop(t);
  await runtime.load(await save('1.0.0', tasks('old'), { dispose: `console.log('bye')` }));
  alice.say('at a slow 0');
  await logged(/^old begins slow/);
  await renew('1.0.1', tasks('new'));
  await logged(/^bye$/);
  alice.say('at b next 0');
  await logged(/^new ends next$/);
  assert.deepEqual(
    logs.map(({ text }) => text).filter((text) => /begins|ends/.test(text)),
    ['old begins slow false', 'old ends slow', 'new begins next false', 'new ends next'],
  );
  await runtime.close();
  assert.deepEqual(jobs(dir), []);
});
