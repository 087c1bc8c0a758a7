import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Listeners } from '../../plugins/inside/listeners.ts';
import { stage } from './world.ts';

const timeout = 60_000;

test('respond takes what is said to this client, without its name; hear takes everything', {
  timeout,
}, async (t) => {
  const { plug, world, alice, logs, logged } = await stage(t);
  await plug(
    'polite',
    `ctx.respond(/.*/, (match) => ctx.log.info('for me', match[0]));
     ctx.hear(/^status (\\w+)/, { id: 'status', from: 'alice' }, (match) => 'fine: ' + match[1]);
     ctx.on('mention', (m) => ctx.log.info('mention', m.text));`,
  );
  for (const text of [
    'bot: one',
    'Bot, two',
    '@bot three',
    '@bot: four',
    'bot five',
    'robot: six',
  ]) {
    alice.say(text);
  }
  alice.say('ask @bot, please');
  alice.say('a@bots.example');
  await alice.send('bot', 'seven');
  await alice.send('bot', 'bot: eight');
  alice.say('status green');
  await world.heard('lab/bot: fine: green');
  await logged(/eight/);
  assert.deepEqual(
    logs.map(({ text }) => text),
    [
      'mention bot: one',
      'for me one',
      'mention Bot, two',
      'for me two',
      'mention @bot three',
      'for me three',
      'mention @bot: four',
      'for me four',
      'mention ask @bot, please',
      'for me seven',
      'for me eight',
    ],
  );
});

test('hear and respond take options: the group, the sender, bots, what was missed', {
  timeout,
}, async (t) => {
  const { plug, world, alice, logged, logs } = await stage(t);
  const robot = world.member('robot', true);
  await plug(
    'picky',
    `for (const [id, options] of Object.entries({ plain: {}, bots: { includeBots: true }, late: { includeRecovered: true }, lab: { group: 'lab' }, of: { from: 'robot', includeBots: true } }))
       ctx.hear(/^x/, { id, ...options }, (_match, m) => ctx.log.info(id, m.text));
     ctx.hear(/^end/, () => ctx.log.info('end'));`,
  );
  robot.say('x1');
  alice.say('x2', { recovered: true });
  alice.say('x3', { group: 'hall' });
  alice.say('end');
  await logged(/^end$/);
  assert.deepEqual(
    logs.map(({ text }) => text),
    ['bots x1', 'of x1', 'late x2', 'plain x3', 'bots x3', 'late x3', 'end'],
  );
});

test('an error of a pattern is told by its id', { timeout }, async (t) => {
  const { plug, alice, logged } = await stage(t);
  await plug(
    'wrong',
    `ctx.hear(/x/, { id: 'greeting' }, () => { throw new Error('no'); });
     ctx.respond(/x/, () => { throw new Error('no'); });`,
  );
  await alice.send('bot', 'x');
  await logged(/^hear greeting: Error: no/);
  await logged(/^respond 2: Error: no/);
});

test('an author is told of what is no pattern, and of ids that are there twice', () => {
  const listeners = new Listeners(
    () => true,
    () => true,
  );
  const call = (): undefined => undefined;
  listeners.match('hear', /x/, [{ id: 'a' }, call]);
  assert.throws(() => listeners.match('respond', /x/, [{ id: 'a' }, call]), /"a" is there already/);
  assert.throws(() => listeners.match('hear', /x/, [{ id: 'a\nb' }, call]), TypeError);
  assert.throws(() => listeners.match('hear', /x/, []), /no RegExp or no handler/);
  // What an author writes without types.
  assert.throws(() => listeners.match('hear', 'x' as never, [call]), /no RegExp or no handler/);
});

test('a plugin is told what it listens to, and nothing else; who asks is told the answer', {
  timeout,
}, async (t) => {
  const { plug, alice, runtime, world } = await stage(t);
  await plug('deaf', `ctx.on('left', () => undefined);`);
  await plug('keen', `ctx.hear(/^say (.*)$/, ([, word]) => word);`);
  await plug(
    'asker',
    `ctx.on('joined', async ({ group, name }) => {
       const answer = await ctx.ask({ group, from: name }, 'how are you?');
       await ctx.send({ group }, name + ' is ' + answer);
     });`,
  );
  alice.say('say one');
  await world.heard('lab/bot: one');
  const counted = (): readonly (number | undefined)[] =>
    runtime.list().map(({ counters }) => counters.events);
  assert.deepEqual(counted(), [0, 1, 0]);
  const carol = world.member('carol');
  await world.heard('lab/bot: how are you?');
  carol.say('well');
  await world.heard('lab/bot: carol is well');
  carol.say('say done');
  await world.heard('lab/bot: done');
  assert.deepEqual(counted().slice(0, 2), [0, 3]);
});
