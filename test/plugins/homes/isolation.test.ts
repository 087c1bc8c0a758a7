import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage } from '../../../core/client-api.ts';
import type { PluginStatus } from '../../../plugins/index.ts';
import { usageOf } from '../../../plugins/patience.ts';
import { type Stage, stage } from '../world.ts';

const timeout = 60_000;

const own = { manifest: `isolation: 'process', dispose() { console.log('bye'); },` };

const failing = `import { definePlugin } from 'banter/plugins';
export default definePlugin({
  id: 'apart', version: '2.0.0', permissions: ['message.read', 'message.send'], isolation: 'process',
  async setup(ctx) { throw new Error('not this time'); },
});`;

/** Answers `ping` with its name, also to what comes again after a death. */
const answering = (name: string): string =>
  `ctx.on('message', { includeRecovered: true }, async (m) => {
     if (m.text.startsWith('ping')) await m.reply('${name}' + m.text.slice(4));
   });`;

const stateOf = ({ runtime }: Stage, id: string): PluginStatus | undefined =>
  runtime.list().find((status) => status.id === id);

test('a plugin that asks for a process of its own', { timeout }, async (t) => {
  const on = await stage(t);
  const { alice, bot, world, runtime, logs, plug, logged } = on;
  await plug('one', answering('one'));
  const shared = runtime.hostPid ?? 0;
  const permissions = ['message.read', 'message.send', 'message.change', 'storage', 'schedule'];
  const loaded = await plug(
    'apart',
    `${answering('apart')}
     ctx.use('receive', (m) => m.text.endsWith('?') ? { text: m.text + '!' } : undefined);
     await ctx.schedule.every('tick', '1h', () => undefined);
     const count = await ctx.storage.update('lives', (lives = 0) => lives + 1);
     ctx.log.info('life', count);`,
    { permissions, ...own },
  );
  const pidOfOwn = (): number => runtime.hostPids.find((pid) => pid !== runtime.hostPid) ?? 0;
  let ping = 0;
  const bothAnswer = async (): Promise<void> => {
    ping += 1;
    alice.say(`ping ${ping}`);
    await world.heard(`lab/bot: one ${ping}`);
    await world.heard(`lab/bot: apart ${ping}`);
  };

  await t.test('has one, and does there what others do', async () => {
    assert.equal(loaded.isolation, 'process');
    assert.equal(stateOf(on, 'one')?.isolation, 'shared');
    assert.deepEqual([runtime.hostPids.length, runtime.hostPid], [2, shared]);
    await logged(/^life 1$/);
    const shown: string[] = [];
    bot.on('messageReceived', ({ text }: ChatMessage) => void shown.push(text));
    alice.say('really?');
    await bothAnswer();
    assert.deepEqual(shown, ['really?!', 'ping 1']);
    const { rssBytes = 0 } = await usageOf(pidOfOwn());
    assert.ok(rssBytes < 100 * 2 ** 20, `${Math.round(rssBytes / 2 ** 20)} MB`);
  });

  await t.test('comes back with its state, and its death touches no other plugin', async () => {
    process.kill(pidOfOwn(), 'SIGKILL');
    await logged(/^life 2$/);
    await bothAnswer();
    assert.deepEqual(
      logs.filter(({ text }) => /is started again/.test(text)).map(({ plugin }) => plugin),
      ['apart'],
    );
    assert.equal(runtime.hostPid, shared);
  });

  await t.test('goes on when the others die', async () => {
    const before = pidOfOwn();
    logs.length = 0;
    process.kill(shared, 'SIGKILL');
    await logged(/is started again/);
    await bothAnswer();
    assert.deepEqual(
      logs.map(({ plugin }) => plugin),
      ['one'],
    );
    assert.equal(pidOfOwn(), before);
  });

  await t.test('is replaced by a version in another process, once that is set up', async () => {
    const before = pidOfOwn();
    await on.write('apart.ts', 'nonsense(');
    await assert.rejects(runtime.reload('apart'), { code: 'PLUGIN_INVALID' });
    await on.write('apart.ts', failing);
    await assert.rejects(runtime.reload('apart'), /not this time/);
    await bothAnswer();
    assert.equal(pidOfOwn(), before);
    await on.write('apart.ts', failing.replace(/throw [^;]*;/, answering('apart')));
    assert.equal((await runtime.reload('apart')).isolation, 'process');
    await bothAnswer();
    await logged(/bye/);
    assert.notEqual(pidOfOwn(), before);
  });

  await t.test('takes its process along when it is unloaded', async () => {
    const pid = pidOfOwn();
    await runtime.unload('apart');
    assert.deepEqual(
      [stateOf(on, 'apart')?.state, runtime.hostPids],
      ['stopped', [runtime.hostPid]],
    );
    while ((await usageOf(pid)).cpuMs !== undefined) await new Promise(setImmediate);
  });
});
