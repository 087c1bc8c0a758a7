import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BanterError } from '../../core/index.ts';
import { PluginDatabase } from '../../plugins/database.ts';
import { type Member, type Stage, stage } from './world.ts';

const timeout = 60_000;

/** Sends under a key whenever somebody says so, and tells the receipt or the error. */
const keyed = `ctx.hear(/^send (\\S+) (.*)/, ([, key, text], { group }) =>
  ctx.send(key === 'private' ? { to: 'alice' } : { group }, text, { idempotencyKey: key })
    .then(({ type, seq, mid }) => ctx.log.info(type, seq, mid), (e) => ctx.log.info(e.code)));`;

const said = ({ world }: Stage, text: string): number =>
  world.transcript.filter((line) => line.endsWith(`: ${text}`) && !line.startsWith('lab/alice'))
    .length;

test('what is sent twice under a key is sent once, and both get the one receipt', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.plug('sender', keyed);
  on.alice.say('send a tea');
  on.alice.say('send a tea');
  on.alice.say('send b tea');
  await on.loggedTimes(3, /^committed/);
  assert.equal(said(on, 'tea'), 2);
  const receipts = on.logs.map(({ text }) => text);
  assert.equal(receipts[0], receipts[1]);
  assert.notEqual(receipts[1], receipts[2]);
});

test('a key is nobody else’s: not another plugin’s, nor another client’s on the same folder', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.plug('one', keyed);
  await on.plug('two', keyed);
  const carol = await on.start(on.world.member('carol', true));
  await carol.load(`${on.dir}/one.ts`);
  on.alice.say('send a tea');
  await on.loggedTimes(3, /^committed/);
  assert.equal(said(on, 'tea'), 3);
});

test('a send that was refused leaves its key free', { timeout }, async (t) => {
  const on = await stage(t);
  await on.plug('sender', keyed);
  const { bot } = on;
  const sendGroup = bot.sendGroup.bind(bot);
  bot.sendGroup = async () => {
    throw new BanterError('NOT_MEMBER', 'not a member');
  };
  on.alice.say('send a tea');
  await on.logged(/^NOT_MEMBER/);
  bot.sendGroup = sendGroup;
  on.alice.say('send a tea');
  await on.logged(/^committed/);
  assert.equal(said(on, 'tea'), 1);
});

test('an answer is not doubled when the process dies over the rest of its handling', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const { runtime, alice, world, logged } = on;
  await on.plug(
    'careful',
    `const first = (await ctx.storage.get('life')) === undefined;
     await ctx.storage.set('life', 1);
     ctx.hear(/^x/, () => 'heard');
     ctx.hear(/^x/, { includeRecovered: true }, () => 'string');
     ctx.on('message', { includeRecovered: true }, async (m) => {
       await m.reply('one'); await m.reply('two');
       ctx.log.info('replied', m.recovered);
       if (first) await new Promise(() => {});
       await m.reply('three');
     });`,
    { permissions: ['message.read', 'message.send', 'storage'] },
  );
  alice.say('x');
  await logged(/^replied false/);
  await world.heard('lab/bot: string');
  process.kill(runtime.hostPid ?? 0, 'SIGKILL');
  await world.heard('lab/bot: three');
  for (const text of ['heard', 'string', 'one', 'two', 'three']) assert.equal(said(on, text), 1);
});

/** A client that dies over a send: before or after the message got its place. */
async function dying(
  t: TestContext,
  line: string,
  when: 'before' | 'after',
): Promise<{ readonly on: Stage; readonly again: () => Promise<void> }> {
  const on = await stage(t);
  const { bot, alice, world, dir } = on;
  const file = await on.plug('sender', keyed);
  const reached = Promise.withResolvers<void>();
  const over = (): Promise<never> => {
    reached.resolve();
    return new Promise(() => undefined);
  };
  const { sendGroup, send } = bot;
  bot.sendGroup = async (group, text, options) => {
    if (when === 'after') await sendGroup.call(bot, group, text, options);
    else await options?.onPrepared?.(world.newMid());
    return over();
  };
  bot.send = over;
  alice.say(line);
  await reached.promise;
  await on.runtime.close();
  Object.assign(bot, { sendGroup, send });
  const next = await on.start(bot as Member);
  await next.load(`${dir}/${file.id}.ts`);
  return {
    on,
    again: async () => {
      on.logs.length = 0;
      alice.say(line);
    },
  };
}

test('what had its place when the client died is found in the history, and not sent again', {
  timeout,
}, async (t) => {
  const { on, again } = await dying(t, 'send a tea', 'after');
  await again();
  assert.equal((await on.logged(/^committed/)).text.split(' ')[1], '2');
  assert.equal(said(on, 'tea'), 1);
});

test('what had no place when the client died is sent', { timeout }, async (t) => {
  const { on, again } = await dying(t, 'send a tea', 'before');
  await again();
  await on.logged(/^committed/);
  assert.equal(said(on, 'tea'), 1);
});

