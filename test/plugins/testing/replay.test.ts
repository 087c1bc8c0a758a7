import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { PluginRuntime, RecordedClient } from '../../../plugins/index.ts';
import { replay } from '../../../plugins/testing.ts';
import { stage } from '../world.ts';
import { pluginFile } from './plugin-file.ts';

const timeout = 60_000;

const counter = (word: string): string =>
  `
  ctx.hear(/^count$/, async (match, m) => word + ' ' + await ctx.storage.update('n', (n = 0) => n + 1));
  ctx.on('private', (m) => m.reply('you said ' + m.text).catch((e) => ctx.send({ group: 'lab' }, 'refused ' + e.code)));
  ctx.on('joined', (m) => ctx.send({ group: m.group }, 'welcome ' + m.name));`.replaceAll(
    'word',
    `'${word}'`,
  );

test('what was recorded of a real session is a test: it passes, and fails once the plugin does otherwise', {
  timeout,
}, async (t) => {
  const { world, alice, bot, dir } = await stage(t);
  const file = join(dir, 'session.jsonl');
  const recorded = new RecordedClient(bot);
  const runtime = await PluginRuntime.start({ client: recorded, dataDir: dir });
  t.after(() => runtime.close());
  const plugin = pluginFile(t, 'counter', counter('number'));
  await runtime.load(plugin);
  recorded.record(file);
  assert.throws(() => recorded.record(`${file}.2`), { code: 'OPTION_INVALID' });
  alice.say('count');
  await world.heard('lab/bot: number 1');
  alice.say('count');
  await world.heard('lab/bot: number 2');
  world.member('bob');
  await world.heard('lab/bot: welcome bob');
  await alice.send('bot', 'a secret');
  await world.heard('bot→alice: you said a secret');
  const summary = await recorded.endRecording();
  assert.deepEqual(summary, { file, told: 4, said: 4, problem: undefined });
  assert.equal(await recorded.endRecording(), undefined);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.throws(() => recorded.record(file), { message: /there is already a file/ });

  await replay(file, { plugins: [plugin] });
  const other = pluginFile(t, 'counter', counter('count'));
  await assert.rejects(replay(file, { plugins: [other] }), {
    name: 'AssertionError',
    message:
      /\(- expected, \+ said\):\n\n {2}#lab alice: count\n- #lab bot: number 1\n\+ #lab bot: count 1\n {2}#lab alice: count\n/,
  });
  await replay(file, { plugins: [other], normalize: (line) => line.replace(/number|count/, 'n') });
});

test('a replay plays at the recorded times, and refuses what was refused', {
  timeout,
}, async (t) => {
  const file = pluginFile(t, 'session', '').replace('.ts', '.jsonl');
  const atMs = Date.UTC(2026, 2, 1);
  const said = {
    type: 'private',
    mid: '1',
    from: 'ann',
    sentAtMs: 0,
    bot: false,
    hops: 0,
    heldBack: false,
    kept: false,
  };
  const entries = [
    { type: 'began', version: 1, atMs, me: 'bot' },
    {
      type: 'told',
      atMs: atMs + 1000,
      event: 'privateMessageReceived',
      args: [{ ...said, text: 'in a year' }],
    },
    { type: 'said', atMs: atMs + 1001, send: 1, target: 'person', to: 'ann', text: 'until then' },
    { type: 'refused', atMs: atMs + 1002, send: 1, code: 'PEER_UNREACHABLE' },
    {
      type: 'said',
      atMs: atMs + 1003,
      send: 2,
      target: 'person',
      to: 'ann',
      text: 'refused PEER_UNREACHABLE',
    },
    {
      type: 'said',
      atMs: atMs + 365 * 86_400_000,
      send: 3,
      target: 'person',
      to: 'ann',
      text: 'now: 2027',
    },
    { type: 'ended', atMs: atMs + 366 * 86_400_000 },
  ];
  await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  const patient = `const later = ctx.schedule.task('later', ({ data }) => ctx.send({ to: data }, 'now: ' + new Date().getUTCFullYear()));
    ctx.on('private', async (m) => {
      await m.reply('until then').catch((e) => m.reply('refused ' + e.code));
      await later.at(Date.now() + 365 * 86_400_000, m.from);
    });`;
  await replay(file, { plugins: [pluginFile(t, 'patient', patient)] });
});

test('what is no recording is refused with its line, and one that a crash cut off is played', {
  timeout,
}, async (t) => {
  const file = pluginFile(t, 'session', '').replace('.ts', '.jsonl');
  const began = JSON.stringify({ type: 'began', version: 1, atMs: 0, me: 'bot' });
  for (const [source, problem] of [
    ['', /does not begin with "began"/],
    ['{"type":"ended","atMs":1}\n', /does not begin/],
    [`${began}\n{"type":"told","atMs":0,"event":"closed","args":[]}\n`, /line 2: .*event/],
    [`${began.replace('1', '2')}\n`, /line 1: .*version/],
    [`${began}\nnonsense\n`, /line 2/],
  ] as const) {
    await writeFile(file, source);
    await assert.rejects(replay(file, { plugins: [] }), {
      code: 'RECORDING_INVALID',
      message: problem,
    });
  }
  await assert.rejects(replay(`${file}.none`, { plugins: [] }), { code: 'RECORDING_INVALID' });
  await writeFile(file, `${began}\n{"type":"told","atM`);
  await replay(file, { plugins: ['dice'] });
  assert.match(await readFile(file, 'utf8'), /began/);
});
