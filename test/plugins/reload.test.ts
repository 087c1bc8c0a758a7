import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { PluginStatus } from '../../plugins/index.ts';
import { type Stage, stage } from './world.ts';

const timeout = 60_000;

interface Workshop extends Stage {
  /** Writes the file of the plugin `work` anew. */
  save(
    version: string,
    setup: string,
    more?: {
      readonly id?: string;
      readonly permissions?: readonly string[];
      readonly dispose?: string;
    },
  ): Promise<string>;
  /** Writes and reloads it. */
  renew(version: string, setup: string): Promise<PluginStatus>;
}

const everything = ['message.read', 'message.send', 'storage', 'schedule'];

async function workshop(t: TestContext): Promise<Workshop> {
  const set = await stage(t);
  const save: Workshop['save'] = (version, setup, more = {}) =>
    set.write(
      'work.ts',
      `import { definePlugin } from 'banter/plugins';
export default definePlugin({
  id: '${more.id ?? 'work'}', version: '${version}', permissions: ${JSON.stringify(more.permissions ?? everything)},
  async setup(ctx) { ${setup} },
  dispose() { ${more.dispose ?? ''} },
});
`,
    );
  const renew = async (version: string, setup: string): Promise<PluginStatus> => {
    await save(version, setup);
    return set.runtime.reload('work');
  };
  return { ...set, save, renew };
}

const says = (word: string): string =>
  `ctx.on('message', (m) => m.reply('${word} ' + m.text));
   ctx.command({ name: '${word}', description: 'Says it.' }, () => '${word}!');`;

test('the new version answers in the place of the old one, with its commands and in its place in the list', {
  timeout,
}, async (t) => {
  const { save, renew, runtime, plug, alice, world } = await workshop(t);
  await runtime.load(await save('1.0.0', says('old'), { dispose: 'console.log("bye")' }));
  await plug('other', '');
  const { version, state } = await renew('1.1.0', says('new'));
  assert.deepEqual([version, state], ['1.1.0', 'running']);
  assert.deepEqual(
    runtime
      .list()
      .map((plugin) => [plugin.id, plugin.version, plugin.commands.map(({ name }) => name)]),
    [
      ['work', '1.1.0', ['new']],
      ['other', '1.0.0', []],
    ],
  );
  alice.say('hello');
  await world.heard('lab/bot: new hello');
  alice.say('!new');
  await world.heard('lab/bot: new!');
  assert.ok(!world.transcript.some((line) => line.includes('old')));
});

test('the old version says goodbye after the new one runs', { timeout }, async (t) => {
  const { save, runtime, logged, logs } = await workshop(t);
  await runtime.load(await save('1.0.0', `ctx.log.info('one')`, { dispose: `console.log('bye')` }));
  await save('1.0.1', `ctx.log.info('two')`);
  await runtime.reload('work');
  await logged(/^bye$/);
  assert.deepEqual(
    logs.map(({ text }) => text),
    ['one', 'two', 'bye'],
  );
});

for (const [name, source, problem] of [
  [
    'does not parse',
    'export default {\n  id: "work",,\n}',
    /work\.ts:2:14: Expected identifier but found ","/,
  ],
  [
    'imports what is not there',
    `import x from './nosuch.ts'; export default x`,
    /work\.ts:1:15: Could not resolve ".\/nosuch\.ts"/,
  ],
  ['throws when it is evaluated', 'throw new Error("no");', /Error: no \(work\.ts:1:7\)/],
  ['is no plugin', 'export default 5', /the default export is no plugin/],
  ['loops', 'for (;;);', /did not give way within 500 ms/],
  [
    'has a wrong manifest',
    'export default { id: "work", version: "x", permissions: [], setup() {} }',
    /work\.ts: manifest: version: must be a version/,
  ],
  [
    'calls itself otherwise',
    'export default { id: "play", version: "1.0.0", permissions: [], setup() {} }',
    /it calls itself "play" now; unload "work" and load it anew/,
  ],
  [
    'throws in setup',
    'export default { id: "work", version: "2.0.0", permissions: [], setup() {\n  null.x;\n} }',
    /TypeError: .* \(work\.ts:2:8\)/,
  ],
  [
    'takes the command of another',
    `export default { id: "work", version: "2.0.0", permissions: ['message.read'], setup(ctx) { ctx.command({ name: 'taken', description: '' }, () => ''); } }`,
    /its command "taken" is already that of other/,
  ],
] as const) {
  test(`a version that ${name} does not take over: the reason is told, and the old one goes on`, {
    timeout,
  }, async (t) => {
    const { save, runtime, plug, alice, world, write, dir, logs } = await workshop(t);
    await plug('other', `ctx.command({ name: 'taken', description: '' }, () => '');`);
    const before = await runtime.load(await save('1.0.0', says('old')));
    await write('work.ts', source);
    await assert.rejects(runtime.reload('work'), { message: problem });
    alice.say('hello');
    await world.heard('lab/bot: old hello');
    const [, after] = runtime.list();
    assert.deepEqual(
      [after?.version, after?.state, after?.commands],
      ['1.0.0', 'running', before.commands],
    );
    assert.equal(logs.length, 0);
    // Nor is anything left that would stand in the way of the next try.
    await writeFile(join(dir, 'work.ts'), '');
    await save('1.0.1', says('new'));
    await runtime.reload('work');
    alice.say('again');
    await world.heard('lab/bot: new again');
  });
}

