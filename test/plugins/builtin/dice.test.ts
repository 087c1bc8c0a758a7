import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../world.ts';

const timeout = 60_000;

test('rolls what was asked for, and says how it is written otherwise', { timeout }, async (t) => {
  const { runtime, alice, world } = await stage(t);
  await runtime.load('dice');
  const answer = (line: string): Promise<string> => {
    const from = world.transcript.length;
    alice.say(line);
    return world.next('lab/bot: ', from);
  };
  for (const [line, wanted] of [
    ['!roll', /^alice rolled [1-6]$/],
    ['!roll 20', /^alice rolled \d+ \(([1-6] ){19}[1-6]\)$/],
    ['!roll d2', /^alice rolled [12]$/],
    ['!roll 3d6', /^alice rolled \d+ \([1-6] [1-6] [1-6]\)$/],
    ['!roll 2d6 + 10', /^alice rolled (1[2-9]|2[0-2]) \([1-6] [1-6] \+10\)$/],
    ['!roll 1d2-2', /^alice rolled (-1|0) \([12] -2\)$/],
    ['!roll 100d1000', /^alice rolled \d+ \((\d+ ){99}\d+\)$/],
    ['!roll 101d6', /^Write it like/],
    ['!roll 0d6', /^Write it like/],
    ['!roll 1d1', /^Write it like/],
    ['!roll 1d1001', /^Write it like/],
    ['!roll __proto__', /^Write it like/],
  ] as const) {
    assert.match(await answer(line), wanted, line);
  }
  const [, sum, shown] = /^alice rolled (\d+) \((.*)\)$/.exec(await answer('!roll 9d9')) ?? [];
  const faces = (shown ?? '').split(' ').map(Number);
  assert.equal(
    Number(sum),
    faces.reduce((total, face) => total + face, 0),
  );
});

test('rolls the sides that are set, and for no bot', { timeout }, async (t) => {
  const { runtime, alice, world } = await stage(t);
  const robot = world.member('robot', true);
  await runtime.load('dice', { sides: 2 });
  robot.say('!roll');
  alice.say('!roll');
  assert.match(await world.next('lab/bot: ', 0), /^alice rolled [12]$/);
});
