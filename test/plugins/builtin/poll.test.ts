import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Member, type Stage, stage } from '../world.ts';

const timeout = 60_000;

type Ask = (who: Member, line: string) => Promise<string>;

async function polling(on: Stage): Promise<Ask> {
  await on.runtime.load('poll');
  return (who, line) => {
    const from = on.world.transcript.length;
    who.say(line);
    return on.world.next('lab/bot: ', from);
  };
}

test('asks, counts each voter once, and ends for whoever began it', { timeout }, async (t) => {
  const on = await stage(t);
  const ask = await polling(on);
  const { alice } = on;
  const bob = on.world.member('bob');
  const proto = on.world.member('__proto__');
  assert.equal(
    await ask(alice, '!poll Lunch? | pizza | soup'),
    'Lunch?\n1. pizza: 0\n2. soup: 0\nVote with !vote <number>.',
  );
  assert.equal(
    await ask(bob, '!poll Dinner? | a | b'),
    'There is a poll already; !endpoll ends it.',
  );
  assert.equal(await ask(alice, '!vote 1'), 'alice: pizza');
  assert.equal(await ask(bob, '!vote 1'), 'bob: pizza');
  assert.equal(await ask(proto, '!vote 1'), '__proto__: pizza');
  assert.equal(await ask(bob, '!vote 2'), 'bob: soup');
  assert.equal(await ask(bob, '!poll'), 'Lunch?\n1. pizza: 2\n2. soup: 1');
  assert.equal(await ask(bob, '!endpoll'), 'alice began it, and ends it.');
  assert.equal(await ask(alice, '!endpoll'), 'Ended. Lunch?\n1. pizza: 2\n2. soup: 1');
  assert.equal(await ask(alice, '!endpoll'), 'There is no poll.');
});

test('counts every vote of many at once, over a restart of the plugins', { timeout }, async (t) => {
  const on = await stage(t);
  const ask = await polling(on);
  await ask(on.alice, '!poll Lunch? | pizza | soup');
  const voters = Array.from({ length: 40 }, (_, at) => on.world.member(`voter${at}`));
  for (const voter of voters) voter.say('!vote 2');
  for (const voter of voters) await on.world.heard(`lab/bot: ${voter.name}: soup`);
  process.kill(on.runtime.hostPid ?? 0, 'SIGKILL');
  await on.logged(/is started again/);
  assert.equal(await ask(on.alice, '!poll'), 'Lunch?\n1. pizza: 0\n2. soup: 40');
});

test('says how it is written, and what cannot be voted for', { timeout }, async (t) => {
  const on = await stage(t);
  const ask = await polling(on);
  const many = Array.from({ length: 11 }, (_, at) => at).join('|');
  for (const line of [
    '!poll',
    '!poll Lunch?',
    '!poll Lunch? | pizza',
    '!poll | a | b',
    '!poll Lunch? | a | ',
    `!poll Lunch? | ${many}`,
    `!poll Lunch? | a | ${'b'.repeat(201)}`,
  ]) {
    assert.match(await ask(on.alice, line), /^Write it like/, line);
  }
  assert.equal(await ask(on.alice, '!vote 1'), 'There is no poll; !poll begins one.');
  await ask(on.alice, '!poll Lunch? | pizza | soup');
  assert.equal(await ask(on.alice, '!vote 3'), 'alice, vote for 1 to 2.');
  for (const vote of ['', '0', '11', '1.5', 'pizza', '__proto__', '-1', '1 2']) {
    assert.match(await ask(on.alice, `!vote ${vote}`), /Write it like !vote <number>/, vote);
  }
});
