import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../world.ts';

const timeout = 60_000;

test('greets people who join, and no bots', { timeout }, async (t) => {
  const { runtime, world } = await stage(t);
  await runtime.load('greeter');
  world.member('robot', true);
  world.member('carol');
  await world.heard('lab/bot: Hello, carol! Welcome to lab.');
  assert.equal(world.transcript.length, 1);
});

test('says what is set, in which a name stands for nothing else', { timeout }, async (t) => {
  const { runtime, world } = await stage(t);
  await runtime.load('greeter', { greeting: '$group: $name, $names, $$name' });
  world.member('$group');
  await world.heard('lab/bot: lab: $group, $names, $$group');
});

test('a greeting that says nothing is refused', { timeout }, async (t) => {
  const { runtime } = await stage(t);
  await assert.rejects(runtime.load('greeter', { greeting: '' }), {
    code: 'OPTION_INVALID',
    message: 'greeter: setting greeting: must have at least 1 characters, not 0',
  });
});
