import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  authority,
  GrantBook,
  Granted,
  inspectPlugin,
  type PermissionAnswer,
  type PermissionQuestion,
  PluginRuntime,
} from '../../plugins/index.ts';
import { type Stage, sibling, stage } from './world.ts';

const timeout = 60_000;

interface Gate extends Stage {
  readonly gated: PluginRuntime;
  readonly book: GrantBook;
  readonly questions: PermissionQuestion[];
  /** Writes a plugin that asks for this. */
  plugin(version: string, permissions: readonly string[], setup?: string): Promise<string>;
}

/** A runtime that asks somebody who always answers the same. */
async function gate(
  t: TestContext,
  answer?: (question: PermissionQuestion) => PermissionAnswer,
): Promise<Gate> {
  const set = await stage(t);
  const book = new GrantBook(join(set.dir, 'plugin-grants.json'));
  const questions: PermissionQuestion[] = [];
  const ask = async (question: PermissionQuestion): Promise<PermissionAnswer> => {
    questions.push(question);
    return answer?.(question) ?? 'no';
  };
  const gated = await PluginRuntime.start({
    client: set.bot,
    dataDir: set.dir,
    onLog: (entry) => set.logs.push(entry),
    authorize: authority({ book, ask: answer && ask }),
  });
  t.after(() => gated.close());
  const plugin = (version: string, permissions: readonly string[], setup = ''): Promise<string> =>
    set.write(
      'gated.ts',
      `import { definePlugin } from 'banter/plugins';
       export default definePlugin({
         id: 'gated', version: '${version}', description: 'Tries.',
         permissions: ${JSON.stringify(permissions)},
         setup(ctx) { ${setup} },
       });`,
    );
  return { ...set, gated, book, questions, plugin };
}

test('what is allowed once is asked no more, and an upgrade asks only for what is new', {
  timeout,
}, async (t) => {
  const { gated, plugin, questions, book } = await gate(t, () => ({}));
  const load = async (version: string, permissions: readonly string[]): Promise<unknown> => {
    const { grants } = await gated.load(await plugin(version, permissions));
    await gated.unload('gated');
    return grants;
  };
  assert.deepEqual(await load('1.0.0', ['message.read']), ['message.read']);
  assert.deepEqual(await load('1.0.0', ['message.read']), ['message.read']);
  assert.deepEqual(await load('1.1.0', ['message.read']), ['message.read']);
  assert.deepEqual(await load('1.2.0', ['message.read', 'storage']), ['message.read', 'storage']);
  assert.deepEqual(
    questions.map(({ version, missing, before }) => [
      version,
      missing.map(({ permission }) => permission),
      before,
    ]),
    [
      ['1.0.0', ['message.read'], undefined],
      ['1.2.0', ['storage'], { version: '1.1.0', grants: ['message.read'] }],
    ],
  );
  assert.deepEqual(
    book.records().map(({ version, granted }) => [version, granted.notation]),
    [['1.2.0', ['message.read', 'storage']]],
  );
});

test('what a version does not ask for is forgotten without a word, and asked for anew later', {
  timeout,
}, async (t) => {
  const { gated, plugin, questions } = await gate(t, () => ({}));
  for (const permissions of [['storage', 'schedule'], ['storage'], ['storage', 'schedule']]) {
    await gated.load(await plugin('1.0.0', permissions));
    await gated.unload('gated');
  }
  assert.deepEqual(
    questions.map(({ missing }) => missing.map(({ permission }) => permission)),
    [['storage', 'schedule'], ['schedule']],
  );
});

test('a plugin that is refused has not run, and is not in the list', { timeout }, async (t) => {
  const { gated, plugin, logs, book } = await gate(t, () => 'no');
  const file = await plugin('1.0.0', ['message.read'], 'ctx.log.info("ran")');
  await assert.rejects(gated.load(file), {
    code: 'PERMISSION_NOT_GRANTED',
    message: 'gated 1.0.0 was not granted what it asks for',
  });
  assert.deepEqual([logs, gated.list(), book.records()], [[], [], []]);
});

