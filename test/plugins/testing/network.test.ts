/** What a real network does to a chat, in a test world. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../../../plugins/testing.ts';
import { pluginFile } from './plugin-file.ts';

const timeout = 60_000;

const watcher = `
  ctx.on('message', { includeRecovered: true }, (m) => ctx.log.info(m.text, m.recovered));
  ctx.on('private', { includeRecovered: true }, (m) => ctx.log.info(m.text, m.kept));
  for (const event of ['disconnected', 'gap', 'left']) ctx.on(event, ({ type, reason, count, name }) => ctx.log.info(event, reason ?? count, name ?? ''));
  ctx.hear(/^hi/, () => 'hello');`;

const badDay = { loss: 0.25, duplication: 0.2, reordering: 0.3, delayMs: 30, jitterMs: 20 };

/** Plays a talk on a bad day; what was said and when the last of it was heard. */
async function play(seed: number, plugin: string): Promise<readonly [readonly string[], number]> {
  const bots = { one: { plugins: [plugin] }, two: { plugins: [plugin, 'dice'] } };
  await using world = await start({ bots, seed, faults: badDay });
  for (let round = 0; round < 5; round++) {
    const users = ['ann', 'bob', 'eve'].map((name) => world.user(name));
    await Promise.all(users.map((user) => user.says(`!roll ${user.name} ${round}`)));
    await Promise.all(users.map((user) => user.says('!roll 2d6')));
  }
  for (const name of ['ann', 'bob', 'eve']) {
    const own = world.transcript.filter((line) => line.startsWith(name)).length;
    assert.equal(own, 10);
    // Everything of the others from the first own word on, in the one order.
    const from = world.transcript.findIndex((line) => line.startsWith(name));
    const others = world.transcript.slice(from).filter((line) => !line.startsWith(name));
    assert.deepEqual(world.user(name).heard.slice(-others.length), others);
  }
  return [world.transcript, world.now.getTime()];
}

test('a seed tells one story: what is lost, doubled and overtaken, who speaks first, and what the dice show', {
  timeout: 120_000,
}, async (t) => {
  const chatty = `ctx.command({ name: 'roll2', description: '' }, () => 'x'); ctx.on('message', async (m) => { await ctx.storage.set('last', m.text); await m.reply(ctx.me + ' ' + Math.random() + ' ' + new Date().toISOString()); });`;
  const plugin = pluginFile(t, 'chatty', chatty);
  const first = await play(7, plugin);
  assert.deepEqual(await play(7, plugin), first);
  assert.notDeepEqual(await play(8, plugin), first);
});

test('who was cut off hears what it missed as recovered, and answers nothing of it', {
  timeout,
}, async (t) => {
  await using world = await start({ plugins: [pluginFile(t, 'watcher', watcher)] });
  const [ann, bot] = [world.user('ann'), world.bot()];
  await ann.says('hi');
  await bot.disconnect();
  await ann.says('hi, are you there?');
  await ann.tells('bot', 'call me');
  await bot.reconnect();
  await world.expect([
    'ann: hi',
    'bot: hello',
    'ann: hi, are you there?',
    'ann → bot (kept): call me',
  ]);
  assert.deepEqual(
    world.log.map((line) => line.replace(/server.*/, '')),
    [
      'watcher: hi false',
      'watcher: disconnected the ',
      'watcher: call me true',
      'watcher: hi, are you there? true',
    ],
  );
});

test('who missed more than is kept is told of a gap', { timeout }, async (t) => {
  await using world = await start({ plugins: [pluginFile(t, 'watcher', watcher)], history: 3 });
  const [ann, bot] = [world.user('ann'), world.bot()];
  await ann.says('0');
  await bot.disconnect();
  for (let n = 1; n <= 8; n++) await ann.says(`${n}`);
  await bot.reconnect();
  assert.deepEqual(world.log.slice(2), [
    'watcher: gap 5 ',
    'watcher: 6 true',
    'watcher: 7 true',
    'watcher: 8 true',
  ]);
});

test('people go, come back as who they were, and find their mail', { timeout }, async (t) => {
  await using world = await start({ plugins: [pluginFile(t, 'watcher', watcher)] });
  const [ann, bob] = [world.user('ann'), world.user('bob')];
  await bob.joins();
  await bob.quits();
  await ann.tells('bob', 'see you');
  await world.silence();
  await bob.says('hi, I am back');
  await world.expect(['ann → bob (kept): see you', 'bob: hi, I am back', 'bot: hello']);
  await bob.disconnects();
  await ann.says('hi');
  assert.deepEqual(bob.heard.slice(-1), ['bot: hello']);
  await bob.reconnects();
  assert.deepEqual(bob.heard.slice(-2), ['ann: hi', 'bot: hello']);
});
