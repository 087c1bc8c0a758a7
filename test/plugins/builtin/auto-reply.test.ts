import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../../../plugins/testing.ts';
import { stage } from '../world.ts';

const timeout = 60_000;

test('answers by the first rule that matches, with groups and the sender filled in', {
  timeout,
}, async () => {
  const rules = [
    { pattern: '^my name is (\\w+)', reply: 'hello $1 alias $from, that is $$1$2' },
    { pattern: 'name', reply: 'what name?' },
    { pattern: 'secret', reply: 'not here', in: 'group' },
    { pattern: 'secret', reply: 'psst', in: 'private' },
    { pattern: 'CASE', flags: 'g', reply: 'loud' },
  ];
  await using world = await start({ plugins: [{ plugin: 'auto-reply', config: { rules } }] });
  const ann = world.user('ann');
  for (const line of ['My name is Ann', 'a name', 'a secret', 'case', 'CASE']) await ann.says(line);
  await ann.tells('bot', 'a secret');
  await world.expect([
    'ann: My name is Ann',
    'bot: hello Ann alias ann, that is $1',
    'ann: a name',
    'bot: what name?',
    'ann: a secret',
    'bot: not here',
    'ann: case',
    'ann: CASE',
    'bot: loud',
    'ann → bot: a secret',
    'bot → ann: psst',
  ]);
});

test('does not answer what was said and left while it was away', { timeout }, async () => {
  const config = { rules: [{ pattern: 'hi', reply: 'hello' }] };
  await using world = await start({ plugins: [{ plugin: 'auto-reply', config }] });
  await world.user('ann').joins();
  await world.bot().disconnect();
  await world.user('ann').says('hi?');
  await world.user('ann').tells('bot', 'hi, yesterday');
  await world.bot().reconnect();
  await world.expect(['ann: hi?', 'ann → bot (kept): hi, yesterday']);
  await world.user('ann').tells('bot', 'hi');
  await world.expect(['ann → bot: hi', 'bot → ann: hello']);
});

test('lists its rules on request', { timeout }, async (t) => {
  const { runtime, alice, world } = await stage(t);
  await runtime.load('auto-reply');
  alice.say('!rules');
  await world.heard('lab/bot: There are no rules.');
  await runtime.unload('auto-reply');
  await runtime.load('auto-reply', { rules: [{ pattern: 'hi', reply: 'hello' }] });
  await alice.send('bot', '!rules');
  await world.heard('bot→alice: /hi/iu → hello');
});

test('a rule that is no expression fails the load by its number', { timeout }, async (t) => {
  const { runtime } = await stage(t);
  const rules = [
    { pattern: 'fine', reply: '' },
    { pattern: '(', reply: '' },
  ];
  await assert.rejects(runtime.load('auto-reply', { rules }), {
    code: 'PLUGIN_FAILED',
    message: /^auto-reply: SyntaxError: rule 2: Invalid regular expression/,
  });
});

test('a rule that backtracks for ever ends the plugin, not the chat', { timeout }, async (t) => {
  const { runtime, alice, quarantined } = await stage(t);
  await runtime.load('auto-reply', { rules: [{ pattern: '^(a+)+$', reply: 'a' }] });
  alice.say(`${'a'.repeat(40)}!`);
  assert.match((await quarantined('auto-reply')).reason, /did not give way/);
});