test('of what nobody can know it is said so: a private message, or a group in which much was said since', {
  timeout,
}, async (t) => {
  const whispered = await dying(t, 'send private tea', 'before');
  await whispered.again();
  await whispered.on.logged(/^OUTCOME_UNKNOWN/);
  const { on, again } = await dying(t, 'send a tea', 'before');
  const [first] = on.world.log;
  assert.ok(first !== undefined);
  const sentAtMs = Date.now();
  for (let seq = 2; seq < 1002; seq++)
    on.world.log.push({ ...first, seq, sentAtMs, mid: `${seq}` });
  await again();
  await on.logged(/^OUTCOME_UNKNOWN/);
  assert.equal(said(on, 'tea'), 0);
});

test('the newest 1,000 keys of a plugin are kept', async (t) => {
  const database = new PluginDatabase(undefined);
  t.after(() => database.close());
  const owner = { client: 'bot', plugin: 'p', source: 'file:/p.ts' };
  const other = { ...owner, plugin: 'q' };
  await database.run(({ sent }) => sent.begin(other, 'key', 'm', 0));
  await database.run(({ sent }) => {
    for (let at = 0; at < 1200; at++) sent.begin(owner, `key ${at}`, `${at}`, at);
  });
  const mids = await database.run(({ sent }) =>
    Array.from({ length: 1200 }, (_, at) => sent.find(owner, `key ${at}`)?.mid).filter(Boolean),
  );
  assert.deepEqual([mids.length, mids[0], mids.at(-1)], [1000, '200', '1199']);
  assert.ok(await database.run(({ sent }) => sent.find(other, 'key')));
});

test('a receipt tells when it was delivered, and what is no key is refused', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const { bot, logged } = on;
  const send = bot.send.bind(bot);
  bot.send = async (to, text) => {
    const { mid } = await send(to, text);
    return { type: 'stored', mid, to, durable: false } as never;
  };
  await on.plug(
    'sender',
    `ctx.on('connected', async () => {
       const tell = async (name, receipt) => ctx.log.info(name, (await receipt).type, await (await receipt).delivered());
       await tell('group', ctx.send({ group: 'lab' }, 'x'));
       const stored = await ctx.send({ to: 'alice' }, 'one');
       void tell('later', stored);
       void tell('lost', ctx.send({ to: 'alice' }, 'two'));
       ctx.log.info('mid', stored.mid);
       try { ctx.send({ group: 'lab' }, 'x', { idempotencyKey: '' }); } catch (e) { ctx.log.info(e.name); }
     });`,
  );
  await logged(/^group committed true$/);
  const mid = (await logged(/^mid/)).text.split(' ')[1] ?? '';
  await on.world.heard('bot→alice: two');
  bot.emit('privateMessageDelivered', { mid, to: 'alice' });
  const lost = String(Number(mid) + 1).padStart(32, '0');
  bot.emit('privateMessageLost', { mid: lost, to: 'alice', reason: 'expired' });
  await logged(/^later stored true$/);
  await logged(/^lost stored false$/);
  await logged(/^TypeError$/);
});

test('a plugin reads what was said, page by page and by words, and no more than fits', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  for (let at = 1; at <= 30; at++) on.alice.say(at % 10 === 0 ? `tea ${at}` : `line ${at}`);
  await on.plug(
    'reader',
    `const texts = async (options) => (await ctx.history('lab', options)).map(({ text }) => text).join();
     ctx.log.info(await texts({ limit: 2 }));
     ctx.log.info(await texts({ limit: 2, before: 29 }));
     ctx.log.info(await texts({ query: 'tea' }));
     for (const wrong of [{ limit: 0 }, { limit: 201 }, { before: 0 }, { query: 'x'.repeat(1001) }])
       await texts(wrong).catch((e) => ctx.log.info(e.name));
     ctx.on('message', async () => ctx.log.info('long', (await ctx.history('lab', { limit: 200 })).length));`,
    { permissions: ['history.read', 'message.read'] },
  );
  assert.deepEqual(
    on.logs.map(({ text }) => text),
    ['tea 30,line 29', 'line 28,line 27', 'tea 30,tea 20,tea 10'].concat([
      'RangeError',
      'RangeError',
      'RangeError',
      'TypeError',
    ]),
  );
  for (let at = 0; at < 20; at++) on.alice.say('x'.repeat(60_000));
  await on.logged(/^long 4$/);
});

test('without the permission nothing of the history is read, nor of a group it was not granted for', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  on.alice.say('secret');
  const read = `for (const group of ['lab', 'ops']) ctx.log.info(await ctx.history(group).then((m) => m.length, (e) => e.code));`;
  await on.plug('blind', read, { permissions: ['message.read'] });
  const file = await on.write(
    'half.ts',
    `import { definePlugin } from 'banter/plugins';
export default definePlugin({ id: 'half', version: '1.0.0', permissions: ['history.read'], async setup(ctx) { ${read} } });`,
  );
  await on.runtime.load(file, {}, { permissions: ['history.read@lab'] });
  assert.deepEqual(
    on.logs.filter(({ level }) => level === 'info').map(({ text }) => text),
    ['PERMISSION_DENIED', 'PERMISSION_DENIED', '1', 'PERMISSION_DENIED'],
  );
});
