import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatPlugins } from '../../../repl/chat-client.ts';
import { commandTable } from '../../../repl/commands/index.ts';
import {
  describeKept,
  describePlugin,
  describePluginStatus,
  describeTap,
  describeTrace,
} from '../../../repl/format-plugins.ts';
import { PluginTap } from '../../../repl/plugin-tap.ts';
import { ChatSession } from '../../../repl/session.ts';
import { MemoryChat } from '../memory-chat.ts';

const hostile = 'a\u001b[2Jb\r\nc\u202e';

test('a message is explained step by step, and nothing in it controls the terminal', () => {
  const text = describeTrace({
    type: 'explained',
    trace: {
      direction: 'received',
      group: 'ops',
      seq: 13,
      from: hostile,
      text: hostile,
      atMs: 0,
      steps: [
        { plugin: 'shout', what: 'hook receive', outcome: 'changed', reason: '', ms: 0.4321 },
        { plugin: 'quiet', what: 'message', outcome: 'not told', reason: hostile },
        { plugin: 'dice', what: hostile, outcome: 'handled', reason: '', ms: 12.7 },
      ],
      stepsLost: 2,
    },
  });
  const lines = text.split('\n');
  assert.match(lines[0] ?? '', /^received #ops 13 a/);
  assert.equal(lines[1], '  shout        hook receive     changed (0.4 ms)');
  assert.match(lines[2] ?? '', /^ {2}quiet {8}message {10}not told: a/);
  assert.match(lines[3] ?? '', /handled \(13 ms\)$/);
  assert.equal(lines[4], '  and 2 more');
  assert.equal(lines.length, 5);
  assert.doesNotMatch(text, /[\u001b\r\u202e]/);
});

test('what nobody knows of is said to be so', () => {
  assert.match(
    describeTrace({ type: 'explained', trace: undefined }),
    /^nothing is known of that message/,
  );
  const sent = {
    direction: 'sent',
    from: '',
    to: 'bob',
    text: 'hi',
    atMs: 0,
    steps: [],
    stepsLost: 0,
  } as const;
  assert.equal(
    describeTrace({ type: 'explained', trace: sent }),
    'sent bob hi\n  no plugin had a say in it',
  );
});

/** A session with plugins that do nothing but what is given. */
function sessionWith(plugins: Partial<ChatPlugins>) {
  const client = new MemoryChat().connect('ann');
  const refuse = (): Promise<never> => Promise.reject(new Error('not here'));
  const session = new ChatSession({
    client,
    plugins: {
      load: refuse,
      reload: refuse,
      unload: refuse,
      record: refuse,
      endRecording: () => Promise.resolve(undefined),
      askWith: () => undefined,
      list: () => [],
      kept: refuse,
      explain: () => undefined,
      tap: () => undefined,
      untap: () => undefined,
      ...plugins,
    },
  });
  return { client, session };
}

const dice = {
  id: 'dice',
  version: '1.0.0',
  state: 'running',
  permissions: [],
  grants: [],
  commands: [],
};

test('what stands between plugin and configuration says how it is loaded', async () => {
  const loads: unknown[] = [];
  const { session } = sessionWith({
    load: async (...given) => {
      loads.push(given);
      return dice;
    },
  });
  const plugin = commandTable.get('plugin');
  const { signal } = new AbortController();
  for (const [action, config] of [
    ['load', '--isolate --watch {"sides":4}'],
    ['load', undefined],
    ['try', '--isolate'],
  ] as const) {
    const given = config === undefined ? {} : { config };
    await plugin?.run(session, { action, plugin: './dice.ts', ...given }, { signal });
  }
  assert.deepEqual(loads, [
    ['./dice.ts', { sides: 4 }, { watch: true, isolate: true }],
    ['./dice.ts', undefined, { watch: false }],
    ['./dice.ts', undefined, { dryRun: true, isolate: true }],
  ]);
  const wrong = { action: 'try', plugin: './dice.ts', config: '--watch' };
  await assert.rejects(async () => plugin?.run(session, wrong, { signal }), {
    code: 'COMMAND_INVALID',
    message: 'no option --watch; there is --isolate',
  });
});

test('explain takes a message by group and number, in the current group by number alone', async () => {
  const places: unknown[] = [];
  const { client, session } = sessionWith({
    explain: (place) => {
      places.push(place);
      return undefined;
    },
  });
  await client.createGroup('ops');
  await session.joinGroup('ops');
  const explain = commandTable.get('explain');
  const { signal } = new AbortController();
  for (const message of ['den#7', '#den#8', '9', undefined]) {
    await explain?.run(session, message === undefined ? {} : { message }, { signal });
  }
  assert.deepEqual(places, [
    { group: 'den', seq: 7 },
    { group: 'den', seq: 8 },
    { group: 'ops', seq: 9 },
    undefined,
  ]);
  for (const message of ['ops', '#', 'ops#', 'ops#x', '1e3', '#ops#1#']) {
    await assert.rejects(async () => explain?.run(session, { message }, { signal }), {
      code: 'COMMAND_INVALID',
    });
  }
});

test('what plugins are told and do is one line each', () => {
  const told = {
    plugin: 'dice',
    direction: 'in',
    what: 'message',
    text: `#ops ann ${hostile}`,
    outcome: 'told',
    reason: '',
  } as const;
  assert.match(describeTap(told), /^dice ← message #ops ann a/);
  assert.equal(describeTap(told).includes('\n'), false);
  const refused = {
    ...told,
    direction: 'out',
    what: 'sendGroup',
    text: '#ops hi',
    outcome: 'refused',
    reason: 'RATE_LIMITED: send: more than 60 a minute',
    ms: 0.06,
  } as const;
  assert.equal(
    describeTap(refused),
    'dice → sendGroup #ops hi: refused RATE_LIMITED: send: more than 60 a minute (0.1 ms)',
  );
});

test('a tap shows no more than somebody can see, and says what it left out', () => {
  const lines: string[] = [];
  const tap = new PluginTap((line) => void lines.push(line));
  tap.start('dice');
  const entry = {
    direction: 'in',
    what: 'message',
    text: 'x',
    outcome: 'told',
    reason: '',
  } as const;
  tap.show({ ...entry, plugin: 'poll' }, 1000);
  for (let at = 0; at < 500; at++) tap.show({ ...entry, plugin: 'dice' }, 1000 + at);
  tap.show({ ...entry, plugin: 'dice' }, 2000);
  assert.equal(lines.length, 52);
  assert.equal(lines[50], 'tap: 450 more were not shown');
});

test('the status of a plugin tells what it counts, harmless on a terminal', () => {
  const family = { help: '', labels: ['who'], buckets: [] };
  const series = (value: number, counts: readonly number[] = []) => [
    { labels: ['\u001b[2J"x"'], value, counts },
  ];
  const words = describePluginStatus({
    id: 'dice',
    version: '1.0.0',
    state: 'running',
    permissions: [],
    grants: [],
    commands: [],
    counters: { restarts: 1 },
    queued: 2,
    cpuMs: 120,
    cpuMsPerMinute: 20_000,
    recovery: { tries: 2, triesMax: 8 },
    metrics: {
      families: [
        { ...family, name: 'rolls', kind: 'counter', series: series(12) },
        { ...family, name: 'took', kind: 'histogram', buckets: [1], series: series(2, [3, 1]) },
        { ...family, name: 'none', kind: 'histogram', buckets: [1], series: series(0, [0, 0]) },
      ],
      dropped: 4,
    },
  });
  const shown = '{who="␛[2J\\"x\\""}';
  assert.deepEqual(words.split('\n'), [
    'dice 1.0.0 running: 1 restarts; 2 events wait for it',
    '  120 ms of processor time within a minute, of 20000',
    '  tried again 2 times of 8',
    `  rolls${shown} 12`,
    `  took${shown} 4 values, 0.5 each`,
    `  none${shown} 0 values`,
    '  4 values were dropped, there were too many',
  ]);
});

test('a plugin is listed with what it has done, and what it keeps is shown', () => {
  const plugin = dice;
  const counters = { events: 3, sends: 0, messagesStopped: 2 };
  assert.equal(describePlugin(plugin), 'dice 1.0.0 running');
  assert.equal(describePlugin({ ...plugin, counters }), 'dice 1.0.0 running: 3 events, 2 stopped');
  assert.equal(describePlugin({ ...plugin, isDryRun: true }), 'dice 1.0.0 running, dry run');
  assert.equal(
    describePlugin({ ...plugin, isolation: 'process', isDryRun: true }),
    'dice 1.0.0 running, own process, dry run',
  );
  const fallen = { ...plugin, state: 'quarantined', reason: 'it looped' };
  const at = (tries: number, atMs?: number) =>
    describePlugin({
      ...fallen,
      recovery: { tries, triesMax: 8, ...(atMs === undefined ? {} : { atMs }) },
    });
  const time = new Date(2026, 1, 3, 4, 5, 6).getTime();
  assert.equal(at(2, time), 'dice 1.0.0 quarantined: it looped; tried again at 04:05:06 (2 of 8)');
  assert.equal(at(8), 'dice 1.0.0 quarantined: it looped; not tried again after 8 times');
  assert.equal(at(0), 'dice 1.0.0 quarantined: it looped');
  const kept = (value: Parameters<typeof describeKept>[0]['kept']): string =>
    describeKept({ type: 'pluginStorage', plugin: 'dice', kept: value });
  assert.equal(kept({ type: 'keys', keys: [], more: false }), 'dice keeps nothing');
  assert.equal(kept({ type: 'keys', keys: ['a', 'b'], more: true }), 'a\nb\n… and more');
  assert.equal(kept({ type: 'value', key: 'a', value: '{"n":1}' }), '{"n":1}');
  assert.equal(kept({ type: 'value', key: 'c', value: undefined }), 'there is no key "c"');
});
