import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sibling, stage } from './world.ts';

const timeout = 60_000;

/** What a plugin does on hearing "attack", and the reason for which it must be quarantined. */
const fatal: Readonly<Record<string, readonly [attack: string, reason: RegExp]>> = {
  'an endless loop': ['for (;;);', /did not give way/],
  'a storm of microtasks': [
    'const again = () => Promise.resolve().then(again); again();',
    /did not give way/,
  ],
  'an endless loop of awaits': ['(async () => { for (;;) await null; })();', /did not give way/],
  'an endless loop after awaiting its own reply': [
    '(async () => { await m.reply("now"); for (;;); })();',
    /did not give way/,
  ],
  'a regular expression that backtracks for ever': [
    '/^(a+)+$/.test("a".repeat(40) + "!");',
    /did not give way/,
  ],
  'a builtin that no timer interrupts': [
    '[].includes.call({ length: 2 ** 53 - 1 }, 1);',
    /did not give way/,
  ],
  'an array that grows for ever': [
    'const all = []; for (;;) all.push({ all: [1, 2, 3] });',
    /memory|crashed|did not give way/,
  ],
  'a string that doubles for ever': [
    'let s = "x"; const all = []; for (;;) { s += s; if (s.length > 1e6) { all.push(s.split("")); } }',
    /memory|crashed|did not give way/,
  ],
  'a Map that grows for ever': [
    'const map = new Map(); for (let i = 0; ; i++) map.set(i, i);',
    /memory|crashed|did not give way/,
  ],
  'a huge array at once': [
    'Array.from({ length: 1e8 }, () => ({}));',
    /memory|crashed|did not give way/,
  ],
  'errors whose message never ends': [
    'throw Object.defineProperty(new Error(), "message", { get() { for (;;); } });',
    /did not give way/,
  ],
  'a rejection whose stack never ends': [
    'Error.prepareStackTrace = () => { for (;;); }; throw new Error("x");',
    /did not give way|broke/,
  ],
  'a return value that is thenable for ever': [
    'return { get then() { for (;;); } };',
    /did not give way/,
  ],
  'a flood of sends without end': [
    'for (;;) ctx.send({ group: "lab" }, "spam");',
    /did not give way|memory|crashed/,
  ],
  'a flood of log lines without end': [
    'for (;;) ctx.log.info("spam".repeat(400));',
    /did not give way/,
  ],
};

for (const [name, [attack, reason]] of Object.entries(fatal)) {
  test(`${name} ends the plugin, and its sibling still answers`, { timeout }, async (t) => {
    const { plug, alice, world, quarantined, runtime } = await stage(t);
    await plug('good', sibling);
    await plug('evil', `ctx.on('message', (m) => { if (m.text === 'attack') { ${attack} } });`);
    alice.say('attack');
    const status = await quarantined('evil');
    assert.match(status.reason, reason);
    alice.say('ping after');
    await world.heard('lab/bot: pong after');
    const good = runtime.list().find(({ id }) => id === 'good');
    assert.deepEqual([good?.state, good?.reason], ['running', '']);
  });
}

/** What a plugin may throw on hearing "attack" and live. */
const harmless: Readonly<Record<string, string>> = {
  'more array buffers than there is room for':
    'const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1));',
  'a symbol': 'throw Symbol("s");',
  null: 'throw null;',
  'a revoked proxy': 'const p = Proxy.revocable({}, {}); p.revoke(); throw p.proxy;',
  'a message of megabytes': 'throw new Error("x".repeat(5e6));',
  'an error that cannot be printed': 'throw { toString() { throw 1; }, toJSON() { throw 2; } };',
  'a rejection with undefined': 'return Promise.reject(undefined);',
  'a rejection that nobody handles': 'Promise.reject(new Error("lost"));',
};

