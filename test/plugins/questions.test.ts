import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './world.ts';

const timeout = 60_000;

test('the next answer of the person who was asked is the answer, and nobody else’s to hear', {
  timeout,
}, async (t) => {
  const { plug, world, alice } = await stage(t);
  const bob = world.member('bob');
  await plug(
    'host',
    `ctx.hear(/^order/, async (_match, { group, from }) => 'so ' + await ctx.ask({ group, from }, from + ', what?'));
     ctx.on('message', (m) => ctx.log.info(m.text));
     ctx.hear(/tea|cake/, (match, { from }) => 'heard ' + from);`,
  );
  alice.say('order');
  await world.heard('lab/bot: alice, what?');
  bob.say('cake');
  await world.heard('lab/bot: heard bob');
  await alice.send('bot', 'tea, privately');
  await world.heard('bot→alice: heard alice');
  alice.say('tea');
  await world.heard('lab/bot: so tea');
  alice.say('tea again');
  await world.heard('lab/bot: heard alice');
});

test('somebody is asked privately, and what is no choice is told three times', {
  timeout,
}, async (t) => {
  const { plug, world, alice, logged } = await stage(t);
  await plug(
    'host',
    `ctx.on('connected', async () => {
       const size = await ctx.ask({ to: 'Alice' }, 'size?', { choices: ['small', 'large'] });
       const count = await ctx.ask({ to: 'alice' }, 'how many?', { parse: (text) => {
         if (!/^\\d+$/.test(text)) throw new Error('a number, please');
         return Number(text);
       } });
       const sum: number = count + 1; const known: 'small' | 'large' = size;
       ctx.log.info(known, sum);
     });`,
  );
  await world.heard('bot→Alice: size?');
  for (let count = 0; count < 4; count++) await alice.send('bot', 'medium');
  await alice.send('bot', ' LARGE ');
  await world.heard('bot→alice: how many?');
  await alice.send('bot', 'two');
  await world.heard('bot→alice: a number, please');
  await alice.send('bot', '2');
  await logged(/^large 3$/);
  const hints = world.transcript.filter((line) =>
    line.includes('Please answer one of: small, large.'),
  );
  assert.equal(hints.length, 3);
});

test('bots do not answer, nor does what was missed, nor what was said before', {
  timeout,
}, async (t) => {
  const { plug, world, alice, bot } = await stage(t);
  await plug(
    'host',
    `ctx.hear(/^order/, async (_match, { group, from }) => 'so ' + await ctx.ask({ group, from }, 'what?'));`,
  );
  alice.say('order');
  await world.heard('lab/bot: what?');
  alice.say('missed', { recovered: true });
  alice.say('a bot of the same name', { bot: true });
  alice.say('earlier', { seq: 1 });
  bot.say('itself');
  alice.say('tea');
  await world.heard('lab/bot: so tea');
});

test('who does not answer in time is given up, which the plugin can tell', {
  timeout,
}, async (t) => {
  const { plug, world, logged, alice } = await stage(t);
  await plug(
    'host',
    `ctx.on('connected', async () => {
       await ctx.ask({ group: 'lab', from: 'alice' }, 'well?', { timeoutMs: 1000 }).catch((e) => ctx.log.info(e.code, e.message));
     });
     ctx.hear(/late/, () => 'heard');`,
  );
  await world.heard('lab/bot: well?');
  await logged(/^ASK_TIMEOUT no answer in 1000 ms$/);
  alice.say('too late');
  await world.heard('lab/bot: heard');
});

test('what cannot be asked is refused: targets, times, choices, and without the permissions', {
  timeout,
}, async (t) => {
  const { plug, logged } = await stage(t);
  await plug(
    'wrong',
    `const tries = [
       [{ group: 'lab' }, 'x'], [{ to: 'alice' }, 'x'], [{ group: 'lab', from: 'a' }, 'x', { timeoutMs: 1 }],
       [{ group: 'lab', from: 'a' }, 'x', { choices: ['one'] }], [{ group: 'lab', from: 'a' }, 'x'],
     ];
     for (const args of tries) ctx.log.info((await ctx.ask(...args).catch((e) => e)).message);`,
    { permissions: ['message.read'] },
  );
  await logged(/^ctx.ask: the target is \{ group, from \} or \{ to \}$/);
  await logged(/^ctx.ask needs the permission "private.read" in the manifest$/);
  await logged(/^ctx.ask: timeoutMs is 1000 to 3600000, not 1$/);
  await logged(/^ctx.ask: choices are 2 to 32 texts$/);
  await logged(/^sendGroup needs the permission "message.send"$/);
});

test('after the death of the process nothing is waited for, and new questions are asked', {
  timeout,
}, async (t) => {
  const { plug, world, alice, runtime, logged } = await stage(t);
  await plug(
    'host',
    `ctx.hear(/^order/, async (_match, { group, from }) => {
       for (let count = 0; count < 16; count++) void ctx.ask({ group, from: 'nobody' }, 'you?').catch(() => undefined);
       await ctx.ask({ group, from }, 'one more?').catch((e) => ctx.log.info(e.code));
     });
     ctx.hear(/^other/, async (_match, { group, from }) => 'so ' + await ctx.ask({ group, from }, 'what?'));`,
  );
  alice.say('order');
  await logged(/^RATE_LIMITED$/);
  process.kill(runtime.hostPid ?? 0, 'SIGKILL');
  await logged(/is started again/);
  alice.say('other');
  await world.heard('lab/bot: what?');
  alice.say('tea');
  await world.heard('lab/bot: so tea');
});
