import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sibling, stage } from './world.ts';

const timeout = 60_000;

/** Waits for the storage twice, and says so: whoever does not wait for its turn overtakes. */
const slowly = `async (m) => {
  ctx.log.info('begins', m.text);
  for (let i = 0; i < 3; i++) await ctx.storage.get('x');
  ctx.log.info('ends', m.text);
}`;
const permissions = ['message.read', 'message.send', 'private.read', 'private.send', 'storage'];

test('messages of a group are handled one at a time, those of different groups and people side by side', {
  timeout,
}, async (t) => {
  const { plug, alice, logs, loggedTimes } = await stage(t);
  await plug('slow', `ctx.on('message', ${slowly}); ctx.on('private', ${slowly});`, {
    permissions,
  });
  alice.say('a1');
  alice.say('a2');
  alice.say('b1', { group: 'hall' });
  void alice.send('bot', 'c1');
  alice.say('a3');
  await loggedTimes(5, /^ends/);
  const texts = logs.map(({ text }) => text);
  const of = (letter: string): unknown => texts.filter((text) => text.includes(letter));
  assert.deepEqual(
    texts.filter((text) => / a/.test(text)),
    ['begins a1', 'ends a1', 'begins a2', 'ends a2', 'begins a3', 'ends a3'],
  );
  assert.deepEqual(texts.slice(0, 3), ['begins a1', 'begins b1', 'begins c1']);
  assert.deepEqual(
    [of('b1'), of('c1')],
    [
      ['begins b1', 'ends b1'],
      ['begins c1', 'ends c1'],
    ],
  );
});

test('commands, patterns and listeners of one message have one turn, and parallel ones need none', {
  timeout,
}, async (t) => {
  const { plug, alice, logs, loggedTimes } = await stage(t);
  await plug(
    'mixed',
    `const slowly = ${slowly};
     ctx.command({ name: 'x', description: '', args: [{ name: 'n', type: 'integer' }] }, ({ message }) => slowly(message));
     ctx.hear(/./, async (_match, m) => { ctx.log.info('heard', m.text); });
     ctx.on('message', { parallel: true }, (m) => ctx.log.info('at once', m.text));`,
    { permissions },
  );
  alice.say('!x 1');
  alice.say('!x 2');
  await loggedTimes(2, /^ends/);
  assert.deepEqual(
    logs.map(({ text }) => text),
    [
      'at once !x 1',
      'begins !x 1',
      'heard !x 1',
      'at once !x 2',
      'ends !x 1',
      'begins !x 2',
      'heard !x 2',
      'ends !x 2',
    ],
  );
});

test('a handler that waits for a person holds up nobody else', { timeout }, async (t) => {
  const { plug, alice, world } = await stage(t);
  await plug(
    'host',
    `ctx.hear(/^order/, async (_match, { group, from }) => 'so ' + await ctx.ask({ group, from }, 'what?'));
     ctx.command({ name: 'wipe', description: '', confirm: true }, async ({ message }) => 'wiped for ' + message.from);
     ${sibling}`,
  );
  const bob = world.member('bob');
  alice.say('order');
  await world.heard('lab/bot: what?');
  bob.say('ping 1');
  await world.heard('lab/bot: pong 1');
  alice.say('tea');
  await world.heard('lab/bot: so tea');
  alice.say('!wipe');
  await world.heard('lab/bot: alice, really !wipe? Answer "!yes wipe" within 30 s.');
  bob.say('ping 2');
  await world.heard('lab/bot: pong 2');
  alice.say('!yes wipe');
  await world.heard('lab/bot: wiped for alice');
});

test('an error ends its turn, and a promise that never settles only that of its group', {
  timeout,
}, async (t) => {
  const { plug, alice, world } = await stage(t);
  await plug(
    'wrong',
    `ctx.hear(/^throw/, async () => { await null; throw new Error('no'); });
     ctx.hear(/^hang/, () => new Promise(() => {}));
     ${sibling}`,
  );
  alice.say('throw');
  alice.say('ping 1');
  await world.heard('lab/bot: pong 1');
  alice.say('hang');
  alice.say('ping 2');
  alice.say('ping 3', { group: 'hall' });
  await world.heard('lab/bot: pong 3');
  assert.ok(!world.transcript.includes('lab/bot: pong 2'));
});

test('what its handlers were waiting over when the process died comes again, in its order, as recovered', {
  timeout,
}, async (t) => {
  const { plug, alice, runtime, logs, logged, world, bot } = await stage(t);
  await plug(
    'careful',
    `let isFirst = (await ctx.storage.get('life')) === undefined;
     await ctx.storage.set('life', 1);
     ctx.on('message', { includeRecovered: true }, async (m) => {
       ctx.log.info(m.text, m.recovered);
       if (isFirst && m.text !== 'done') await new Promise(() => {});
     });
     ctx.on('private', { includeRecovered: true, parallel: true }, async (m) => {
       ctx.log.info(m.text, m.kept);
       if (isFirst) await new Promise(() => {});
     });`,
    { permissions },
  );
  alice.say('done', { group: 'hall' });
  alice.say('one');
  alice.say('two');
  await alice.send('bot', 'psst');
  await logged(/psst/);
  assert.deepEqual(bot.held, [2, 3]);
  process.kill(runtime.hostPid ?? 0, 'SIGKILL');
  await logged(/psst true/);
  await logged(/two/);
  alice.say('three');
  await logged(/three/);
  const texts = logs.filter(({ level }) => level === 'info').map(({ text }) => text);
  assert.deepEqual(texts, [
    'done false',
    'one false',
    'psst false',
    'one true',
    'psst true',
    'two true',
    'three false',
  ]);
  await world.heard('lab/alice: three');
  // Its handling is told when the turn is over; another turn proves that it is.
  alice.say('four');
  await logged(/four/);
  assert.ok(bot.held.length <= 1);
});

test('the client holds what a plugin has not handled, and nothing of one that has ended', {
  timeout,
}, async (t) => {
  const { plug, alice, runtime, bot, logged } = await stage(t);
  await plug(
    'hanging',
    `ctx.on('message', async (m) => { ctx.log.info(m.text); await new Promise(() => {}); });`,
  );
  await plug('deaf', '', { permissions: [] });
  alice.say('one');
  alice.say('two');
  await logged(/one/);
  assert.deepEqual(bot.held, [1, 2]);
  await runtime.unload('hanging');
  assert.deepEqual(bot.held, []);
  alice.say('three');
  assert.deepEqual(bot.held, []);
});
