import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../world.ts';

const timeout = 60_000;

test('answers by the first rule that matches, with groups and the sender filled in', {
  timeout,
}, async (t) => {
  const { runtime, alice, world } = await stage(t);
  await runtime.load('auto-reply', {
    rules: [
      { pattern: '^my name is (\\w+)', reply: 'hello $1 alias $from, that is $$1$2' },
      { pattern: 'name', reply: 'what name?' },
      { pattern: 'secret', reply: 'not here', in: 'group' },
      { pattern: 'secret', reply: 'psst', in: 'private' },
      { pattern: 'CASE', flags: 'g', reply: 'loud' },
    ],
  });
  alice.say('My name is Alice');
  await world.heard('lab/bot: hello Alice alias alice, that is $1');
  alice.say('a name');
  await world.heard('lab/bot: what name?');
  alice.say('a secret');
  await world.heard('lab/bot: not here');
  await alice.send('bot', 'a secret');
  await world.heard('bot→alice: psst');
  alice.say('case');
  alice.say('CASE');
  await world.heard('lab/bot: loud');
  assert.equal(world.transcript.filter((line) => line.startsWith('lab/bot')).length, 4);
});

test('does not answer what was left while it was away', { timeout }, async (t) => {
  const { runtime, alice, world } = await stage(t);
  await runtime.load('auto-reply', { rules: [{ pattern: 'hi', reply: 'hello' }] });
  alice.leave('bot', 'hi, yesterday');
  await alice.send('bot', 'hi');
  await world.heard('bot→alice: hello');
  assert.equal(world.transcript.filter((line) => line.startsWith('bot→')).length, 1);
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
