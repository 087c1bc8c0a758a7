import assert from 'node:assert/strict';
import { test } from 'node:test';
import { may, patient, shownTo } from './hooks-fixture.ts';
import { stage } from './world.ts';

const timeout = 60_000;

test('a hook changes what is received, for the person and for every plugin', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const shown = shownTo(on.bot);
  await on.plug('ears', `ctx.on('message', (m) => ctx.log.info('heard ' + m.text));`);
  await on.plug(
    'shout',
    `ctx.use('receive', ${patient}, (m) => ({ text: m.text.toUpperCase() }));`,
    { permissions: may },
  );
  on.alice.say('hello');
  await shown.until('HELLO');
  assert.equal((await on.logged(/^heard/)).text, 'heard HELLO');
  assert.deepEqual(shown.texts, ['HELLO']);
});

test('hooks are asked in the order of loading, each about what the one before has left', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const shown = shownTo(on.bot);
  for (const id of ['one', 'two', 'three']) {
    await on.plug(
      id,
      `ctx.use('receive', ${patient}, async (m) => {
         if ('${id}' === 'two') return m.text.includes('pass') ? undefined : { stop: 'because' };
         return { text: m.text + ' ${id}' };
       });`,
      { permissions: may },
    );
  }
  on.alice.say('pass');
  on.alice.say('stop');
  on.alice.say('pass again');
  await shown.until('pass again one three');
  assert.deepEqual(shown.texts, ['pass one three', 'pass again one three']);
  assert.match(
    (await on.logged(/is not shown/)).text,
    /^a message of #lab is not shown: because \(/,
  );
  const [one, two, three] = on.runtime.list().map(({ counters }) => counters);
  assert.deepEqual([one?.messagesChanged, two?.messagesStopped, three?.hookCalls], [3, 1, 2]);
});

test('messages keep their order, however long each takes in a hook', { timeout }, async (t) => {
  const on = await stage(t);
  const shown = shownTo(on.bot);
  // Each is decided once three more have come.
  await on.plug(
    'slow',
    `const waiting = [];
     ctx.use('receive', ${patient}, (m) => new Promise((resolve) => {
       waiting.push(() => resolve({ text: m.text + '!' }));
       if (waiting.length % 4 === 0) for (const go of waiting.splice(0).reverse()) go();
     }));`,
    { permissions: may },
  );
  const texts = Array.from({ length: 40 }, (_, at) => `text ${at}`);
  for (const text of texts) on.alice.say(text);
  await shown.until('text 39!');
  assert.deepEqual(
    shown.texts,
    texts.map((text) => `${text}!`),
  );
});

test('a hook changes and stops what the person and other plugins send, and not what its own sends', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.plug(
    'censor',
    `ctx.use('send', ${patient}, ({ text, origin }) =>
       text.includes('secret') ? { stop: 'no secrets' } : { text: text + ' (' + (origin || 'person') + ')' });
     ctx.on('message', (m) => m.reply('own'));`,
    { permissions: may },
  );
  await on.plug(
    'echo',
    `ctx.on('message', async (m) => {
       await m.reply('echo').catch(() => undefined);
       await m.reply('secret').catch((error) => ctx.log.info(error.code, error.message));
     });`,
  );
  await on.bot.sendGroup('lab', 'hello');
  await assert.rejects(on.bot.sendGroup('lab', 'a secret'), {
    code: 'STOPPED_BY_PLUGIN',
    message: 'the plugin censor has stopped it: no secrets',
    data: { plugin: 'censor', reason: 'no secrets' },
  });
  on.alice.say('hi');
  await on.world.heard('lab/bot: own');
  await on.world.heard('lab/bot: echo (echo)');
  await on.logged(/^STOPPED_BY_PLUGIN the plugin censor has stopped it: no secrets$/);
  assert.deepEqual(on.world.transcript.toSorted(), [
    'lab/alice: hi',
    'lab/bot: echo (echo)',
    'lab/bot: hello (person)',
    'lab/bot: own',
  ]);
});

test('each permission covers its own kind of messages', { timeout }, async (t) => {
  const on = await stage(t);
  const shown = shownTo(on.bot);
  const use = `ctx.use('receive', ${patient}, (m) => ({ text: m.text + '!' }));
     ctx.use('send', ${patient}, (m) => ({ text: m.text + '!' }));`;
  await on.plug('grouped', use, { permissions: ['message.change'] });
  on.alice.say('group');
  await on.alice.send('bot', 'private');
  await on.bot.send('alice', 'answer');
  await shown.until('private');
  await on.runtime.unload('grouped');
  await on.plug('secretive', use, { permissions: ['private.change'] });
  on.alice.say('group again');
  await on.alice.send('bot', 'private again');
  await on.bot.send('alice', 'answer again');
  await shown.until('private again!');
  assert.deepEqual(shown.texts, ['group!', 'private', 'group again', 'private again!']);
  await on.world.heard('bot→alice: answer');
  await on.world.heard('bot→alice: answer again!');
});

