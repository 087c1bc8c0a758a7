import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { workshop } from './workshop.ts';

const timeout = 60_000;

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
  const { save, runtime, logged } = await workshop(t);
  await runtime.load(await save('1.0.0', ''));
  await save('1.0.1', `ctx.log.info('waits'); await new Promise(() => {});`);
  const reloading = runtime.reload('work');
  reloading.catch(() => undefined);
  await logged(/^waits$/);
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

test('its hooks are asked in their place by one version or the other, for every message', {
  timeout,
}, async (t) => {
  const { save, runtime, plug, alice, bot } = await workshop(t);
  const permissions = ['message.change', 'message.read', 'message.send'];
  const adds = (word: string): string =>
    `ctx.use('receive', { deadlineMs: 5000, onFailure: 'closed' }, (m) => ({ text: m.text + ' ${word}' }));`;
  const shown: string[] = [];
  const last = new Promise<void>((resolve) => {
    bot.on('messageReceived', ({ text }) => {
      shown.push(text);
      if (text.startsWith('last')) resolve();
    });
  });
  await runtime.load(await save('1.0.0', adds('old'), { permissions }));
  await plug('after', adds('after'), { permissions });
  let said = 0;
  let reloading = true;
  const talk = (): void => {
    if (reloading && said < 300) {
      alice.say(`${++said}`);
      setImmediate(talk);
    }
  };
  talk();
  await save('1.0.1', adds('new'), { permissions });
  await runtime.reload('work');
  reloading = false;
  alice.say('last');
  await last;
  assert.equal(shown.length, said + 1);
  assert.equal(shown.at(-1), 'last new after');
  for (const [index, text] of shown.slice(0, -1).entries()) {
    assert.match(text, new RegExp(`^${index + 1} (?:old|new) after$`));
  }
});
