import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../../../plugins/testing.ts';
import { pluginFile } from './plugin-file.ts';

const timeout = 60_000;

test('jobs run at their times, in their order, however long that is', { timeout }, async (t) => {
  const planner = `
    await ctx.schedule.cron('standup', '30 9 * * MON-FRI', { timeZone: 'UTC' }, () => ctx.send({ group: 'lab' }, 'standup ' + new Date().toISOString()));
    await ctx.schedule.every('year', '365d', () => ctx.send({ group: 'lab' }, 'a year ' + new Date(ctx.clock.now()).getUTCFullYear()));
    const tea = ctx.schedule.task('tea', ({ data }) => ctx.send({ group: 'lab' }, data));
    ctx.hear(/^in (\\d+)$/, async ([, s]) => { await tea.at(ctx.clock.now() + s * 1000, 'tea after ' + s); });`;
  await using world = await start({
    plugins: [pluginFile(t, 'planner', planner)],
    now: '2026-03-05T09:00Z',
  });
  await world.user('ann').says('in 90');
  await world.user('ann').says('in 30');
  await world.pass('89s');
  await world.expect(['ann: in 90', 'ann: in 30', 'bot: tea after 30']);
  await world.pass('2s');
  await world.expect(['bot: tea after 90']);
  await world.pass('4d');
  await world.expect(
    ['05T09:30', '06T09:30', '09T09:00']
      .slice(0, 2)
      .map((at) => `bot: standup 2026-03-${at}:00.000Z`),
  );
  await world.pass('30m');
  await world.expect(['bot: standup 2026-03-09T09:30:00.000Z']);
  const { now } = world;
  await world.pass('366d');
  const yearly = world.transcript.filter((line) => line.startsWith('bot: a year'));
  assert.deepEqual(yearly, ['bot: a year 2027']);
  assert.ok(Math.abs(world.now.getTime() - now.getTime() - 366 * 86_400_000) < 1000);
});

test('a plugin knows no other time than that of its world', { timeout }, async (t) => {
  const clock = `ctx.hear(/^time$/, () => [Date.now(), new Date().getTime(), new Date(Date()).getTime() / 1000 | 0, +new Date(5), new (new Date().constructor)().getTime(), ctx.clock.now()].join(' '));`;
  await using world = await start({
    plugins: [pluginFile(t, 'clock', clock)],
    now: new Date(1e12),
  });
  await world.pass('1h');
  await world.user('ann').says('time');
  const [, answer = ''] = world.transcript;
  const [first, second, third, fourth, fifth, sixth] = answer
    .replace('bot: ', '')
    .split(' ')
    .map(Number);
  assert.ok(first !== undefined && first - 1e12 - 3_600_000 < 10_000);
  assert.deepEqual(
    [second, third, fourth, fifth, sixth],
    [first, Math.floor(first / 1000), 5, first, first],
  );
});

test('what is allowed a minute is allowed again after a minute', { timeout }, async (t) => {
  const flood = `ctx.hear(/^flood$/, async () => { for (let i = 0; i < 70; i++) await ctx.send({ group: 'lab' }, i + '').catch(() => {}); });`;
  await using world = await start({ plugins: [pluginFile(t, 'flood', flood)] });
  const sent = async (): Promise<number> => {
    const from = world.transcript.length;
    await world.user('ann').says('flood');
    return world.transcript.length - from - 1;
  };
  const first = await sent();
  assert.ok(first >= 60 && first < 65, `${first}`);
  assert.ok((await sent()) < 10);
  await world.pass('1m');
  assert.ok((await sent()) >= 60);
});

test('a setup that waits for ever fails after its five seconds, at once', {
  timeout,
}, async (t) => {
  const waits = pluginFile(t, 'waits', 'await new Promise(() => {});');
  await assert.rejects(start({ plugins: [waits] }), {
    code: 'PLUGIN_FAILED',
    message: /its setup took more than 5000 ms/,
  });
});

test('two bots that answer each other end by the guard against loops, and the chat comes to rest', {
  timeout,
}, async (t) => {
  const parrot = `ctx.on('message', { includeBots: true }, async (m) => { await m.reply('again'); });`;
  await using world = await start({
    bots: {
      one: { plugins: [pluginFile(t, 'parrot', parrot)] },
      two: { plugins: [pluginFile(t, 'parrot', parrot)] },
    },
  });
  // Seven hops end it.
  await world.user('ann').says('hi');
  assert.ok(world.transcript.length > 8 && world.transcript.length < 300);
});

test('a span is written with its unit', { timeout }, async () => {
  await using world = await start({});
  for (const span of ['1w', '-1s', 'soon', -1, Number.NaN, 1e15] as const) {
    // What TypeScript refuses, JavaScript lets through.
    await assert.rejects(world.pass(span as '1s'), { code: 'OPTION_INVALID' });
  }
  await world.pass(1500);
  assert.ok(world.now.getTime() - Date.UTC(2026, 0, 1) >= 1500);
});