test('whatever a listener throws is counted and logged shortly, and the plugin lives', {
  timeout,
}, async (t) => {
  const { plug, alice, world, logs, runtime } = await stage(t);
  const cases = Object.values(harmless).map(
    (attack, index) => `if (m.text === 'attack ${index}') { ${attack} }`,
  );
  await plug('thrower', `ctx.on('message', (m) => { ${cases.join('\n')} }); ${sibling}`);
  for (const index of Object.keys(Object.values(harmless))) {
    alice.say(`attack ${index}`);
  }
  alice.say('ping after');
  await world.heard('lab/bot: pong after');
  const [status] = runtime.list();
  assert.equal(status?.state, 'running');
  assert.equal(status?.counters.errors, 8);
  assert.equal(logs.length, 8);
  for (const { text } of logs) {
    assert.ok(text.length < 2200);
    assert.match(text, /^(on message|unhandled rejection): /);
  }
});

test('a finite flood of sends is refused beyond the minute, counted, and logged once', {
  timeout,
}, async (t) => {
  const { plug, alice, logged, world, logs, runtime } = await stage(t);
  await plug(
    'flooder',
    `ctx.on('message', async (m) => {
       const sends = Array.from({ length: 3000 }, () => ctx.send({ group: 'lab' }, 'spam'));
       const refused = (await Promise.allSettled(sends)).filter(({ reason }) => reason?.code === 'RATE_LIMITED');
       ctx.log.info('refused', refused.length);
     });`,
  );
  alice.say('attack');
  assert.equal((await logged(/^refused/)).text, 'refused 2940');
  assert.equal(world.transcript.filter((line) => line.endsWith('spam')).length, 60);
  const [status] = runtime.list();
  assert.deepEqual(
    [status?.state, status?.counters.sends, status?.counters.refused],
    ['running', 60, 2940],
  );
  assert.equal(logs.filter(({ level }) => level === 'warn').length, 2);
});

test('an outbox forged through prototypes and builtins is not believed', { timeout }, async (t) => {
  const { plug, alice, world, logged, runtime } = await stage(t);
  await plug('good', sibling);
  await plug(
    'forger',
    `ctx.on('message', () => {
       const forged = { type: 'sendGroup', id: 1, group: 'lab', text: 'forged', hops: 0 };
       Object.prototype.toJSON = () => forged;
       Array.prototype.toJSON = () => [forged];
       String.prototype.toJSON = () => forged;
       JSON.stringify = () => JSON.parse('[]');
       JSON.parse = () => [forged];
       Array.prototype.push = () => 0;
       ctx.log.info('tried');
     });`,
  );
  alice.say('attack');
  await logged(/^tried$/);
  alice.say('ping after');
  await world.heard('lab/bot: pong after');
  assert.ok(!world.transcript.some((line) => line.includes('forged')));
  assert.ok(runtime.list().every(({ state }) => state === 'running'));
});

test('what could escape a call or count is not there', { timeout }, async (t) => {
  const { plug, logged } = await stage(t);
  await plug(
    'looker',
    `const names = ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'FinalizationRegistry', 'WeakRef',
       'process', 'require', 'setTimeout', 'fetch', 'banterPlugin', 'inside'];
     ctx.log.info('there are', names.filter((name) => name in globalThis));
     const buffers = [new ArrayBuffer(1, { maxByteLength: 1e8 }), new (new Uint8Array(1).buffer.constructor)(1, { maxByteLength: 1e8 })];
     ctx.log.info('resizable', buffers.filter((buffer) => buffer.resizable));`,
  );
  assert.equal((await logged(/there are/)).text, 'there are []');
  assert.equal((await logged(/resizable/)).text, 'resizable []');
});

test('an endless loop in the file itself fails the load and leaves the sibling alone', {
  timeout,
}, async (t) => {
  const { plug, alice, world } = await stage(t);
  await plug('good', sibling);
  await assert.rejects(plug('evil', '', { before: 'for (;;);' }), {
    code: 'PLUGIN_FAILED',
    message: /^evil\.ts: it.* did not give way/,
  });
  alice.say('ping after');
  await world.heard('lab/bot: pong after');
});

test('a setup that never ends fails the load', { timeout }, async (t) => {
  const { plug, runtime } = await stage(t);
  await assert.rejects(plug('evil', 'await new Promise(() => {});'), {
    code: 'PLUGIN_FAILED',
    message: 'evil: its setup took more than 5000 ms',
  });
  assert.deepEqual(runtime.list(), []);
});
