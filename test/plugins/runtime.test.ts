import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginRuntime } from '../../plugins/index.ts';
import { sibling, stage, World } from './world.ts';

const timeout = 60_000;

test('a plugin answers what it hears, in the group and privately', { timeout }, async (t) => {
  const { plug, alice, world } = await stage(t);
  const status = await plug(
    'echo',
    `${sibling} ctx.on('private', (m) => m.reply('you said ' + m.text));`,
  );
  assert.equal(status.state, 'running');
  alice.say('ping 1');
  await world.heard('lab/bot: pong 1');
  await alice.send('bot', 'psst');
  await world.heard('bot→alice: you said psst');
});

test('every event reaches its listener with its values, in order', { timeout }, async (t) => {
  const { plug, alice, bot, world, logs, logged } = await stage(t);
  await plug(
    'watcher',
    `for (const event of ['message', 'private', 'joined', 'left', 'removed', 'gap', 'connected', 'disconnected'])
       ctx.on(event, ({ type, reply, mid, ...rest }) => ctx.log.info(event, rest));`,
  );
  await logged(/connected/);
  world.member('carol');
  alice.say('hello');
  bot.emit('memberLeft', { group: 'lab', name: 'carol', reason: 'left' });
  bot.emit('gapFound', 'lab', 3);
  bot.emit('gapFound', 'lab', undefined);
  bot.emit('groupLost', 'lab', 'forgotten');
  bot.emit('disconnected', 'silence');
  bot.emit('reconnected');
  await alice.send('bot', 'psst');
  await logged(/private/);
  assert.deepEqual(
    logs.map(({ text }) => text),
    [
      'connected {}',
      'joined {"group":"lab","name":"carol","bot":false}',
      'message {"group":"lab","from":"alice","text":"hello","seq":1,"logId":"0000000000000001","sentAtMs":0,"bot":false,"hops":0,"recovered":false}',
      'left {"group":"lab","name":"carol","reason":"left"}',
      'gap {"group":"lab","count":3}',
      'gap {"group":"lab"}',
      'removed {"group":"lab","reason":"forgotten"}',
      'disconnected {"reason":"silence"}',
      'connected {}',
      'private {"from":"alice","text":"psst","sentAtMs":0,"bot":false,"hops":0,"heldBack":false,"kept":false}',
    ],
  );
});

test('bots, recovered messages and other senders are heard only by who asks for them', {
  timeout,
}, async (t) => {
  const { plug, alice, world, logs, logged } = await stage(t);
  const robot = world.member('robot', true);
  await plug(
    'picky',
    `const tell = (name) => (m) => ctx.log.info(name, m.text);
     ctx.on('message', tell('plain'));
     ctx.on('message', { includeBots: true }, tell('bots'));
     ctx.on('message', { includeRecovered: true }, tell('recovered'));
     ctx.on('message', { from: 'robot', includeBots: true }, tell('robot'));
     ctx.on('message', { group: 'elsewhere' }, tell('elsewhere'));
     ctx.hear(/./, (match, m) => tell('hear')(m));`,
  );
  robot.say('1');
  alice.say('2', { recovered: true });
  alice.say('3');
  alice.say('4', { group: 'elsewhere' });
  await logged(/elsewhere/);
  await logged(/hear 4/);
  assert.deepEqual(
    logs.map(({ text }) => text),
    ['bots 1', 'robot 1', 'recovered 2', 'plain 3', 'bots 3', 'recovered 3', 'hear 3'].concat([
      'plain 4',
      'bots 4',
      'recovered 4',
      'elsewhere 4',
      'hear 4',
    ]),
  );
});

test('a private message that was kept while the client was away is heard by who asks for it, and answered by nobody else', {
  timeout,
}, async (t) => {
  const { plug, alice, logs, logged } = await stage(t);
  await plug(
    'late',
    `const tell = (name) => (m) => ctx.log.info(name, m.text, m.kept);
     ctx.on('private', tell('plain'));
     ctx.on('private', { includeRecovered: true }, tell('kept'));
     ctx.hear(/./, (match, m) => tell('hear')(m));
     ctx.command({ name: 'now', description: 'Says now.' }, () => ctx.log.info('command'));`,
  );
  alice.leave('bot', 'yesterday');
  alice.leave('bot', '!now');
  await alice.send('bot', 'today');
  await logged(/hear today/);
  assert.deepEqual(
    logs.map(({ text }) => text),
    [
      'kept yesterday true',
      'kept !now true',
      'plain today false',
      'kept today false',
      'hear today false',
    ],
  );
});

