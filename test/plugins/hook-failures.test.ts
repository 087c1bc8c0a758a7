import assert from 'node:assert/strict';
import { test } from 'node:test';
import { may, mayAll, patient, shownTo } from './hooks-fixture.ts';
import { type Stage, stage } from './world.ts';

const timeout = 60_000;

interface Failure {
  readonly hook: string;
  readonly reason: RegExp;
  readonly deadlineMs: number;
}

async function failing(
  on: Stage,
  id: string,
  onFailure: string,
  { hook, deadlineMs }: Failure,
): Promise<void> {
  const options = `{ deadlineMs: ${deadlineMs}, onFailure: '${onFailure}' }`;
  await on.plug(
    id,
    `ctx.use('receive', ${options}, ${hook}); ctx.use('send', ${options}, ${hook});`,
    {
      permissions: mayAll,
    },
  );
}

/** Only the one that is to be late has little time: a busy machine needs more. */
const failures: Readonly<Record<string, Failure>> = {
  'is late': {
    hook: '() => new Promise(() => undefined)',
    reason: /it took more than 50 ms/,
    deadlineMs: 50,
  },
  throws: {
    hook: `() => { throw new TypeError('bad') }`,
    reason: /it threw TypeError: bad/,
    deadlineMs: 5000,
  },
  'answers nonsense': {
    hook: '() => 42',
    reason: /it returned neither nothing nor/,
    deadlineMs: 5000,
  },
  'makes an empty text': {
    hook: `() => ({ text: '' })`,
    reason: /a text|one of 0 bytes/,
    deadlineMs: 5000,
  },
};

test('a hook that fails open lets messages go on, one that fails closed stops them', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const shown = shownTo(on.bot);
  for (const [name, failure] of Object.entries(failures)) {
    await t.test(`a hook that ${name}`, async () => {
      await failing(on, 'ajar', 'open', failure);
      on.alice.say(`open ${name}`);
      await shown.until(`open ${name}`);
      await on.bot.sendGroup('lab', `sent ${name}`);
      await on.logged(failure.reason);
      await on.runtime.unload('ajar');
      await failing(on, 'shut', 'closed', failure);
      on.alice.say(`closed ${name}`);
      await assert.rejects(on.bot.sendGroup('lab', `not sent ${name}`), {
        code: 'STOPPED_BY_PLUGIN',
        message: new RegExp(
          `the plugin shut has stopped it: its hook has failed: .*${failure.reason.source}`,
        ),
      });
      await on.runtime.unload('shut');
      assert.equal(shown.texts.includes(`closed ${name}`), false);
    });
  }
  on.alice.say('free');
  await shown.until('free');
});

test('a plugin in quarantine leaves a closed hook closed until it is unloaded', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const shown = shownTo(on.bot);
  await on.plug(
    'shut',
    `ctx.use('receive', { deadlineMs: 5000, onFailure: 'closed' }, (m) => { if (m.text === 'loop') for (;;); });`,
    { permissions: may },
  );
  on.alice.say('loop');
  await on.quarantined('shut');
  on.alice.say('lost');
  await on.runtime.unload('shut');
  on.alice.say('free');
  await shown.until('free');
  assert.deepEqual(shown.texts, ['free']);
  assert.equal(on.bot.passage.isOpen, true);
});

test('when the plugin process dies, hooks decide as declared, and work again afterwards', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const shown = shownTo(on.bot);
  await on.plug(
    'open',
    `ctx.use('receive', ${patient}, (m) =>
       m.text === 'wait' ? new Promise(() => undefined) : { text: m.text + '!' });`,
    { permissions: may },
  );
  on.alice.say('first');
  await shown.until('first!');
  on.alice.say('wait');
  on.alice.say('behind');
  process.kill(on.runtime.hostPid ?? 0, 'SIGKILL');
  await shown.until('behind');
  await on.logged(/is started again/);
  on.alice.say('last');
  await shown.until('last!');
  assert.deepEqual(shown.texts, ['first!', 'wait', 'behind', 'last!']);
});

test('a hook before its own handlers that fails is bounded by its deadline, and does as declared', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  for (const [id, onFailure] of [
    ['ajar', 'open'],
    ['shut', 'closed'],
  ]) {
    await on.plug(
      `${id}`,
      `ctx.use('listen', { deadlineMs: 50, onFailure: '${onFailure}' }, (m) => {
         if (m.text === 'late') return new Promise(() => undefined);
         if (m.text === 'throw') throw new Error('bad');
       });
       ctx.on('message', (m) => ctx.log.info('heard ' + m.text));`,
    );
  }
  for (const text of ['late', 'throw', 'last']) on.alice.say(text);
  await on.loggedTimes(2, /^heard last$/);
  const heard = (id: string): readonly string[] =>
    on.logs
      .filter(({ plugin, text }) => plugin === id && text.startsWith('heard'))
      .map(({ text }) => text);
  assert.deepEqual(heard('ajar'), ['heard late', 'heard throw', 'heard last']);
  assert.deepEqual(heard('shut'), ['heard last']);
  await on.logged(/^hook listen: it took more than 50 ms; the message is stopped$/);
  await on.logged(/^hook listen: it threw Error: bad; the message goes on$/);
});
