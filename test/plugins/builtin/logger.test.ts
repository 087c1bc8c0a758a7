import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Stage, stage } from '../world.ts';

const timeout = 60_000;

/** What the logger wrote, without the times. The file is complete once the runtime is closed. */
async function written({ runtime, dir }: Stage): Promise<readonly unknown[]> {
  await runtime.close();
  const lines = (await readFile(join(dir, 'plugins/logger/logger.log'), 'utf8'))
    .trimEnd()
    .split('\n');
  return lines.map((line) => {
    const { at, mid, ...rest } = JSON.parse(line);
    assert.match(at, /^\d{4}-\d\d-\d\dT/);
    return rest;
  });
}

test('writes what happens as JSON lines, bots and joins included, private messages not', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const { runtime, alice, world, plug } = on;
  await runtime.load('logger');
  await plug('echo', `ctx.on('private', (m) => m.reply('seen'));`);
  const robot = world.member('robot', true);
  robot.say('beep');
  alice.say('two\nlines');
  await alice.send('bot', 'psst');
  await world.heard('bot→alice: seen');
  const message = { type: 'message', group: 'lab', recovered: false };
  assert.deepEqual(await written(on), [
    { type: 'connected' },
    { type: 'joined', group: 'lab', name: 'robot', bot: true },
    { ...message, from: 'robot', text: 'beep', seq: 1, bot: true },
    { ...message, from: 'alice', text: 'two\nlines', seq: 2, bot: false },
  ]);
});

test('writes private messages where that is asked for', { timeout }, async (t) => {
  const on = await stage(t);
  await on.runtime.load('logger', { privateMessages: true });
  await on.plug('echo', `ctx.on('private', (m) => m.reply('seen'));`);
  await on.alice.send('bot', 'psst');
  await on.world.heard('bot→alice: seen');
  assert.deepEqual((await written(on)).at(-1), {
    type: 'private',
    from: 'alice',
    text: 'psst',
    kept: false,
    bot: false,
  });
});