test('an answer has one hop more than its message, and none is given to a message of seven', {
  timeout,
}, async (t) => {
  const { plug, alice, world, logged } = await stage(t);
  await plug(
    'hopper',
    `${sibling} ctx.on('message', (m) => { if (m.text === 'send') ctx.send({ group: m.group }, 'sent'); });`,
  );
  alice.say('ping 2', { hops: 2 });
  await world.heard('lab/bot: pong 2');
  assert.equal(world.hops.at(-1), 3);
  alice.say('send', { hops: 4 });
  await world.heard('lab/bot: sent');
  assert.equal(world.hops.at(-1), 5);
  alice.say('ping 7', { hops: 7 });
  await logged(/sendGroup refused: the message has passed 7 bots already/);
  assert.ok(!world.transcript.includes('lab/bot: pong 7'));
});

test('two bots with the same plugin do not answer each other', { timeout }, async (t) => {
  const world = new World();
  const alice = world.member('alice');
  for (const name of ['one', 'two']) {
    const runtime = await PluginRuntime.start({ client: world.member(name, true) });
    t.after(() => runtime.close());
    await runtime.load('auto-reply', { rules: [{ pattern: 'hello', reply: 'hello $from' }] });
  }
  alice.say('hello');
  await world.heard('lab/one: hello alice');
  await world.heard('lab/two: hello alice');
  alice.say('hello again');
  await world.heard('lab/two: hello alice');
  assert.ok(world.transcript.every((line) => !/hello (one|two)/.test(line)));
});

test('the same command in two plugins fails the second load', { timeout }, async (t) => {
  const { plug, runtime } = await stage(t);
  const command = `ctx.command({ name: 'roll', description: '' }, () => '4');`;
  await plug('first', command);
  await assert.rejects(plug('second', command), {
    code: 'PLUGIN_FAILED',
    message: 'second: its command "roll" is already that of first',
  });
  await assert.rejects(plug('first', command), {
    code: 'PLUGIN_INVALID',
    message: /loaded already/,
  });
  assert.equal(runtime.list().length, 1);
});

test('settings override defaults, and a wrong one is refused by name', { timeout }, async (t) => {
  const { plug, logged } = await stage(t);
  const manifest = `config: { word: { type: 'string', default: 'a' }, list: { type: 'array', default: [1] } },`;
  await plug('set', 'ctx.log.info(ctx.me, ctx.config);', { manifest, config: { word: 'b' } });
  assert.equal((await logged(/word/)).text, 'bot {"word":"b","list":[1]}');
  await assert.rejects(plug('set2', '', { manifest, config: { wrod: 'b' } }), {
    code: 'OPTION_INVALID',
    message: 'set2: unknown setting "wrod"; there are: word, list',
  });
  await assert.rejects(plug('set3', '', { manifest, config: { list: 'b' } }), {
    code: 'OPTION_INVALID',
    message: 'set3: setting list: must be of type array, not string',
  });
});

test('what the manifest does not permit is refused outside the isolate and told the plugin', {
  timeout,
}, async (t) => {
  const { plug, alice, world, logged, runtime } = await stage(t);
  const attempt = (call: string): string =>
    `await ${call}.then(() => ctx.log.info('done'), (e) => ctx.log.info('caught', e.code));`;
  await plug(
    'modest',
    `ctx.on('message', async (m) => {
       ${attempt(`m.reply('reply')`)} ${attempt(`ctx.send({ to: 'alice' }, 'send')`)} ${attempt(`ctx.file.append('line')`)}
       ctx.log.info('over');
     });`,
    { permissions: ['message.read'] },
  );
  alice.say('hello');
  await logged(/over/);
  await logged(/^sendGroup refused: sendGroup needs the permission "message.send"/);
  await logged(/^sendPrivate refused: .*"private.send"/);
  await logged(/^append refused: .*"file.append"/);
  await logged(/^caught PERMISSION_DENIED$/);
  assert.deepEqual(world.transcript, ['lab/alice: hello']);
  assert.equal(runtime.list()[0]?.counters.refused, 3);
});

test('without permission to read nothing is told, even to a listener that was smuggled in', {
  timeout,
}, async (t) => {
  const { plug, alice, runtime, logged } = await stage(t);
  await plug('blind', `ctx.on('connected', () => ctx.log.info('up'));`, { permissions: [] });
  await logged(/up/);
  alice.say('secret');
  await alice.send('bot', 'secret');
  await assert.rejects(plug('smuggler', `ctx.on('message', () => {});`, { permissions: [] }), {
    code: 'PLUGIN_FAILED',
    message:
      /^smuggler: Error: ctx.on\("message"\) needs the permission "message.read" in the manifest \(smuggler.ts:6:\d+\)$/,
  });
  assert.equal(runtime.list()[0]?.counters.events, 0);
});

