import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { BanterError } from '../../core/client-api.ts';
import type { TapEntry, Trace } from '../../plugins/index.ts';
import { type Stage, stage } from './world.ts';

const timeout = 60_000;
const may = ['message.change', 'message.read', 'message.send'];

/** What is told of a message: `plugin what outcome: reason`. */
function told(trace: Trace | undefined): readonly string[] {
  return (trace?.steps ?? []).map(({ plugin, what, outcome, reason }) =>
    `${plugin}, ${what}: ${outcome} ${reason}`.trimEnd(),
  );
}

/** Resolves once so much is told of the newest message. */
async function traced(on: Stage, steps: number): Promise<Trace | undefined> {
  for (;;) {
    const trace = on.runtime.insight.explain();
    if ((trace?.steps.length ?? 0) >= steps) return trace;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('says of a message who did what about it, in which order and how long it took', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.plug(
    'shout',
    `ctx.use('receive', { deadlineMs: 5000 }, (m) => ({ text: m.text + '!' }));`,
    {
      permissions: may,
    },
  );
  await on.plug('quiet', '', { permissions: [] });
  await on.plug(
    'ears',
    `ctx.on('message', { from: 'bob' }, () => undefined);
     ctx.hear(/nothing/, { id: 'nothing' }, () => undefined);
     ctx.hear(/hello/, { id: 'hello' }, () => 'hi');`,
  );
  on.alice.say('hello');
  await on.world.heard('lab/bot: hi');
  const trace = await traced(on, 7);
  assert.deepEqual(told(trace), [
    'shout, hook receive: changed',
    'shout, message: not told it does not listen',
    'quiet, message: not told it lacks the permission',
    'ears, on message: skipped option from',
    'ears, hear nothing: skipped no match',
    'ears, send to #lab: done as #lab 2',
    'ears, hear hello: handled',
  ]);
  assert.deepEqual(
    [trace?.direction, trace?.group, trace?.seq, trace?.from, trace?.text],
    ['received', 'lab', 1, 'alice', 'hello'],
  );
  for (const { what, ms } of trace?.steps ?? []) {
    if (/^(hook|send|hear hello)/.test(what)) assert.ok(ms !== undefined && ms >= 0);
  }
});

test('says which filter or limit kept a handler from a message, by its place in the group', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.plug(
    'ears',
    `ctx.on('message', () => undefined);
     ctx.on('message', { includeBots: true, includeRecovered: true }, (m) => m.reply('pong'));
     ctx.command({ name: 'roll', description: 'x' }, () => 'rolled');`,
    { manifest: 'limits: { sendsPerMinute: 1 },' },
  );
  const robot = on.world.member('robot', true);
  robot.say('!roll');
  await on.world.heard('lab/bot: pong');
  const of = { group: 'lab', seq: 1 };
  await traced(on, 4);
  assert.deepEqual(told(on.runtime.insight.explain(of)).toSorted(), [
    'ears, command roll: skipped of a bot, or missed',
    'ears, on message: handled',
    'ears, on message: skipped no includeBots',
    'ears, send to #lab: done as #lab 2',
  ]);
  on.alice.say('late', { recovered: true });
  await on.logged(/^sendGroup refused/);
  const trace = await traced(on, 3);
  assert.deepEqual(told(trace).toSorted(), [
    'ears, on message: failed',
    'ears, on message: skipped no includeRecovered',
    'ears, send to #lab: refused RATE_LIMITED: send: more than 1 a minute',
  ]);
  assert.equal(on.runtime.insight.explain({ group: 'den', seq: 1 }), undefined);
});

test('remembers the newest 500 messages and 100 steps of each', { timeout }, async (t) => {
  const on = await stage(t);
  await on.plug('quiet', '', { permissions: [] });
  for (let sent = 0; sent < 600; sent++) on.alice.say(`text ${sent}`);
  const { insight } = on.runtime;
  assert.equal(insight.explain({ group: 'lab', seq: 100 }), undefined);
  assert.equal(insight.explain({ group: 'lab', seq: 101 })?.text, 'text 100');
  assert.equal(insight.explain()?.text, 'text 599');
  on.alice.say('x'.repeat(1000));
  assert.equal(insight.explain()?.text.length, 200);
});

test('says of what is sent which hook stopped it', { timeout }, async (t) => {
  const on = await stage(t);
  await on.plug('censor', `ctx.use('send', { deadlineMs: 5000 }, () => ({ stop: 'never' }));`, {
    permissions: may,
  });
  await assert.rejects(on.bot.sendGroup('lab', 'hello'), { code: 'STOPPED_BY_PLUGIN' });
  const trace = on.runtime.insight.explain();
  assert.deepEqual(
    [trace?.direction, trace?.text, ...told(trace)],
    ['sent', 'hello', 'censor, hook send: stopped never'],
  );
});

