import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { start } from '../../../plugins/testing.ts';
import { type Stage, stage } from '../world.ts';

const timeout = 60_000;

async function reminding(on: Stage): Promise<(line: string) => Promise<string>> {
  await on.runtime.load('reminder');
  return (line) => {
    const from = on.world.transcript.length;
    on.alice.say(line);
    return on.world.next('lab/bot: ', from);
  };
}

/** As if so much time had passed. */
function age(dir: string, ms: number): void {
  const database = new DatabaseSync(join(dir, 'plugins', 'storage.db'));
  database.prepare('UPDATE jobs SET next_at = next_at - ?').run(ms);
  database.close();
}

test('reminds where it was asked to, after the time that was asked for', { timeout }, async () => {
  await using world = await start({ plugins: ['reminder'] });
  const ann = world.user('ann');
  await ann.says('!remind 1h30m tea is ready');
  await ann.tells('bot', '!remind 1d coffee');
  await world.expect([
    'ann: !remind 1h30m tea is ready',
    'bot: ann, I shall remind you in 1h30m (number 1).',
    'ann → bot: !remind 1d coffee',
    'bot → ann: ann, I shall remind you in 1d (number 2).',
  ]);
  await world.pass('89m');
  await world.silence();
  await world.pass('2m');
  await world.expect(['bot: ann, you wanted to be reminded: tea is ready']);
  await world.pass('1d');
  await world.expect(['bot → ann: ann, you wanted to be reminded: coffee']);
  await ann.says('!reminders');
  await world.expect(['ann: !reminders', 'bot: Nothing waits.']);
});

test('lists what waits, and forgets what its owner takes back', { timeout }, async (t) => {
  const on = await stage(t);
  const answer = await reminding(on);
  await answer('!remind 1d2h bread');
  await answer('!remind 45m tea');
  assert.equal(await answer('!reminders'), '1: bread\n2: tea');
  const bob = on.world.member('bob');
  const from = on.world.transcript.length;
  bob.say('!forget 1');
  assert.match(await on.world.next('lab/bot: ', from), /^There is no such reminder/);
  assert.equal(await answer('!forget 1'), 'alice, reminder 1 is forgotten.');
  assert.equal(await answer('!reminders'), '2: tea');
  assert.match(await answer('!remind 1h bread'), /number 1/);
});

test('reminds late of what was missed while it was away, and once', { timeout }, async (t) => {
  const on = await stage(t);
  const answer = await reminding(on);
  await answer('!remind 2h bread');
  await answer('!remind 3d tea');
  await on.runtime.close();
  age(on.dir, 86_400_000);
  const next = await on.start(on.bot);
  await next.load('reminder');
  const line = 'lab/bot: alice, you wanted to be reminded: bread (late: I was away)';
  await on.world.heard(line);
  assert.equal(await answer('!reminders'), '2: tea');
  assert.equal(on.world.transcript.filter((said) => said === line).length, 1);
});

test('says how it is written, and sets bounds', { timeout }, async (t) => {
  const on = await stage(t);
  const answer = await reminding(on);
  for (const line of [
    '!remind',
    '!remind tea',
    '!remind 10 tea',
    '!remind 0s tea',
    '!remind 10m',
    '!remind 366d tea',
    '!remind 9999999999s tea',
    `!remind 10m ${'tea '.repeat(200)}`,
  ]) {
    assert.match(
      await answer(line),
      /Write it like !remind <when> <what…>, such as !remind 1h30m tea\./,
      line,
    );
  }
  assert.match(await answer('!forget 1'), /^There is no such reminder/);
  for (const line of ['!forget', '!forget __proto__', `!forget ${'9'.repeat(300)}`]) {
    assert.match(await answer(line), /Write it like !forget <number>, such as !forget 1\.$/, line);
  }
  for (let number = 1; number <= 20; number++) {
    assert.match(await answer('!remind 10m tea'), new RegExp(`number ${number}\\)`));
  }
  assert.match(await answer('!remind 10m tea'), /20 reminders wait already/);
});