test('where nobody can be asked, the error names the command that grants', {
  timeout,
}, async (t) => {
  const { gated, plugin, book } = await gate(t);
  const file = await plugin('1.0.0', ['message.read', 'storage']);
  const { manifest, source } = await inspectPlugin(file);
  await assert.rejects(gated.load(file), {
    code: 'PERMISSION_NOT_GRANTED',
    message: `gated 1.0.0 asks for message.read (reads the messages of your groups and sees who joins and leaves), storage (keeps data of its own in your data folder, up to 4 MB, over restarts); to grant it: banter plugin grant ${file} message.read storage`,
  });
  const granted = Granted.of(['message.read']);
  const key = { plugin: manifest.id, source, version: manifest.version };
  await book.update(key, () => granted);
  await assert.rejects(gated.load(await plugin('2.0.0', ['message.read', 'storage'])), {
    message:
      /^gated 2\.0\.0 asks for more than was granted to 1\.0\.0: storage \(.*\); to grant it: banter plugin grant \S+ storage$/,
  });
});

test('a plugin that is limited to a group neither hears nor says anything elsewhere, though it tries', {
  timeout,
}, async (t) => {
  const { gated, plugin, alice, bot, world, logs } = await gate(t, () => ({
    groups: ['Lab'],
  }));
  const setup = `${sibling}
    for (const event of ['message', 'joined', 'left', 'removed', 'gap'])
      ctx.on(event, ({ group }) => ctx.log.info(event, group));
    ctx.on('connected', () => ctx.send({ group: 'ops' }, 'psst').catch((e) => ctx.log.info(e.code, e.message)));`;
  const { grants } = await gated.load(
    await plugin('1.0.0', ['message.read', 'message.send'], setup),
  );
  assert.deepEqual(grants, ['message.read@Lab', 'message.send@Lab']);
  alice.say('ping in ops', { group: 'ops' });
  bot.emit('memberJoined', { group: 'ops', name: 'carol', bot: false });
  bot.emit('memberLeft', { group: 'ops', name: 'carol', reason: 'left' });
  bot.emit('groupLost', 'ops', 'forgotten');
  bot.emit('gapFound', 'ops', 1);
  alice.say('ping in lab');
  await world.heard('lab/bot: pong in lab');
  bot.emit('gapFound', 'lab', 1);
  const said = (): readonly string[] =>
    logs.flatMap(({ level, text }) => (level === 'info' ? [text] : []));
  while (!said().includes('gap lab')) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(said(), [
    'PERMISSION_DENIED "message.send" is granted for other groups than "ops"',
    'message lab',
    'gap lab',
  ]);
  assert.ok(!world.transcript.some((line) => line.endsWith('psst')));
});

test('what comes with Banter asks nobody', { timeout }, async (t) => {
  const { gated, questions } = await gate(t, () => 'no');
  assert.equal((await gated.load('dice')).state, 'running');
  assert.deepEqual(questions, []);
});

test('permissions that are named when it is loaded count, and must be all that it asks for', {
  timeout,
}, async (t) => {
  const { gated, plugin, questions } = await gate(t, () => ({}));
  const file = await plugin('1.0.0', ['message.read', 'message.send']);
  const named = { permissions: ['message.read@lab', 'message.send', 'storage'] };
  assert.deepEqual((await gated.load(file, {}, named)).grants, [
    'message.read@lab',
    'message.send',
  ]);
  await gated.unload('gated');
  await assert.rejects(gated.load(file, {}, { permissions: ['message.read'] }), {
    code: 'PERMISSION_NOT_GRANTED',
    message: /^gated 1\.0\.0 also asks for message\.send \(/,
  });
  assert.deepEqual(questions, []);
});

test('while a person thinks, the plugin process may die: the question stands, and its answer counts', {
  timeout,
}, async (t) => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<PermissionAnswer>();
  const set = await stage(t);
  let questions = 0;
  const book = new GrantBook(undefined);
  const ask = (): Promise<PermissionAnswer> => {
    questions += 1;
    asked.resolve();
    return answer.promise;
  };
  await using runtime = await PluginRuntime.start({
    client: set.bot,
    authorize: authority({ book, ask }),
  });
  const file = await set.write(
    'slow.ts',
    `import { definePlugin } from 'banter/plugins';
     export default definePlugin({ id: 'slow', version: '1.0.0',
       permissions: ['message.read', 'message.send'], setup(ctx) { ${sibling} } });`,
  );
  const loading = runtime.load(file);
  await asked.promise;
  const first = runtime.hostPid;
  assert.ok(first !== undefined);
  process.kill(first, 'SIGKILL');
  while (runtime.hostPid === first || runtime.hostPid === undefined) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  answer.resolve({});
  assert.equal((await loading).state, 'running');
  set.alice.say('ping 1');
  await set.world.heard('lab/bot: pong 1');
  assert.equal(questions, 1);
});
