import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { exchangeEstates, PluginRuntime } from '../../plugins/index.ts';
import { temporaryHome } from '../support/home.ts';
import { startNode } from '../support/processes.ts';
import { type PlugOptions, stage, World } from './world.ts';

const timeout = 60_000;
const options: PlugOptions = {
  permissions: ['message.read', 'message.send', 'storage', 'file.append'],
};

/** Answers `eval …` with the result of the expression as JSON, or with the code or name of what it threw. */
const evaluator = `const storage = ctx.storage;
  ctx.on('message', async (m) => {
    if (!m.text.startsWith('eval ')) return;
    const run = new Function('storage', 'ctx', 'return (async () => ' + m.text.slice(5) + ')()');
    await m.reply(await run(storage, ctx).then((v) => JSON.stringify(v) ?? 'undefined', (e) => e.code ?? e.name));
  });`;

/** A stage with a plugin that does with its storage what it is told. */
async function keeper(t: Parameters<typeof stage>[0]) {
  const on = await stage(t);
  await on.plug('keeper', evaluator, options);
  return {
    ...on,
    /** What the plugin answers to an expression. */
    ask(expression: string): Promise<string> {
      const from = on.world.transcript.length;
      on.alice.say(`eval ${expression}`);
      return on.world.next('lab/bot: ', from);
    },
  };
}

test('what a plugin keeps is there for it, and for no other plugin', { timeout }, async (t) => {
  const { ask, plug, world, alice } = await keeper(t);
  assert.equal(await ask(`storage.get('tea')`), 'undefined');
  assert.equal(
    await ask(`storage.set('tea', { minutes: 3, 'ä€😀': [null, true, ''] })`),
    'undefined',
  );
  assert.equal(await ask(`storage.get('tea')`), '{"minutes":3,"ä€😀":[null,true,""]}');
  await plug(
    'nosy',
    `ctx.on('message', async (m) => { if (m.text === 'nosy?') await m.reply('found ' + (await ctx.storage.list()).length); });`,
    options,
  );
  alice.say('nosy?');
  await world.heard('lab/bot: found 0');
  assert.equal(await ask(`storage.delete('tea')`), 'true');
  assert.equal(await ask(`storage.delete('tea')`), 'false');
  assert.equal(await ask(`storage.get('tea')`), 'undefined');
});

test('a plugin of the same id from elsewhere finds nothing, is told of that, and appends to a file of its own', {
  timeout,
}, async (t) => {
  const { ask, runtime, world, dir, logged } = await keeper(t);
  await ask(`storage.set('secret', 1)`);
  await runtime.unload('keeper');
  await mkdir(join(dir, 'else'));
  const stranger = join(dir, 'else/keeper.ts');
  await copyFile(join(dir, 'keeper.ts'), stranger);
  await runtime.load(stranger);
  const { text } = await logged(/^keeps nothing yet/);
  assert.equal(
    text,
    `keeps nothing yet; another keeper, from ${dir}/keeper.ts, keeps 1 value here. If it is the same plugin, hand that over: banter plugin adopt ${stranger}`,
  );
  assert.equal(await ask(`storage.get('secret')`), 'undefined');
  assert.deepEqual(await runtime.kept('keeper'), { type: 'keys', keys: [], more: false });
  assert.equal(await ask(`ctx.file.append('line')`), 'undefined');
  assert.equal(readFileSync(join(dir, 'plugins/keeper~2/keeper.log'), 'utf8'), 'line\n');
  await exchangeEstates(dir, 'keeper', `file:${dir}/keeper.ts`, `file:${stranger}`);
  assert.equal(await ask(`storage.get('secret')`), '1');
  assert.equal(world.transcript.at(-1), 'lab/bot: 1');
});

test('what is kept outlives a reload, a quarantine, the death of the child and the runtime', {
  timeout,
}, async (t) => {
  const { ask, runtime, plug, alice, world, dir, logged, quarantined, start } = await keeper(t);
  await ask(`storage.set('count', 1)`);
  await runtime.unload('keeper');
  await plug('keeper', evaluator, options);
  assert.equal(await ask(`storage.update('count', (n) => n + 1)`), '2');
  process.kill(runtime.hostPid ?? 0, 'SIGKILL');
  await logged(/is started again/);
  assert.equal(await ask(`storage.update('count', (n) => n + 1)`), '3');
  alice.say('eval (() => { for (;;); })()');
  await quarantined('keeper');
  await plug('keeper', evaluator, options);
  assert.equal(await ask(`storage.update('count', (n) => n + 1)`), '4');
  await runtime.close();
  const next = await start(world.member('next', true));
  await next.load(`${dir}/keeper.ts`);
  alice.say(`eval storage.get('count')`);
  await world.heard('lab/next: 4');
});

