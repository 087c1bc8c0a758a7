import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { PluginStatus } from '../../../plugins/index.ts';
import { type Stage, stage } from '../world.ts';
import { ManualClock } from './manual-clock.ts';

const timeout = 60_000;

const permissions = ['message.read', 'message.send', 'storage'];

/** Answers `ping` with its name and how often it was set up, and does this when it is told to. */
const living = (name: string, deed: string): string => `
  const lives = await ctx.storage.update('lives', (n = 0) => n + 1);
  ctx.on('message', { includeRecovered: true }, async (m) => {
    if (m.text === '${name}!') { ${deed} }
    if (m.text.startsWith('ping')) await m.reply('${name}' + m.text.slice(4) + ' ' + lives);
  });`;

const forEver = 'for (;;);';
const unstoppable = '[].includes.call({ length: 2 ** 53 - 1 }, 1);';
const forged = `ctx.use('receive', (m) => {
  if (m.text === 'forger!') Object.prototype.toJSON = () => ({ type: 'nonsense' });
});`;

/** A stage whose time stands still, and whose plugins are tried again. */
async function patientStage(t: TestContext): Promise<{ on: Stage; clock: ManualClock }> {
  const clock = new ManualClock();
  const on = await stage(t, {
    retry: true,
    simulation: { clock, seed: 1, onQuiet: () => undefined },
  });
  return { on, clock };
}

const stateOf = ({ runtime }: Stage, id: string): PluginStatus => {
  const found = runtime.list().find((status) => status.id === id);
  assert.ok(found !== undefined);
  return found;
};

test('a plugin in quarantine for what may pass', { timeout }, async (t) => {
  const { on, clock } = await patientStage(t);
  const { alice, world, runtime, logs, logged, quarantined } = on;
  await on.plug('good', living('good', ''), { permissions });
  await on.plug('weak', living('weak', forEver), { permissions });
  const epochMs = clock.wallClockMs();
  let ping = 0;
  const answers = async (...lives: readonly string[]): Promise<void> => {
    ping += 1;
    alice.say(`ping ${ping}`);
    for (const life of lives) {
      const [name = '', count = ''] = life.split(' ');
      await world.heard(`lab/bot: ${name} ${ping} ${count}`);
    }
  };

  await t.test('is loaded again after a while, with what it keeps, and says so', async () => {
    alice.say('weak!');
    const { recovery } = await quarantined('weak');
    assert.deepEqual(recovery, { tries: 1, triesMax: 8, atMs: epochMs + 5000 });
    await logged(/^is quarantined: it did not give way .*; it is tried again in 5 s$/);
    clock.pass(4999);
    assert.equal(stateOf(on, 'weak').state, 'quarantined');
    clock.pass(1);
    await logged(/^runs again \(try 1 of 8\)$/);
    await answers('weak 2', 'good 1');
    const { state, reason, isolation, recovery: after } = stateOf(on, 'weak');
    assert.deepEqual([state, reason, isolation], ['running', '', 'shared']);
    assert.deepEqual(after, { tries: 1, triesMax: 8 });
    assert.equal(runtime.list()[1]?.id, 'weak');
  });

  await t.test('waits longer the next time, unless somebody reloads it before', async () => {
    alice.say('weak!');
    const { recovery } = await quarantined('weak');
    assert.equal(recovery.atMs, clock.wallClockMs() + 10_000);
    await runtime.reload('weak');
    clock.pass(3_600_000);
    await answers('weak 3', 'good 1');
    assert.deepEqual(stateOf(on, 'weak').recovery, { tries: 0, triesMax: 8 });
    assert.equal(runtime.list().length, 2);
  });

  await t.test(
    'comes back apart where it took the others down, and takes none down again',
    async () => {
      const downs = (): readonly string[] =>
        logs.filter(({ text }) => /is started again/.test(text)).map(({ plugin }) => plugin);
      await on.plug('killer', living('killer', unstoppable), { permissions });
      alice.say('killer!');
      await quarantined('killer');
      await logged(/^is started again: the plugin process died/);
      await answers('good 2');
      const shared = runtime.hostPid;
      clock.pass(5000);
      await logged(/^runs again, in a process of its own \(try 1 of 8\)$/);
      await answers('killer 2', 'good 2');
      assert.equal(stateOf(on, 'killer').isolation, 'process');
      alice.say('killer!');
      await quarantined('killer');
      await answers('good 2');
      assert.deepEqual([downs(), runtime.hostPid], [['good', 'weak'], shared]);
    },
  );

  await t.test('stays away when it is unloaded', async () => {
    await runtime.unload('killer');
    clock.pass(3_600_000);
    await answers('weak 4', 'good 2');
    assert.equal(stateOf(on, 'killer').state, 'stopped');
  });

  await t.test('is left there when what it did cannot pass', async () => {
    await on.plug('forger', forged, { permissions: [...permissions, 'message.change'] });
    alice.say('forger!');
    const { reason, recovery } = await quarantined('forger');
    assert.match(reason, /handed over what is no action/);
    assert.deepEqual(recovery, { tries: 0, triesMax: 8 });
    clock.pass(3_600_000);
    await answers('good 2');
    assert.equal(stateOf(on, 'forger').state, 'quarantined');
  });
});