test('without the permission there is no hook, not even a smuggled one', { timeout }, async (t) => {
  const on = await stage(t);
  await assert.rejects(
    on.plug('meek', `ctx.use('receive', () => undefined);`, { permissions: ['message.read'] }),
    {
      code: 'PLUGIN_FAILED',
      message: /ctx\.use\("receive"\) needs the permission "message\.change" or "private\.change"/,
    },
  );
  const shown = shownTo(on.bot);
  // The list that its own isolate looks into is not the manifest that counts.
  await on.plug(
    'smuggler',
    `Array.prototype.some = () => true;
     ctx.use('receive', { onFailure: 'closed' }, () => ({ stop: 'mine' }));`,
    { permissions: ['message.read'] },
  );
  on.alice.say('hello');
  assert.deepEqual(shown.texts, ['hello']);
  assert.equal(on.runtime.list().at(-1)?.counters.refused, 1);
});

test('what is no hook fails the setup, and says so', { timeout }, async (t) => {
  const on = await stage(t);
  for (const [code, message] of [
    [`ctx.use('recieve', () => undefined)`, /there is no such point or hook: recieve/],
    [`ctx.use('receive', 'x')`, /there is no such point or hook: receive/],
    [`ctx.use('receive', { deadlineMs: 5001 }, () => undefined)`, /whole number from 1 to 5000/],
    [`ctx.use('receive', { onFailure: 'ajar' }, () => undefined)`, /"open" or "closed"/],
    [`ctx.use('receive', { deadline: 1 }, () => undefined)`, /no option "deadline"/],
    [`for (let i = 0; i < 17; i++) ctx.use('send', () => undefined)`, /16 hooks already/],
  ] as const) {
    await assert.rejects(on.plug('wrong', code, { permissions: may }), {
      code: 'PLUGIN_FAILED',
      message,
    });
  }
});

test('a hook of one group is not asked about others', { timeout }, async (t) => {
  const on = await stage(t);
  const shown = shownTo(on.bot);
  await on.plug(
    'local',
    `ctx.use('receive', { group: 'den', deadlineMs: 5000 }, (m) => ({ text: m.text + '!' }));`,
    { permissions: may },
  );
  on.alice.say('here');
  on.alice.say('there', { group: 'den' });
  await shown.until('there!');
  assert.deepEqual(shown.texts, ['here', 'there!']);
});

test('without hooks nothing stands in the way of messages', { timeout }, async (t) => {
  const on = await stage(t);
  const shown = shownTo(on.bot);
  await on.plug('ears', `ctx.on('message', () => undefined);`);
  assert.equal(on.bot.passage.isOpen, true);
  on.alice.say('hello');
  assert.deepEqual(shown.texts, ['hello']);
  await on.plug('hook', `ctx.use('send', ${patient}, () => undefined);`, { permissions: may });
  assert.equal(on.bot.passage.isOpen, false);
  await on.runtime.unload('hook');
  assert.equal(on.bot.passage.isOpen, true);
});

test('a hook before its own handlers changes and stops what these are told, and nobody else', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const shown = shownTo(on.bot);
  await on.plug('ears', `ctx.on('message', (m) => ctx.log.info('other ' + m.text));`);
  await on.plug(
    'own',
    `ctx.use('listen', { deadlineMs: 5000 }, async (m) => {
       if (m.text === 'stop') return { stop: 'no' };
       return m.text === 'wait' ? undefined : { text: m.text + '?' };
     });
     ctx.use('listen', { group: 'den' }, () => ({ stop: 'another group' }));
     ctx.on('message', (m) => ctx.log.info('own ' + m.text));
     ctx.hear(/\\?$/, (match, m) => 'heard ' + m.text);`,
  );
  for (const text of ['one', 'stop', 'wait', 'two']) on.alice.say(text);
  await on.world.heard('lab/bot: heard two?');
  await on.loggedTimes(4, /^other/);
  const own = on.logs.filter(({ text }) => text.startsWith('own')).map(({ text }) => text);
  assert.deepEqual(own, ['own one?', 'own wait', 'own two?']);
  assert.deepEqual(shown.texts, ['one', 'stop', 'wait', 'two']);
  const trace = on.runtime.insight.explain({ group: 'lab', seq: 2 });
  assert.ok(
    trace?.steps.some(({ what, reason }) => what === 'hook listen' && reason === 'stopped: no'),
  );
});

test('a flood that a hook can answer is answered to the last message, whatever its deadline', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const shown = shownTo(on.bot);
  await on.plug(
    'mark',
    `ctx.use('receive', { deadlineMs: 5000, onFailure: 'closed' }, (m) => ({ text: m.text + '!' }));`,
    { permissions: may },
  );
  const texts = Array.from({ length: 5000 }, (_, at) => `${at}`);
  for (const text of texts) on.alice.say(text);
  await shown.until('4999!');
  assert.deepEqual(
    shown.texts,
    texts.map((text) => `${text}!`),
  );
});
