import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginRuntime } from '../../plugins/index.ts';
import { type Stage, sharedStage, stage } from './world.ts';

const timeout = 60_000;

const shared = sharedStage();

/** Says something, and resolves with what the bot says next in the group. */
function asking({ world, alice }: Stage, who: { say(text: string): void } = alice) {
  return (line: string): Promise<string> => {
    const from = world.transcript.length;
    who.say(line);
    return world.next('lab/bot: ', from);
  };
}

test('a command gets its arguments by their types, in the group and privately', {
  timeout,
}, async (t) => {
  const on = await shared(t);
  const ask = asking(on);
  const { commands } = await on.plug(
    'dice',
    `ctx.command({ name: 'roll', aliases: ['r'], description: 'Rolls.', example: '!roll 20',
       args: [{ name: 'sides', type: 'integer', min: 2, max: 100, default: 6 }, { name: 'why', type: 'rest', optional: true }] },
       async ({ args, rest }) => {
         const sides: number = args.sides; const why: string | undefined = args.why;
         return JSON.stringify([sides, why, rest]);
       });`,
  );
  assert.equal(commands[0]?.name, 'roll');
  assert.equal(await ask('!roll  20   for  tea '), '[20,"for  tea","20   for  tea"]');
  assert.equal(await ask('!R'), '[6,null,""]');
  assert.equal(
    await ask('!roll many'),
    'sides must be a whole number from 2 to 100, not "many". Write it like !roll [sides] [why…], such as !roll 20.',
  );
  await on.alice.send('bot', '!roll 3');
  await on.world.heard('bot→alice: [3,null,"3"]');
});

test('who may give a command: moderators, the owner, operators, people by name', {
  timeout,
}, async (t) => {
  const on = await shared(t);
  const { bot, world, plug, alice } = on;
  await plug(
    'strict',
    `for (const [name, permission] of [['mod', 'moderator'], ['own', 'owner'], ['op', 'operator'], ['bobs', ['Bob']]])
       ctx.command({ name, description: '', permission }, () => name + ' done');`,
  );
  const bob = world.member('bob');
  bot.roles.set('bob', 'moderator');
  const [asAlice, asBob] = [asking(on), asking(on, bob)];
  assert.equal(await asAlice('!mod'), 'alice, !mod is for moderators of the group.');
  assert.equal(await asBob('!mod'), 'mod done');
  assert.equal(await asBob('!own'), 'bob, !own is for the owner of the group.');
  assert.equal(await asAlice('!bobs'), 'alice, !bobs is not for you.');
  assert.equal(await asBob('!bobs'), 'bobs done');
  assert.equal(
    await asAlice('!op'),
    'alice, !op is for operators of the server, and I am not told who they are.',
  );
  await alice.send('bot', '!mod');
  await world.heard('bot→alice: alice, give !mod in the group.');
});

test('an owner is a moderator, too, and a client that is an operator knows the others', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  on.bot.roles.set('alice', 'owner');
  on.bot.operators = ['alice'];
  await on.plug(
    'strict',
    `for (const permission of ['moderator', 'owner', 'operator'])
       ctx.command({ name: permission, description: '', permission }, () => permission + ' done');`,
  );
  const ask = asking(on);
  for (const permission of ['moderator', 'owner', 'operator']) {
    assert.equal(await ask(`!${permission}`), `${permission} done`);
  }
});

test('beyond its rate a command is refused, and that is told once', { timeout }, async (t) => {
  const on = await shared(t);
  await on.plug(
    'slow',
    `ctx.command({ name: 'once', description: '', rateLimit: { times: 1, every: '1h' } }, ({ message }) => message.from + ' done');`,
  );
  const ask = asking(on);
  assert.equal(await ask('!once'), 'alice done');
  assert.match(await ask('!once'), /^alice, !once may be given again in 3[56]\d\d s\.$/);
  on.alice.say('!once');
  assert.equal(await asking(on, on.world.member('bob'))('!once'), 'bob done');
  assert.equal(on.world.transcript.filter((line) => line.startsWith('lab/bot')).length, 3);
});

test('a command that wants to be confirmed is done on yes of the same person alone', {
  timeout,
}, async (t) => {
  const on = await shared(t);
  await on.plug(
    'wiper',
    `ctx.command({ name: 'wipe', description: '', confirm: true }, () => 'wiped');
     ctx.hear(/^!yes|nothing/, () => 'heard');`,
  );
  const ask = asking(on);
  const bob = asking(on, on.world.member('bob'));
  const question = 'alice, really !wipe? Answer "!yes wipe" within 30 s.';
  assert.equal(await ask('!wipe'), question);
  assert.equal(await bob('!yes wipe'), 'heard');
  assert.equal(await ask('nothing'), 'heard');
  assert.equal(await ask('!YES Wipe'), 'wiped');
  assert.equal(await ask('!yes wipe'), 'heard');
  assert.equal(await ask('!wipe'), question);
  assert.equal(await ask('!no wipe'), 'alice, !wipe is not done.');
});

