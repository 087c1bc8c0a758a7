/** The plugin `bouncer`: who floods is put out, once, and whoever is trusted is not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../world.ts';

test('who floods is kicked where that is wished, once for each flood, and who is trusted never', {
  timeout: 60_000,
}, async (t) => {
  const on = await stage(t);
  const settings = { deed: 'kick', messagesMax: 2, seconds: 10, trusted: ['bob'] };
  await on.runtime.load('bouncer', settings);
  const bob = on.world.member('bob');
  const robot = on.world.member('robot', true);
  for (let at = 0; at < 9; at++) bob.say('mine', { sentAtMs: at });
  for (const sentAtMs of [0, 5000, 10_000, 15_000]) on.alice.say('slow', { sentAtMs });
  for (const sentAtMs of [20_000, 20_001, 20_002, 20_003]) robot.say('beep', { sentAtMs });
  for (const sentAtMs of [30_000, 30_001, 30_002]) on.alice.say('fast', { sentAtMs });
  await on.loggedTimes(2, /^kick \w+ in #lab: more than 2 messages in 10 s$/);
  const done = on.world.transcript.filter((line) => line.startsWith('bot: '));
  assert.deepEqual(done, ['bot: kick lab/robot', 'bot: kick lab/alice']);
  const [status] = on.runtime.list();
  assert.equal(status?.counters.moderations, 2);
});