test('a plugin that is not there cannot be reloaded; one that was stopped or is quarantined can', {
  timeout,
}, async (t) => {
  const { save, renew, runtime, quarantined, alice, world } = await workshop(t);
  await assert.rejects(runtime.reload('work'), {
    code: 'OPTION_INVALID',
    message: /no plugin "work"/,
  });
  await runtime.load(await save('1.0.0', `ctx.on('message', () => { for (;;); })`));
  alice.say('go');
  await quarantined('work');
  assert.equal((await renew('1.0.1', says('new'))).state, 'running');
  await runtime.unload('work');
  assert.equal((await runtime.reload('work')).state, 'running');
  alice.say('hello');
  await world.heard('lab/bot: new hello');
  assert.equal(runtime.list().length, 1);
});

test('what happens while versions change is handled once and in order, by one of them', {
  timeout,
}, async (t) => {
  const { save, renew, runtime, alice, logs, logged } = await workshop(t);
  const tells = (version: number): string =>
    `ctx.on('message', async (m) => { await ctx.storage.set('last', m.text); ctx.log.info('${version} got ' + m.text); });`;
  await runtime.load(await save('1.0.0', tells(0)));
  let said = 0;
  let reloading = true;
  // As many as have a log line each.
  const talk = (): void => {
    if (reloading && said < 500) {
      alice.say(`${++said}`);
      setImmediate(talk);
    }
  };
  talk();
  for (let n = 1; n <= 4; n++) await renew(`1.0.${n}`, tells(n));
  reloading = false;
  alice.say('last');
  await logged(/^4 got last$/);
  const seen = logs.map(({ text }) => text.split(' got '));
  assert.deepEqual(
    seen.map(([, text]) => text),
    [...Array.from({ length: said }, (_, index) => `${index + 1}`), 'last'],
  );
  const versions = seen.map(([version]) => Number(version));
  assert.deepEqual(
    versions,
    versions.toSorted((left, right) => left - right),
  );
});

test('what the old version has begun it ends, after the new one has taken over', {
  timeout,
}, async (t) => {
  const { save, renew, runtime, alice, logged, logs } = await workshop(t);
  const slow = `ctx.on('message', async (m) => {
      ctx.log.info('begun'); for (let n = 0; n < 50; n++) await ctx.storage.set('n', n); ctx.log.info('done'); });`;
  await runtime.load(await save('1.0.0', slow, { dispose: `console.log('bye')` }));
  alice.say('go');
  await logged(/^begun$/);
  await renew('1.0.1', '');
  await logged(/^bye$/);
  assert.deepEqual(
    logs.map(({ text }) => text),
    ['begun', 'done', 'bye'],
  );
});

test('what is kept stays, also when the new version does not take over', { timeout }, async (t) => {
  const { save, renew, runtime, alice, world } = await workshop(t);
  const count = `ctx.on('message', async (m) => m.reply('' + await ctx.storage.update('n', (n = 0) => n + 1)));`;
  await runtime.load(await save('1.0.0', count));
  alice.say('count');
  await world.heard('lab/bot: 1');
  await assert.rejects(renew('1.0.1', `throw new Error('no')`));
  alice.say('count');
  await world.heard('lab/bot: 2');
  await renew('1.0.2', count);
  alice.say('count');
  await world.heard('lab/bot: 3');
});

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

test('the plugin process dies while a version is set up: both come back, and the new one takes over', {
  timeout,
}, async (t) => {
  const { save, runtime, alice, world, logged } = await workshop(t);
  await runtime.load(await save('1.0.0', says('old')));
  await save('1.0.1', `${says('new')} ctx.log.info('setting up'); await ctx.storage.list('');`);
  const reloading = runtime.reload('work');
  await logged(/^setting up$/);
  const first = runtime.hostPid;
  assert.ok(first !== undefined);
  process.kill(first, 'SIGKILL');
  assert.equal((await reloading).version, '1.0.1');
  alice.say('hello');
  await world.heard('lab/bot: new hello');
  assert.deepEqual(
    runtime.list().map(({ version }) => version),
    ['1.0.1'],
  );
});

test('a version may not be reloaded twice at a time, and is unloaded with what was to replace it', {
  timeout,
}, async (t) => {
  const { save, runtime } = await workshop(t);
  await runtime.load(await save('1.0.0', ''));
  await save('1.0.1', `for (;;) await ctx.storage.list('');`);
  const reloading = runtime.reload('work');
  reloading.catch(() => undefined);
  await assert.rejects(runtime.reload('work'), {
    code: 'OPTION_INVALID',
    message: /being reloaded already/,
  });
  await runtime.unload('work');
  await assert.rejects(reloading, { code: 'PLUGIN_FAILED' });
  assert.deepEqual(
    runtime.list().map(({ state }) => state),
    ['stopped'],
  );
});

test('fifty versions later there is one', { timeout }, async (t) => {
  const { save, renew, runtime, alice, world, bot } = await workshop(t);
  await runtime.load(await save('1.0.0', says('v0')));
  const pid = runtime.hostPid;
  const listeners = bot.listenerCount('groupMessageReceived');
  for (let n = 1; n <= 50; n++) await renew(`1.0.${n}`, says(`v${n}`));
  assert.deepEqual(
    [runtime.list().length, runtime.hostPid, bot.listenerCount('groupMessageReceived')],
    [1, pid, listeners],
  );
  alice.say('hello');
  await world.heard('lab/bot: v50 hello');
  assert.equal(world.transcript.length, 2);
});