test('what dispose keeps is kept', { timeout }, async (t) => {
  const { plug, runtime, alice, world } = await stage(t);
  const manifest = `dispose() { globalThis.storage.set('said', 'bye'); },`;
  const setup = `globalThis.storage = ctx.storage;
    ctx.on('message', async (m) => { await m.reply('kept ' + await ctx.storage.get('said')); });`;
  await plug('polite', setup, { ...options, manifest });
  await runtime.unload('polite');
  await plug('polite', setup, { ...options, manifest });
  alice.say('well?');
  await world.heard('lab/bot: kept bye');
});

test('of many updates at once none is lost, whoever else changes the same key', {
  timeout,
}, async (t) => {
  const { ask, world, dir, alice, start } = await keeper(t);
  const other = await start(world.member('twin', true));
  await other.load(`${dir}/keeper.ts`);
  const many = `Promise.all(Array.from({ length: 200 }, () => storage.update('n', async (n = 0) => n + 1))).then(() => 'done')`;
  alice.say(`eval ${many}`);
  await world.heard('lab/bot: "done"');
  await world.heard('lab/twin: "done"');
  assert.equal(await ask(`storage.get('n')`), '400');
});

test('what is kept stays within its bound, however many calls race for the last room', {
  timeout,
}, async (t) => {
  const { ask } = await keeper(t);
  const value = `'x'.repeat(60_000)`;
  const race = `Promise.allSettled(Array.from({ length: 90 }, (_, at) => at % 3 === 0
    ? storage.update('u' + at, () => ${value})
    : storage.set('s' + at, ${value}))).then((all) => all.filter(({ status }) => status === 'fulfilled').length)`;
  // 4 MiB hold 69 of them with their keys.
  assert.equal(await ask(race), '69');
  assert.equal(await ask(`storage.list().then((keys) => keys.length)`), '69');
});

test('an update that makes nothing changes nothing, and one that throws rejects with what it threw', {
  timeout,
}, async (t) => {
  const { ask } = await keeper(t);
  await ask(`storage.set('n', 1)`);
  assert.equal(await ask(`storage.update('n', () => undefined)`), '1');
  assert.equal(await ask(`storage.update('n', () => { throw new RangeError(); })`), 'RangeError');
  assert.equal(await ask(`storage.update('n', (n) => n + 1)`), '2');
});

test('an update is refused once others have changed the key each time it tried', {
  timeout,
}, async (t) => {
  const { ask } = await keeper(t);
  const stubborn = `storage.update('n', async () => { globalThis.tries = (globalThis.tries ?? 0) + 1; await storage.set('n', 0); return 1; })`;
  assert.equal(await ask(stubborn), 'STORAGE_BUSY');
  assert.equal(await ask(`globalThis.tries`), '20');
  assert.equal(await ask(`storage.get('n')`), '0');
});

test('keys are listed in order and completely, by prefix too', { timeout }, async (t) => {
  const { ask } = await keeper(t);
  const fill = `Promise.all(Array.from({ length: 600 }, (_, i) => storage.set('k' + String(i).padStart(3, '0'), i))).then(() => 1)`;
  assert.equal(await ask(fill), '1');
  await ask(`storage.set('j', 0)`);
  await ask(`storage.set('ka', 0)`);
  await ask(`storage.set('l\\0', 0)`);
  const all = JSON.parse(await ask(`storage.list()`));
  assert.equal(all.length, 603);
  assert.deepEqual([all[0], all[1], all.at(-2), all.at(-1)], ['j', 'k000', 'ka', 'l\0']);
  assert.equal(await ask(`storage.list('k').then((l) => l.length)`), '601');
  assert.equal(
    await ask(`storage.list('k59')`),
    JSON.stringify(all.filter((k: string) => k.startsWith('k59'))),
  );
  assert.equal(await ask(`storage.list('%')`), '[]');
});

test('without the permission nothing is kept, and nothing read', { timeout }, async (t) => {
  const { plug, alice, world, logged } = await stage(t);
  await plug('modest', evaluator, { permissions: ['message.read', 'message.send'] });
  const attempts = [
    `storage.set('a', 1)`,
    `storage.get('a')`,
    `storage.delete('a')`,
    `storage.list()`,
  ];
  for (const attempt of attempts) {
    const heard = world.transcript.length;
    alice.say(`eval ${attempt}`);
    assert.equal(await world.next('lab/bot: ', heard), 'PERMISSION_DENIED');
  }
  await logged(/^storageSet refused: storageSet needs the permission "storage"/);
});

