import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fact } from '../../plugins/feed.ts';
import { Granted } from '../../plugins/granted.ts';
import { heardEvents } from '../../plugins/heard-events.ts';
import { limits } from '../../plugins/limits.ts';
import { parseManifest } from '../../plugins/manifest.ts';
import { HostedPlugin } from '../../plugins/plugin.ts';
import { bundle, order } from './hosted.ts';

const manifest = parseManifest(
  '{"id":"x","version":"1.0.0","permissions":["message.read"]}',
  'x.ts',
);

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
  for (const event of heardEvents) plugin.listens(event);
  plugin.ready();
  plugin.turned(0, 0);
  return plugin;
}

const types = (work: ReturnType<HostedPlugin['takeWork']>): unknown =>
  Array.isArray(work) ? work.map(({ event }) => event.type) : work;
const left = new Fact({ type: 'left', group: 'lab', name: 'carol', reason: 'left' });
const settled = { type: 'settled', id: 1, outcome: { type: 'done', result: undefined } } as const;
const said = (text: string, number = 1, onHandled?: () => void): Fact =>
  new Fact(
    {
      type: 'message',
      number,
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
    },
    onHandled,
  );

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
  for (const event of heardEvents) plugin.listens(event);
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
  assert.equal(plugin.status(0).counters.eventsDropped, 3);
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
  plugin.offer(new Fact({ type: 'private', number: 1, message: psst }));
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
  for (const event of heardEvents) plugin.listens(event);
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

/** A plugin that has begun to handle these messages; of each it is noted when nobody holds it any more. */
function handling(...texts: readonly string[]): {
  readonly plugin: HostedPlugin;
  readonly released: string[];
} {
  const plugin = running();
  const released: string[] = [];
  for (const [at, text] of texts.entries()) {
    const fact = said(text, at + 1, () => released.push(text));
    plugin.offer(fact);
    fact.release();
  }
  plugin.takeWork(0);
  return { plugin, released };
}

const messagesOf = (plugin: HostedPlugin): unknown => {
  const work = plugin.takeWork(0);
  assert.ok(Array.isArray(work));
  return work.map(({ event }) => [event.message.text, event.message.recovered]);
};

test('a message counts as handled when its turn is over, or when the plugin says so if its handlers go on', () => {
  const { plugin, released } = handling('one', 'two', 'three');
  plugin.handling.unfinished([2, 3, 77]);
  plugin.turned(0, 0);
  assert.deepEqual(released, ['one']);
  plugin.handling.handled([3, 77]);
  assert.deepEqual(released, ['one', 'three']);
  plugin.handling.handled([2, 2]);
  assert.deepEqual(released, ['one', 'three', 'two']);
});

test('what was still being handled comes again after a restart, and is held until then', () => {
  const { plugin, released } = handling('one', 'two');
  plugin.handling.unfinished([2]);
  plugin.turned(0, 0);
  const later = said('three', 3, () => released.push('three'));
  plugin.offer(later);
  later.release();
  plugin.takeWork(0);
  plugin.restart();
  plugin.takeWork(0);
  describe(plugin);
  plugin.turned(0, 0);
  plugin.takeWork(0);
  for (const event of heardEvents) plugin.listens(event);
  plugin.ready();
  plugin.turned(0, 0);
  assert.deepEqual(released, ['one']);
  assert.deepEqual(messagesOf(plugin), [
    ['two', true],
    ['three', true],
  ]);
  plugin.turned(0, 0);
  assert.deepEqual(released, ['one', 'two', 'three']);
});

test('a plugin that handles too many messages is told no more, and what takes too long counts as handled', () => {
  const { plugin, released } = handling(...Array.from({ length: 320 }, (_, at) => `${at}`));
  for (let turn = 0; turn < 4; turn++) {
    const numbers = Array.from({ length: limits.batchEventsMax }, (_, at) => turn * 64 + at + 1);
    plugin.handling.unfinished(numbers);
    plugin.turned(0, 0, 1000 * turn);
    assert.equal(plugin.takeWork(0) === undefined, turn === 3);
  }
  assert.equal(plugin.idle, true);
  assert.deepEqual(plugin.handling.overdue(limits.handlingMs - 1), []);
  assert.equal(plugin.handling.overdue(limits.handlingMs).length, 64);
  assert.equal(released.length, 64);
  assert.notEqual(plugin.takeWork(0), undefined);
});

test('a plugin that ends holds nothing any more, unless the client leaves with it', () => {
  for (const isLeaving of [false, true]) {
    const { plugin, released } = handling('one', 'two');
    plugin.handling.unfinished([2]);
    plugin.turned(0, 0);
    plugin.stop(isLeaving);
    assert.deepEqual(types(plugin.takeWork(0)), ['disposing']);
    plugin.turned(0, 0);
    assert.deepEqual(released, isLeaving ? ['one'] : ['one', 'two']);
  }
});

test('stopping waits for the farewell; a restart meanwhile ends it', async () => {
  const stopped = running();
  stopped.stop();
  assert.deepEqual(types(stopped.takeWork(0)), ['disposing']);
  stopped.turned(0, 0);
  await stopped.ended;
  assert.equal(stopped.status(0).state, 'stopped');
  const cut = running();
  cut.stop();
  cut.restart();
  await cut.ended;
  assert.equal(cut.status(0).state, 'stopped');
});
