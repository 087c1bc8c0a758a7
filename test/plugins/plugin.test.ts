import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fact } from '../../plugins/feed.ts';
import { Granted } from '../../plugins/granted.ts';
import { limits } from '../../plugins/limits.ts';
import { parseManifest } from '../../plugins/manifest.ts';
import { HostedPlugin } from '../../plugins/plugin.ts';

const bundle = { file: 'x.ts', code: '', locate: () => undefined };
const manifest = parseManifest(
  '{"id":"x","version":"1.0.0","permissions":["message.read"]}',
  'x.ts',
);

const order = {
  spec: './x.ts',
  source: { file: '/x.ts', identity: 'file:/x.ts' },
  config: {},
  isDryRun: false,
};

/** It is described and may do what it asks for. */
function describe(plugin: HostedPlugin): void {
  plugin.described(manifest);
  plugin.authorized(Granted.of(manifest.permissions));
  plugin.setUp('bot', '!');
}

/** A plugin that runs and has nothing to do. */
function running(): HostedPlugin {
  const plugin = new HostedPlugin(1, order, bundle);
  assert.equal(plugin.takeWork(0), 'load');
  describe(plugin);
  plugin.turned(0, 0);
  assert.deepEqual(types(plugin.takeWork(0)), ['setup']);
  plugin.ready();
  plugin.turned(0, 0);
  return plugin;
}

const types = (work: ReturnType<HostedPlugin['takeWork']>): unknown =>
  Array.isArray(work) ? work.map(({ event }) => event.type) : work;
const left = new Fact({ type: 'left', group: 'lab', name: 'carol', reason: 'left' });
const settled = { type: 'settled', id: 1, outcome: { type: 'done', result: undefined } } as const;
const said = (text: string): Fact =>
  new Fact({
    type: 'message',
    trace: 0,
    message: {
      type: 'group',
      mid: '0'.repeat(32),
      group: 'lab',
      from: 'alice',
      text,
      seq: 1,
      logId: '0'.repeat(16),
      sentAtMs: 0,
      bot: false,
      hops: 0,
      recovered: false,
    },
  });

test('events wait until setup is done, and then go after outcomes', () => {
  const plugin = new HostedPlugin(1, order, bundle);
  plugin.takeWork(0);
  describe(plugin);
  plugin.offer(left);
  plugin.turned(0, 0);
  assert.deepEqual(types(plugin.takeWork(0)), ['setup']);
  assert.equal(plugin.takeWork(0), undefined);
  plugin.turned(0, 0);
  assert.equal(plugin.takeWork(0), undefined);
  plugin.control(settled);
  plugin.ready();
  assert.deepEqual(types(plugin.takeWork(0)), ['settled']);
  plugin.turned(0, 0);
  assert.deepEqual(types(plugin.takeWork(0)), ['left']);
});

test('a full queue drops what comes and says so once', () => {
  const plugin = running();
  const drops = Array.from(
    { length: limits.queuedEventsMax + 3 },
    () => plugin.offer(left)?.isFirstDrop === true,
  );
  assert.equal(drops.indexOf(true), limits.queuedEventsMax);
  assert.equal(drops.filter(Boolean).length, 1);
  assert.equal(plugin.status().counters.eventsDropped, 3);
});

test('what it may not read never enters its queue', () => {
  const plugin = running();
  const { message } = said('psst').event as Extract<Fact['event'], { type: 'message' }>;
  const { mid, from, text, sentAtMs, bot, hops } = message;
  const psst = {
    type: 'private',
    mid,
    from,
    text,
    sentAtMs,
    bot,
    hops,
    heldBack: false,
    kept: false,
  } as const;
  plugin.offer(new Fact({ type: 'private', message: psst, trace: 0 }));
  assert.equal(plugin.takeWork(0), undefined);
});

test('a plugin that keeps itself busy is slowed down, one that answers others is not', () => {
  const plugin = running();
  for (let turn = 0; turn < limits.ownTurnsPerMinute; turn++) {
    plugin.control(settled);
    plugin.takeWork(0);
    plugin.turned(10, 0);
    assert.equal(plugin.paused(0), false);
  }
  plugin.offer(left);
  plugin.takeWork(0);
  plugin.turned(10, 0);
  assert.equal(plugin.paused(0), false);
  plugin.control(settled);
  plugin.takeWork(0);
  plugin.turned(10, 0);
  plugin.control(settled);
  assert.equal(plugin.takeWork(limits.paceMs - 1), undefined);
  assert.deepEqual(types(plugin.takeWork(limits.paceMs)), ['settled']);
});

test('a plugin that hands over too much is slowed down', () => {
  const plugin = running();
  const turns = limits.charactersPerMinute / limits.turnCharactersMax;
  for (let turn = 0; turn <= turns; turn++) {
    assert.equal(plugin.paused(0), false);
    plugin.offer(left);
    plugin.takeWork(0);
    plugin.turned(limits.turnCharactersMax, 0);
  }
  assert.equal(plugin.paused(0), true);
});

test('after a restart it is loaded again and hears again what it was handling, marked as recovered', () => {
  const plugin = running();
  const { life } = plugin;
  plugin.offer(said('one'));
  plugin.offer(left);
  plugin.takeWork(0);
  plugin.control(settled);
  plugin.offer(said('two'));
  plugin.restart();
  assert.notEqual(plugin.life, life);
  assert.equal(plugin.takeWork(0), 'load');
  describe(plugin);
  plugin.turned(0, 0);
  plugin.takeWork(0);
  plugin.ready();
  plugin.turned(0, 0);
  const work = plugin.takeWork(0);
  assert.ok(Array.isArray(work));
  assert.deepEqual(
    work.map(({ event }) => [event.message.text, event.message.recovered]),
    [
      ['one', true],
      ['two', false],
    ],
  );
});

test('stopping waits for the farewell; a restart meanwhile ends it', async () => {
  const stopped = running();
  stopped.stop();
  assert.deepEqual(types(stopped.takeWork(0)), ['disposing']);
  stopped.turned(0, 0);
  await stopped.ended;
  assert.equal(stopped.status().state, 'stopped');
  const cut = running();
  cut.stop();
  cut.restart();
  await cut.ended;
  assert.equal(cut.status().state, 'stopped');
});