test('what is no key, no JSON or too much is refused, and what was kept stays', {
  timeout,
}, async (t) => {
  const { ask } = await keeper(t);
  const refused: readonly (readonly [string, string])[] = [
    [`storage.set('', 1)`, 'TypeError'],
    [`storage.set('x'.repeat(201), 1)`, 'TypeError'],
    [`storage.set('\\ud800', 1)`, 'TypeError'],
    [`storage.set(7, 1)`, 'TypeError'],
    [`storage.get({})`, 'TypeError'],
    [`storage.list('\\ud800')`, 'TypeError'],
    [`storage.set('a', undefined)`, 'TypeError'],
    [`storage.set('a', () => 1)`, 'TypeError'],
    [`storage.set('a', 1n)`, 'TypeError'],
    [`(() => { const a = []; a.push(a); return storage.set('a', a); })()`, 'TypeError'],
    [`storage.set('a', 'x'.repeat(65535))`, 'STORAGE_FULL'],
    [`storage.set('a', 'x'.repeat(300000))`, 'STORAGE_FULL'],
    [`storage.set('a', 'ä'.repeat(40000))`, 'STORAGE_FULL'],
    [`storage.update('a', () => 'x'.repeat(65535))`, 'STORAGE_FULL'],
  ];
  await ask(`storage.set('a', 'here')`);
  for (const [expression, why] of refused) assert.equal(await ask(expression), why, expression);
  assert.equal(await ask(`storage.get('a')`), '"here"');
  assert.equal(await ask(`storage.set('x'.repeat(200), 'x'.repeat(65534))`), 'undefined');
});

test('4 MiB are a plugin’s own, and room that was given back is room', { timeout }, async (t) => {
  const { ask } = await keeper(t);
  const fill = `(async () => { let n = 0; try { for (;; n++) await storage.set('k' + n, 'x'.repeat(65000)); } catch (e) { return [n, e.code]; } })()`;
  assert.equal(await ask(fill), '[64,"STORAGE_FULL"]');
  assert.equal(await ask(`storage.set('k0', 'y'.repeat(65000))`), 'undefined');
  assert.equal(await ask(`storage.delete('k1')`), 'true');
  assert.equal(await ask(`storage.set('more', 'x'.repeat(65000))`), 'undefined');
  assert.equal(await ask(`storage.get('k63').then((v) => v.length)`), '65000');
});

test('a plugin that asks without end is refused, and the chat and its sibling go on', {
  timeout,
}, async (t) => {
  const { ask, world, plug, alice } = await keeper(t);
  await plug(
    'good',
    `ctx.on('message', async (m) => { if (m.text === 'ping') await m.reply('pong'); });`,
    options,
  );
  const flood = `Promise.all(Array.from({ length: 7000 }, (_, i) => storage.set('k', i).then(() => 'ok', (e) => e.code))).then((all) => [...new Set(all)])`;
  alice.say(`eval ${flood}`);
  alice.say('ping');
  await world.heard('lab/bot: pong');
  await world.heard('lab/bot: ["ok","RATE_LIMITED"]');
  assert.equal(await ask(`1`), '1');
});

test('without a data folder it is kept as long as the runtime', { timeout }, async (t) => {
  const { dir, write } = await keeper(t);
  const world = new World();
  const alice = world.member('alice');
  const runtime = await PluginRuntime.start({ client: world.member('bot', true) });
  t.after(() => runtime.close());
  await write('nothing.txt', '');
  await runtime.load(`${dir}/keeper.ts`);
  alice.say(`eval storage.set('a', 1)`);
  await world.heard('lab/bot: undefined');
  await runtime.unload('keeper');
  await runtime.load(`${dir}/keeper.ts`);
  alice.say(`eval storage.get('a')`);
  await world.heard('lab/bot: 1');
});

test('what was acknowledged is there after kill -9 of the process', { timeout }, async (t) => {
  const home = temporaryHome(t);
  const script = join(import.meta.dirname, 'storage-fixture.ts');
  let acknowledged = 0;
  for (let round = 0; round < 3; round++) {
    const program = startNode(home, [script, home.path]);
    const { captures } = await program.waitFor(/^found (\d+) of (\d+)$/m);
    const [count, last] = captures.map(Number);
    assert.equal(count, last, 'one of the writes before the last is missing');
    assert.ok((last ?? 0) >= acknowledged, `${acknowledged} were acknowledged, ${last} are there`);
    await program.waitFor(new RegExp(`^kept ${(last ?? 0) + 50}$`, 'm'));
    await program.kill();
    const kept = Array.from(program.stdout.matchAll(/^kept (\d+)$/gm), ([, n]) => Number(n));
    acknowledged = Math.max(...kept);
  }
});