test('an error of a listener is logged with the line of the author', { timeout }, async (t) => {
  const { runtime, write, alice, logged } = await stage(t);
  const file = await write(
    'buggy.ts',
    `import { definePlugin } from 'banter/plugins';
interface Unused { readonly x: number }
export default definePlugin({ id: 'buggy', version: '1.0.0', permissions: ['message.read'], setup(ctx) {
  ctx.on('message', (m): void => {
    const nothing: string | undefined = undefined;
    nothing!.length;
  });
} });`,
  );
  await runtime.load(file);
  alice.say('hello');
  const { text, level, plugin } = await logged(/TypeError/);
  assert.match(
    text,
    /^on message: TypeError: Cannot read properties of undefined .*\(buggy\.ts:6:\d+\)$/,
  );
  assert.deepEqual([level, plugin], ['error', 'buggy']);
});

test('plugins share one process, and nothing in it', { timeout }, async (t) => {
  const { plug, runtime, alice, world } = await stage(t);
  await plug(
    'first',
    `globalThis.secret = 'tea'; Object.prototype.secret = 'tea';
     ${sibling}`,
  );
  await plug(
    'second',
    `ctx.hear(/^look/, () => [typeof globalThis.secret, typeof {}.secret].join(' '));`,
  );
  alice.say('look');
  await world.heard('lab/bot: undefined undefined');
  alice.say('ping');
  await world.heard('lab/bot: pong');
  assert.deepEqual(runtime.hostPids, [runtime.hostPid]);
});

test('a killed child comes back with all its plugins', { timeout }, async (t) => {
  const { plug, alice, world, runtime, logged } = await stage(t);
  await plug('one', sibling.replaceAll('pong', 'one'));
  await plug('two', sibling.replaceAll('pong', 'two'));
  alice.say('ping 1');
  await world.heard('lab/bot: two 1');
  await world.heard('lab/bot: one 1');
  process.kill(runtime.hostPid ?? 0, 'SIGKILL');
  await logged(/is started again: the plugin process died \(ended with SIGKILL\)/);
  alice.say('ping 2');
  await world.heard('lab/bot: one 2');
  await world.heard('lab/bot: two 2');
  assert.deepEqual(
    runtime.list().map(({ state }) => state),
    ['running', 'running'],
  );
});

test('what was being handled when the child died comes again as recovered', {
  timeout,
}, async (t) => {
  const { plug, alice, runtime, logged } = await stage(t);
  await plug(
    'careful',
    `ctx.on('connected', () => ctx.log.info('up'));
     ctx.on('message', { includeRecovered: true }, (m) => ctx.log.info(m.text, m.recovered));`,
  );
  await logged(/up/);
  // The message goes to the child in this turn of the loop, and is not answered: however slow we are, it does not run.
  process.kill(runtime.hostPid ?? 0, 'SIGSTOP');
  alice.say('important');
  await new Promise((resolve) => setImmediate(resolve));
  process.kill(runtime.hostPid ?? 0, 'SIGKILL');
  assert.equal((await logged(/important/)).text, 'important true');
});

test('unloading calls dispose and stops the plugin; loading replaces it', {
  timeout,
}, async (t) => {
  const { plug, alice, world, runtime, logged } = await stage(t);
  await plug('passing', sibling, { manifest: `dispose() { console.log('bye'); },` });
  await runtime.unload('passing');
  await logged(/bye/);
  assert.equal(runtime.list()[0]?.state, 'stopped');
  await assert.rejects(runtime.unload('nobody'), { code: 'OPTION_INVALID' });
  await plug('passing', sibling);
  assert.equal(runtime.list().length, 1);
  alice.say('ping');
  await world.heard('lab/bot: pong');
});

test('a quarantined plugin can be loaded again', { timeout }, async (t) => {
  const { plug, alice, world, runtime, quarantined } = await stage(t);
  await plug('weak', `ctx.on('message', () => { for (;;); });`);
  alice.say('attack');
  await quarantined('weak');
  await plug('weak', sibling);
  alice.say('ping');
  await world.heard('lab/bot: pong');
  assert.equal(runtime.list().length, 1);
});

test('closing leaves no process and refuses further loads', { timeout }, async (t) => {
  const { plug, runtime } = await stage(t);
  await plug('one', sibling);
  const pid = runtime.hostPid ?? 0;
  await runtime.close();
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  await assert.rejects(plug('two', sibling), { code: 'CLOSED' });
  await runtime.close();
});

test('closing during a load rejects it and leaves no process', { timeout }, async (t) => {
  const { plug, runtime } = await stage(t);
  const loading = assert.rejects(plug('one', sibling), /one|closed/);
  await runtime.close();
  await loading;
  assert.equal(runtime.hostPid, undefined);
});

test('an unknown name is refused with the names there are', { timeout }, async (t) => {
  const { runtime } = await stage(t);
  await assert.rejects(runtime.load('nonsense'), {
    code: 'PLUGIN_INVALID',
    message:
      /there is no plugin "nonsense"; built in are auto-reply, bouncer, dice, greeter, logger, moderation, poll, reminder,/,
  });
});
