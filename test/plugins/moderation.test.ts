/** Plugins that moderate: what they were granted, and what their client may, is done; nothing else is. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../../plugins/testing.ts';
import { pluginFile } from './testing/plugin-file.ts';
import { stage } from './world.ts';

const timeout = 60_000;

/** Does what is said: `mute lab eve 5`. */
const warden = `ctx.on('message', async ({ text }) => {
  const [deed, group, name, minutes] = text.split(' ');
  if (!(deed in ctx.moderation)) return;
  const options = { reason: 'because', ...(minutes && { minutes: Number(minutes) }) };
  const { code, type } = await ctx.moderation[deed](group, name, options).catch((error) => error);
  ctx.log.info(deed, group, name, code ?? type);
});`;
const may = ['message.read', 'group.moderate'];

test('what a moderator may do, a plugin of one may; what its client may not, the server refuses it', {
  timeout,
}, async (t) => {
  const plugins = [
    pluginFile(t, 'warden', warden, may),
    { plugin: 'bouncer', config: { messagesMax: 2, minutes: 5, trusted: ['ann'] } },
  ];
  const bots = { bot: { plugins, groups: ['ops'], owns: ['lab'] } };
  await using world = await start({ bots });
  const [ann, eve] = [world.user('ann'), world.user('eve')];
  await eve.joins('ops');
  await eve.joins();
  const told: string[] = [];
  /** What came of it. */
  const order = async (words: string): Promise<string> => {
    const from = world.log.length;
    await ann.says(words);
    // Whom it is done to hears of it.
    await world.pass('1s');
    const line = world.log.slice(from).findLast((each) => each.startsWith('warden: '));
    return line?.split(' ').at(-1) ?? '';
  };
  eve.client.on('groupLost', (group, _reason, removal) => {
    told.push(`out of ${group}: ${removal?.by}, ${removal?.words}`);
  });

  assert.equal(await order('mute lab eve 5'), 'done');
  await assert.rejects(eve.says('hello'), { code: 'MUTED' });
  assert.equal(await order('unmute lab eve'), 'done');
  await eve.says('hello');
  assert.equal(await order('kick lab eve'), 'done');
  assert.deepEqual(told, ['out of lab: bot, because']);
  await eve.joins();
  assert.equal(await order('ban lab eve'), 'done');
  await assert.rejects(eve.joins(), { code: 'BANNED' });
  assert.equal(await order('unban lab eve'), 'done');
  assert.equal(await order('invite lab eve'), 'done');

  assert.equal(await order('kick lab eve'), 'MEMBER_UNKNOWN');
  assert.equal(await order('kick lab nobody'), 'USER_UNKNOWN');
  assert.equal(await order('unban lab eve'), 'BAN_UNKNOWN');
  assert.equal(await order('mute lab eve 1000000'), 'OPTION_INVALID');
  assert.equal(await order('mute ops eve'), 'NOT_ALLOWED');
  assert.equal(await order('mute nowhere eve'), 'NOT_MEMBER');
  assert.equal(world.bot().plugins[0]?.counters.moderations, 6);

  await eve.joins();
  await world.pass('1m');
  for (const words of ['a', 'b', 'c']) await eve.says(words);
  await assert.rejects(eve.says('d'), { code: 'MUTED' });
  assert.ok(world.log.includes('bouncer: mute eve in #lab: more than 2 messages in 10 s'));
  await world.pass('5m');
  await eve.says('e');
});

test('without the permission, in another group than it was granted for, and beyond 30 a minute nothing is done', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const done = (): readonly string[] =>
    on.world.transcript.filter((line) => line.startsWith('bot: '));
  await on.plug('plain', warden, { permissions: ['message.read'] });
  on.alice.say('ban lab eve');
  await on.logged(/^ban lab eve PERMISSION_DENIED$/);
  await on.runtime.unload('plain');

  const limited = await on.write('limited.ts', limitedSource);
  await on.runtime.load(limited, {}, { permissions: ['message.read', 'group.moderate@Lab'] });
  on.alice.say('ban ops eve');
  await on.logged(/^ban ops eve PERMISSION_DENIED$/);
  assert.deepEqual(done(), []);
  on.alice.say('kick LAB eve');
  await on.logged(/^kick LAB eve done$/);
  assert.deepEqual(done(), ['bot: kick LAB/eve']);
  const { steps = [] } = on.runtime.insight.explain() ?? {};
  assert.ok(steps.some(({ what, outcome }) => what === 'kick eve in #LAB' && outcome === 'done'));
  for (let at = 1; at < 31; at++) on.alice.say('mute lab eve');
  await on.loggedTimes(1, /^mute lab eve RATE_LIMITED$/);
  assert.equal(done().length, 30);
  await on.runtime.unload('limited');

  await on.runtime.load(limited, {}, { dryRun: true });
  on.alice.say('kick lab eve');
  await on.logged(/^kick lab eve notDone$/);
  await on.logged(/^dry run, not done: kick eve in #lab: because$/);
  assert.equal(done().length, 30);
});

const limitedSource = `import { definePlugin } from 'banter/plugins';
export default definePlugin({ id: 'limited', version: '1.0.0', permissions: ${JSON.stringify(may)},
  setup(ctx) { ${warden} } });`;