test('a tap tells what plugins are told and do, until it is taken off', { timeout }, async (t) => {
  const on = await stage(t);
  await on.plug('echo', `ctx.on('message', (m) => m.reply('echo'));`, {
    permissions: ['message.read', 'message.send'],
    manifest: 'limits: { sendsPerMinute: 1 },',
  });
  const entries: TapEntry[] = [];
  const stop = on.runtime.insight.tap((entry) => void entries.push(entry));
  on.alice.say('one');
  await on.alice.send('bot', 'psst');
  while (entries.length < 3) await new Promise((resolve) => setImmediate(resolve));
  on.alice.say('two');
  await on.logged(/^sendGroup refused/);
  stop();
  on.alice.say('three');
  const lines = entries.map(
    ({ direction, what, text, outcome, reason }) =>
      `${direction} ${what} ${text}: ${outcome} ${reason}`,
  );
  assert.deepEqual(lines, [
    'in message #lab alice one: told ',
    'in private alice psst: not told it lacks the permission',
    'out sendGroup #lab echo: done as #lab 2',
    'in message #lab alice two: told ',
    'out sendGroup #lab echo: refused RATE_LIMITED: send: more than 1 a minute',
  ]);
});

test('a plugin that is only tried sends nothing, changes nothing, and is told so', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const file = await on.write(
    'try.ts',
    `import { definePlugin } from 'banter/plugins';
     export default definePlugin({
       id: 'try', version: '1.0.0', permissions: ${JSON.stringify([...may, 'private.send'])},
       setup(ctx) {
         ctx.use('receive', { deadlineMs: 5000, onFailure: 'closed' }, (m) =>
           m.text === 'bad' ? { stop: 'bad' } : m.text === 'worse' ? 42 : { text: m.text + '!' });
         ctx.on('message', async (m) => {
           const receipt = await m.reply('reply to ' + m.text);
           await ctx.send({ to: 'alice' }, 'psst');
           ctx.log.info('receipt', receipt);
         });
       },
     });`,
  );
  const status = await on.runtime.load(file, {}, { dryRun: true });
  assert.equal(status.isDryRun, true);
  const shown: string[] = [];
  on.bot.on('messageReceived', ({ text }) => void shown.push(text));
  for (const text of ['good', 'bad', 'worse']) on.alice.say(text);
  while (shown.length < 3) await once(on.bot, 'messageReceived');
  assert.deepEqual(shown, ['good', 'bad', 'worse']);
  await on.logged(/^receipt \{"type":"notSent"\}$/);
  for (const pattern of [
    /^dry run, hook receive: a message would be changed: good!$/,
    /^dry run, hook receive: a message would be stopped: bad$/,
    /^dry run, hook receive: a message would be failed: its hook has failed: it returned neither/,
    /^dry run, not sent to #lab: reply to good$/,
    /^dry run, not sent to alice: psst$/,
  ]) {
    await on.logged(pattern);
  }
  assert.deepEqual(on.world.transcript, ['lab/alice: good', 'lab/alice: bad', 'lab/alice: worse']);
});

test('shows what a plugin keeps, to whoever runs it', { timeout }, async (t) => {
  const on = await stage(t);
  await on.plug(
    'keeper',
    `await ctx.storage.set('a', { n: 1 }); await ctx.storage.set('b', 'x');`,
    {
      permissions: ['storage'],
    },
  );
  assert.deepEqual(await on.runtime.kept('keeper'), {
    type: 'keys',
    keys: ['a', 'b'],
    more: false,
  });
  assert.deepEqual(await on.runtime.kept('keeper', 'a'), {
    type: 'value',
    key: 'a',
    value: '{"n":1}',
  });
  const none = await on.runtime.kept('keeper', 'c');
  assert.deepEqual(none, { type: 'value', key: 'c', value: undefined });
  assert.throws(() => on.runtime.kept('nobody'), { code: 'OPTION_INVALID' });
});

test('tells of what this client sends that no hook was there, its limits and its receipt, by its place', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.plug('deaf', '', { permissions: [] });
  const { seq } = await on.bot.sendGroup('lab', 'hello');
  const trace = await traced(on, 3);
  assert.deepEqual(
    [trace?.direction, trace?.group, trace?.seq, trace?.from],
    ['sent', 'lab', seq, ''],
  );
  assert.deepEqual(told(trace), [
    ', hook send: none no plugin has one for what is sent here',
    ', limits: kept 5 of 60000 bytes, 0 of 7 hops',
    `, send to #lab: sent as #lab ${seq}, in the server's memory`,
  ]);
  assert.deepEqual(on.runtime.insight.explain({ group: 'lab', seq }), trace);
  const refusal = new BanterError('MESSAGE_TOO_LONG', 'too long');
  const onPrepared = (): Promise<never> => Promise.reject(refusal);
  await assert.rejects(on.bot.sendGroup('lab', 'x'.repeat(60_001), { onPrepared }), refusal);
  const refused = await traced(on, 3);
  assert.equal(told(refused)[1], ', limits: exceeded 60001 of 60000 bytes, 0 of 7 hops');
  assert.match(told(refused)[2] ?? '', /^, send to #lab: refused MESSAGE_TOO_LONG: /);
});

test('tells of what a plugin sends by its place, and not as the newest message', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.plug('echo', `ctx.hear(/tea/, () => 'with milk');`);
  on.alice.say('tea?');
  await on.world.heard('lab/bot: with milk');
  assert.equal((await traced(on, 2))?.text, 'tea?');
  const own = on.runtime.insight.explain({ group: 'lab', seq: 2 });
  assert.deepEqual([own?.direction, own?.from, own?.text], ['sent', 'echo', 'with milk']);
  assert.match(told(own).at(-1) ?? '', /^echo, send to #lab: sent as #lab 2/);
});
