import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../../../plugins/testing.ts';
import { pluginFile } from './plugin-file.ts';

const timeout = 60_000;

const echo = `ctx.on('message', (m) => m.reply('echo ' + m.text)); ctx.on('private', (m) => m.reply('psst ' + m.text));`;

test('a test of ten lines reads like the conversation', { timeout }, async () => {
  await using world = await start({ plugins: ['dice'] });
  await world.user('ann').says('!roll 101d6');
  await world.expect(['ann: !roll 101d6', /^bot: Write it like/]);
  await world.user('ann').says('!roll');
  await world.expect(['ann: !roll', 'bot: ann rolled 5']);
  await world.pass('10m');
  await world.silence();
});

test('people and bots talk in groups and privately, each line as it was said', {
  timeout,
}, async (t) => {
  const plugins = [pluginFile(t, 'echo', echo)];
  await using world = await start({
    bots: { one: { plugins, groups: ['lab', 'ops'] }, two: { plugins: ['dice'] } },
  });
  await world.user('ann').says('hello');
  await world.user('bob').says('!roll', { group: 'ops' });
  await world.user('robot', { bot: true }).says('beep');
  await world.user('ann').tells('one', 'secret');
  await world.expect([
    'ann: hello',
    'one: echo hello',
    '#ops bob: !roll',
    '#ops one: echo !roll',
    'robot: beep',
    'ann → one: secret',
    'one → ann: psst secret',
  ]);
  assert.deepEqual(world.user('ann').heard, [
    'one: echo hello',
    'robot: beep',
    'one → ann: psst secret',
  ]);
  await world.user('ann').leaves();
  await world.user('bob').says('!roll');
  await world.expect(['bob: !roll', 'one: echo !roll', /^two: bob rolled [1-6]$/]);
  assert.equal(world.user('ann').heard.length, 3);
});

test('what differs is shown line by line, with what plugins logged', { timeout }, async (t) => {
  const plugins = [
    pluginFile(t, 'echo', `${echo} ctx.on('message', () => { throw new Error('on purpose'); });`),
  ];
  await using world = await start({ plugins });
  for (const word of ['a', 'b', 'c', 'd', 'e', 'f']) await world.user('ann').says(word);
  const expected = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((w) => [`ann: ${w}`, `bot: echo ${w}`]);
  await assert.rejects(
    world.expect([...expected.slice(0, 8), 'ann: e', 'bot: no', /^ann: [f-h]$/]),
    {
      name: 'AssertionError',
      message:
        /^The chat went otherwise \(- expected, \+ said\):\n\n {2}…\n {2}ann: d\n {2}bot: echo d\n {2}ann: e\n- bot: no\n\+ bot: echo e\n {2}ann: f\n\+ bot: echo f\n\nLogged meanwhile:\n(bot: echo: error: on message: Error: on purpose \(echo\.ts:\d+:\d+\)\n?){6}$/,
    },
  );
  await world.silence();
  await world.user('ann').says('more');
  await assert.rejects(world.silence(), {
    message: /^Nothing was to be said, but this was:\n\n\+ ann: more\n\+ bot: echo more\n/,
  });
});

test('plugins run in their real limits: one that never gives way is quarantined, its sibling goes on', {
  timeout,
}, async (t) => {
  const loop = `ctx.on('message', (m) => { if (m.text === 'loop') for (;;); });`;
  await using world = await start({
    plugins: [pluginFile(t, 'echo', echo), pluginFile(t, 'loop', loop)],
  });
  await world.user('ann').says('loop');
  await world.expect(['ann: loop', 'bot: echo loop']);
  assert.deepEqual(
    world.bot().plugins.map(({ state }) => state),
    ['running', 'quarantined'],
  );
  await world.user('ann').says('still there?');
  await world.expect(['ann: still there?', 'bot: echo still there?']);
});

test('a plugin that cannot be loaded fails the start with its reason, and options are held to their names', {
  timeout,
}, async (t) => {
  const broken = pluginFile(t, 'broken', `throw new RangeError('on purpose');`);
  await assert.rejects(start({ plugins: [broken] }), {
    code: 'PLUGIN_FAILED',
    message: /^broken: RangeError: on purpose \(broken\.ts:3:\d+\)$/,
  });
  await assert.rejects(start({ plugins: ['nonsense'] }), { code: 'PLUGIN_INVALID' });
  await assert.rejects(start({ plugins: [], bots: {} }), { code: 'OPTION_INVALID' });
  await assert.rejects(start({ now: 'soon' }), { code: 'OPTION_INVALID' });
  const misspelt = { seed: 1, plugin: 'dice' };
  await assert.rejects(start(misspelt), { message: /no option "plugin"/ });
});

test('what a plugin keeps and logs can be read, and outlives a restart of its bot', {
  timeout,
}, async (t) => {
  const counter = `ctx.on('message', async (m) => {
      const count = await ctx.storage.update('count', (n = 0) => n + 1);
      ctx.log.info('counted', count);
      await m.reply('number ' + count);
    });`;
  await using world = await start({ plugins: [pluginFile(t, 'counter', counter)] });
  assert.deepEqual(world.storage('counter'), {});
  await world.user('ann').says('one');
  await world.restart();
  await world.user('ann').says('two');
  await world.crash();
  await world.user('ann').says('three');
  await world.expect([
    'ann: one',
    'bot: number 1',
    'ann: two',
    'bot: number 2',
    'ann: three',
    'bot: number 3',
  ]);
  assert.deepEqual(world.storage('counter'), { count: 3 });
  assert.deepEqual(world.log, [
    'counter: counted 1',
    'counter: counted 2',
    'counter: warn: is started again: the plugin process died (ended with SIGKILL)',
    'counter: counted 3',
  ]);
});

test('sends are refused where a test wants it', { timeout }, async (t) => {
  const careful = `ctx.on('message', (m) => m.reply('hello').catch((e) => ctx.log.info('caught', e.code)));`;
  await using world = await start({ plugins: [pluginFile(t, 'careful', careful)] });
  world.bot().refuseSends('OUTCOME_UNKNOWN', 2);
  for (const word of ['a', 'b', 'c']) await world.user('ann').says(word);
  await world.expect(['ann: a', 'ann: b', 'ann: c', 'bot: hello']);
  assert.deepEqual(
    world.log.filter((line) => line.includes('caught')),
    ['careful: caught OUTCOME_UNKNOWN', 'careful: caught OUTCOME_UNKNOWN'],
  );
});

test('what a hook stops is said and not heard, and keeps nobody waiting', { timeout }, async () => {
  await using world = await start({
    plugins: [{ plugin: 'moderation', config: { links: 'stop' } }, 'dice'],
  });
  await world.user('ann').says('!roll https://example.com');
  await world.expect(['ann: !roll https://example.com']);
  await world.user('ann').says('!roll');
  await world.expect(['ann: !roll', /^bot: ann rolled [1-6]$/]);
  assert.deepEqual(world.bot().heard, ['ann: !roll']);
});
