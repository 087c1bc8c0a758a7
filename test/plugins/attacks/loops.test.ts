/** Attacks on the processor. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sibling, stage } from '../world.ts';
import { Arena, type Attack } from './arena.ts';

const timeout = 60_000;

const slow = /^it did not give way within 250 ms of processor time$/;
const stuck =
  /^it could not be stopped and took the plugin process down$|^it did not give way within 250 ms/;

const attacks: Readonly<Record<string, Attack>> = {
  'an endless loop': { code: 'for (;;);', ends: slow },
  'a storm of microtasks': {
    code: 'const again = () => Promise.resolve().then(again); again();',
    ends: slow,
  },
  'an endless loop of awaits': { code: '(async () => { for (;;) await null; })();', ends: slow },
  'an endless loop after awaiting its own reply': {
    code: '(async () => { await m.reply("now"); for (;;); })();',
    ends: slow,
  },
  'a regular expression that backtracks for ever': {
    code: '/^(a+)+$/.test("a".repeat(40) + "!");',
    ends: slow,
  },
  'a pattern to hear that backtracks for ever': {
    code: 'ctx.hear(/^(?:[a-z]*){200}!$/, () => 0);',
    ends: slow,
  },
  'a pattern to respond to whose matching never ends': {
    code: 'ctx.respond(Object.assign(/x/, { exec() { for (;;); } }), () => 0); ctx.hear(Object.assign(/x/, { exec() { for (;;); } }), () => 0);',
    ends: slow,
  },
  'errors whose message never ends': {
    code: 'throw Object.defineProperty(new Error(), "message", { get() { for (;;); } });',
    ends: slow,
  },
  'a rejection whose stack never ends': {
    code: 'Error.prepareStackTrace = () => { for (;;); }; throw new Error("x");',
    ends: slow,
  },
  'a rejection that nobody handles and whose message never ends': {
    code: 'Promise.reject(Object.defineProperty(new Error(), "message", { get() { for (;;); } }));',
    ends: slow,
  },
  'a return value that is thenable for ever': {
    code: 'return { get then() { for (;;); } };',
    ends: slow,
  },
  'an iterator of all arrays that never ends': {
    code: 'Array.prototype[Symbol.iterator] = () => { for (;;); }; m.reply("now");',
    ends: slow,
  },
  'an iterator of all arrays that throws what never ends': {
    code: `Array.prototype[Symbol.iterator] = () => {
        throw Object.defineProperty(new Error(), 'stack', { get() { for (;;); } });
      }; m.reply('now');`,
    ends: slow,
  },
  'a search that no timer interrupts': {
    code: '[].includes.call({ length: 2 ** 53 - 1 }, 1);',
    ends: stuck,
  },
};

test('loops', { timeout: 120_000 }, async (t) => {
  const arena = await Arena.open(t, attacks);
  for (const [name, attack] of Object.entries(attacks)) {
    await t.test(`${name} ends the plugin, and its sibling still answers`, () =>
      arena.meet(name, attack),
    );
  }
});

/** Each takes a moment, and none nearly as long as a turn may, on whatever machine. */
const burn = `const burn = () => { for (let n = 0; n < 60_000; n++) Math.sqrt(n); };`;

test('little loops without end use up the minute of processor time, and leave the sibling alone', {
  timeout,
}, async (t) => {
  const { plug, alice, world, quarantined, runtime } = await stage(t);
  await plug('good', sibling, { manifest: 'limits: { sendsPerMinute: 600 },' });
  const manifest = 'limits: { cpuMsPerMinute: 200 },';
  // One burns whenever it hears something; one keeps itself busy with what becomes of its own doings.
  await plug('hearing', `ctx.on('message', () => burn());`, { manifest, before: burn });
  const itself = `ctx.on('message', async () => { for (;;) { burn(); await ctx.file.append('x'); } });`;
  await plug('busy', itself, { manifest, before: burn });
  for (let ping = 1; runtime.list().filter(({ state }) => state === 'running').length > 1; ping++) {
    alice.say(`ping ${ping}`);
    await world.heard(`lab/bot: pong ${ping}`);
  }
  for (const id of ['hearing', 'busy']) {
    const { reason, cpuMs } = await quarantined(id);
    const words = /^it used (\d+) ms of processor time within a minute, of 200 that it may use$/;
    const [, used] = words.exec(reason) ?? [];
    assert.ok(Number(used) > 200 && Number(used) < 1000, reason);
    assert.equal(String(cpuMs), used);
  }
  const good = runtime.list().find(({ id }) => id === 'good');
  assert.deepEqual([good?.state, good?.cpuMsPerMinute], ['running', 20_000]);
});

test('a file or a setup that never ends fails the load and leaves the sibling alone', {
  timeout,
}, async (t) => {
  const { plug, alice, world, runtime } = await stage(t);
  await plug('good', sibling);
  await assert.rejects(plug('evil', '', { before: 'for (;;);' }), {
    code: 'PLUGIN_FAILED',
    message: /^evil\.ts: it.* did not give way/,
  });
  await assert.rejects(plug('evil', 'await new Promise(() => {});'), {
    code: 'PLUGIN_FAILED',
    message: 'evil: its setup took more than 5000 ms',
  });
  alice.say('ping after');
  await world.heard('lab/bot: pong after');
  assert.deepEqual(
    runtime.list().map(({ id }) => id),
    ['good'],
  );
});

test('a process that dies of plugins which were replaced meanwhile always comes back', {
  timeout,
}, async (t) => {
  const { plug, alice, world, quarantined, logs, logged, runtime } = await stage(t);
  await plug('good', sibling);
  const isStuck = /could not be stopped/;
  // One death more than the supervisor accepts without an explanation.
  for (let deaths = 0; deaths < 4; deaths++) {
    logs.length = 0;
    await plug('evil', `ctx.on('message', () => (2n ** 40_000_000n).toString());`);
    alice.say('attack');
    const { reason } = await quarantined('evil');
    assert.doesNotMatch(reason, isStuck);
    await plug('evil', '');
    await logged(isStuck);
    await runtime.unload('evil');
  }
  alice.say('ping after');
  await world.heard('lab/bot: pong after');
});