test('of several commands that want to be confirmed, yes is said to the one that it names', {
  timeout,
}, async (t) => {
  const on = await shared(t);
  const command = (name: string): string =>
    `ctx.command({ name: '${name}', description: '', confirm: true, args: [{ name: 'what', type: 'rest', optional: true }] },
       ({ args }) => '${name} ' + args.what);`;
  await on.plug('first', command('wipe') + command('sell'));
  await on.plug('second', command('burn'));
  const ask = asking(on);
  assert.equal(await ask('!wipe all'), 'alice, really !wipe all? Answer "!yes wipe" within 30 s.');
  assert.match(await ask('!sell it'), /Answer "!yes sell"/);
  assert.match(await ask('!burn it'), /Answer "!yes burn"/);
  assert.match(await ask('!wipe some'), /really !wipe some\?/);
  on.alice.say('!yes');
  await on.world.heard('lab/bot: Which one? Answer "!yes sell" or "!no sell".');
  await on.world.heard('lab/bot: Which one? Answer "!yes burn" or "!no burn".');
  assert.equal(await ask('!yes burn'), 'burn it');
  assert.equal(await ask('!yes wipe'), 'wipe some');
  assert.equal(await ask('!no sell'), 'alice, !sell is not done.');
  const said = on.world.transcript.join('\n');
  assert.doesNotMatch(said, /bot: wipe all|bot: sell it|wipe is not done/);
});

test('a confirmation that does not come counts as no', { timeout }, async (t) => {
  const on = await shared(t);
  await on.plug(
    'wiper',
    `ctx.command({ name: 'wipe', description: '', confirm: { prompt: 'sure?', timeoutMs: 1000 } }, () => 'wiped');`,
  );
  on.alice.say('!wipe');
  await on.world.heard('lab/bot: alice, sure? Answer "!yes wipe" within 1 s.');
  await on.world.heard('lab/bot: alice, !wipe is not done.');
});

test('two plugins cannot have the same command, nor one the other name of the other', {
  timeout,
}, async (t) => {
  const { plug, runtime } = await stage(t);
  await plug('first', `ctx.command({ name: 'roll', description: '' }, () => '4');`);
  await assert.rejects(
    plug('second', `ctx.command({ name: 'dice', aliases: ['Roll'], description: '' }, () => '4');`),
    { code: 'PLUGIN_FAILED', message: 'second: its command "roll" is already that of first' },
  );
  assert.equal(runtime.list().length, 1);
});

for (const [mistake, message] of [
  [`{ name: 'a', description: '', permission: 'king' }`, /needs|permission is everyone/],
  [`{ name: 'a', description: '', aliases: ['A'] }`, /"a" is there already/],
  [`{ name: 'a', description: '', confirm: { timeoutMs: 1 } }`, /timeoutMs is 1000 to 600000/],
  [`{ name: 'a', description: '', rateLimit: { times: 1, every: '9y' } }`, /an interval is/],
  [`{ name: 'a', description: '', args: [{ name: 'x', type: 'date' }] }`, /has no type/],
] as const) {
  test(`a command is refused in setup: ${mistake}`, { timeout }, async (t) => {
    const { plug } = await shared(t);
    await assert.rejects(plug('wrong', `ctx.command(${mistake}, () => '');`), {
      code: 'PLUGIN_FAILED',
      message,
    });
  });
}

test('a bot answers !help for all of its plugins, briefly and about one command', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const carol = on.world.member('carol', true);
  const runtime = await PluginRuntime.start({ client: carol, answersHelp: true });
  t.after(() => runtime.close());
  await runtime.load('dice');
  await runtime.load('poll');
  const from = on.world.transcript.length;
  on.alice.say('!help');
  assert.equal(
    await on.world.next('lab/carol: ', from),
    [
      '!roll [dice…]: Rolls dice.',
      '!poll [poll…]: Asks the group, or shows how it stands.',
      '!vote <number>: Votes, or votes anew.',
      '!endpoll: Ends the poll, for whoever began it.',
      '!help <command> tells more about one.',
    ].join('\n'),
  );
  on.alice.say('!help !VOTE');
  await on.world.heard(
    'lab/carol: !vote <number>: Votes, or votes anew.\nnumber: 1…10\nSuch as !vote 2',
  );
  // What may not be heard or answered privately is not listed there.
  await on.alice.send('carol', '!help');
  await on.world.heard(
    'carol→alice: !roll [dice…]: Rolls dice.\n!help <command> tells more about one.',
  );
  await on.alice.send('carol', '!help nonsense');
  await on.world.heard('carol→alice: There is no such command; !help lists them.');
});

test('nobody answers !help who is no bot, to bots, to what was missed, or of nothing', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.plug('dice', `ctx.command({ name: 'roll', description: '' }, () => '4');`);
  const carol = on.world.member('carol', true);
  const runtime = await PluginRuntime.start({ client: carol, answersHelp: true });
  t.after(() => runtime.close());
  on.alice.say('!help');
  await runtime.load('dice');
  on.world.member('robot', true).say('!help');
  on.alice.say('!help', { recovered: true });
  on.alice.say('!help', { hops: 7 });
  on.alice.say('!help nonsense');
  on.alice.say('!helpless');
  on.alice.say('!help me please');
  on.alice.say('!help roll');
  await on.world.next('lab/carol: !roll', 0);
  assert.equal(on.world.transcript.filter((line) => /^lab\/(bot|carol):/.test(line)).length, 1);
});

test('a help of its own is a plugin’s to give', { timeout }, async (t) => {
  const on = await stage(t);
  const carol = on.world.member('carol', true);
  const runtime = await PluginRuntime.start({ client: carol, answersHelp: true });
  t.after(() => runtime.close());
  const file = await on.write(
    'helper.ts',
    `import { definePlugin } from 'banter/plugins';
export default definePlugin({ id: 'helper', version: '1.0.0', permissions: ['message.read', 'message.send'],
  setup(ctx) { ctx.command({ name: 'help', description: '' }, () => 'my own'); } });`,
  );
  await runtime.load(file);
  on.alice.say('!help');
  await on.world.heard('lab/carol: my own');
  assert.equal(on.world.transcript.length, 2);
});
