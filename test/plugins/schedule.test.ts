import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { temporaryHome } from '../support/home.ts';
import { startNode } from '../support/processes.ts';
import { type PlugOptions, type Stage, stage } from './world.ts';

const timeout = 60_000;
const options: PlugOptions = { permissions: ['message.read', 'message.send', 'schedule'] };

/** Answers `eval …` with the result of the expression as JSON, or with the code or name of what it threw. */
const evaluator = `ctx.on('message', async (m) => {
    if (!m.text.startsWith('eval ')) return;
    const run = new Function('ctx', 'tasks', 'return (async () => ' + m.text.slice(5) + ')()');
    await m.reply(await run(ctx, tasks).then((v) => JSON.stringify(v) ?? 'undefined', (e) => e.code ?? e.name));
  });`;

/** Its tasks say what they carry, or go wrong as they are told. */
const tasker = `const tasks = ctx.schedule.task('say', async ({ data, key, missed, recovered }) => {
    if (data === 'throw') throw new RangeError('on purpose');
    if (data === 'hang') { ctx.log.info('begun', recovered); await new Promise(() => {}); }
    if (data === 'loop') for (;;);
    ctx.log.info('said', data, key.length, missed, recovered);
  });
  ${evaluator}`;

function asking({ world, alice }: Stage): (expression: string) => Promise<string> {
  return (expression) => {
    const from = world.transcript.length;
    alice.say(`eval ${expression}`);
    return world.next('lab/bot: ', from);
  };
}

/** As if so much time had passed: everything that waits was to be done that much earlier. The runtime must be closed. */
function age(dir: string, ms: number): void {
  const database = new DatabaseSync(join(dir, 'plugins', 'storage.db'));
  database.prepare('UPDATE jobs SET next_at = next_at - ?').run(ms);
  database.close();
}

function rows(dir: string): readonly Record<string, unknown>[] {
  const database = new DatabaseSync(join(dir, 'plugins', 'storage.db'), { readOnly: true });
  const found = database.prepare('SELECT * FROM jobs ORDER BY job, key').all();
  database.close();
  return found;
}

test('an interval runs its handler again and again, on its grid', { timeout }, async (t) => {
  const { plug, logged, logs } = await stage(t);
  await plug(
    'ticker',
    `let n = 0; await ctx.schedule.every('tick', '1s', (run) => ctx.log.info('tick', ++n, run));`,
    options,
  );
  await logged(/^tick 3 /);
  const runs = logs.map(({ text }) => JSON.parse(text.replace(/^tick \d /, '')));
  for (const { scheduledAtMs, ...rest } of runs) {
    assert.equal((scheduledAtMs - runs[0].scheduledAtMs) % 1000, 0);
    assert.deepEqual(rest, { key: '', missed: false, recovered: false });
  }
});

test('a task runs once at its time with what it carries, unless it was taken back', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const ask = asking(on);
  await on.plug('tasker', tasker, options);
  assert.match(await ask(`tasks.at(ctx.clock.now() + 50, { tea: 1 })`), /^"[\da-f-]{36}"$/);
  await on.logged(/^said \{"tea":1\} 36 false false$/);
  assert.equal(await ask(`tasks.at(new Date(Date.now() + 3600000), 'never', { key: 'a' })`), '"a"');
  assert.equal(await ask(`tasks.at(Date.now() + 3600000, 'never', { key: 'b' })`), '"b"');
  assert.equal(await ask(`tasks.at(0, 'replaced', { key: 'a' })`), '"a"');
  await on.logged(/^said replaced 1 true false$/);
  assert.equal(await ask(`tasks.cancel('a')`), 'false');
  assert.equal(await ask(`tasks.cancel('b')`), 'true');
  assert.deepEqual(
    rows(on.dir).filter(({ key }) => key !== ''),
    [],
  );
});

test('what was missed while nothing ran is skipped, made up for once, or run by run', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const setup = `for (const missed of ['skip', 'once', 'all']) {
      await ctx.schedule.every(missed, '1h', { missed }, (run) => ctx.log.info(missed, run.missed));
      await ctx.schedule.cron('cron ' + missed, '0 0 * * * *', { missed, timeZone: 'UTC' }, (run) => ctx.log.info('cron ' + missed, new Date(run.scheduledAtMs).toISOString().slice(14), run.missed));
    }
    await ctx.schedule.task('say', { missed: 'skip' }, ({ data }) => ctx.log.info(data)).at(Date.now() + 3600000, 'too late', { key: 'a' });`;
  await on.plug('late', setup, options);
  const promised = rows(on.dir).find(({ job }) => job === 'all');
  await on.runtime.close();
  age(on.dir, 4.5 * 3_600_000);
  const next = await on.start(on.bot);
  await next.load(join(on.dir, 'late.ts'));
  await on.loggedTimes(4, /^all /);
  await on.loggedTimes(4, /^cron all /);
  await on.loggedTimes(2, /once/);
  await next.close();
  const count = (text: string): number => on.logs.filter((entry) => entry.text === text).length;
  assert.deepEqual(
    ['skip true', 'once true', 'all true', 'too late', 'cron once 00:00.000Z true'].map(count),
    [0, 1, 4, 0, 1],
  );
  const moved = rows(on.dir).find(({ job }) => job === 'all');
  assert.equal(Math.abs(Number(moved?.['next_at']) - Number(promised?.['next_at'])) % 1_800_000, 0);
  assert.ok(Number(moved?.['next_at']) > Date.now());
});

test('what a killed child was doing is done again, flagged, and after three times passed over', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const ask = asking(on);
  await on.plug('tasker', tasker, options);
  await ask(`tasks.at(0, 'hang', { key: 'a' })`);
  await on.logged(/^begun false$/);
  for (let round = 1; round < 3; round++) {
    on.logs.length = 0;
    process.kill(on.runtime.hostPid ?? 0, 'SIGKILL');
    await on.logged(/^begun true$/);
  }
  process.kill(on.runtime.hostPid ?? 0, 'SIGKILL');
  await on.logged(/^schedule say: was begun 3 times and never ended; it is passed over$/);
  assert.equal(await ask(`tasks.cancel('a')`), 'false');
});

test('a task that ends its plugin does so three times at most', { timeout }, async (t) => {
  const on = await stage(t);
  await on.plug('tasker', tasker, options);
  on.alice.say(`eval tasks.at(0, 'loop')`);
  for (let round = 0; round < 3; round++) {
    await on.quarantined('tasker');
    await on.plug('tasker', tasker, options);
  }
  await on.logged(/passed over$/);
  assert.equal(await asking(on)('1'), '1');
});

test('a handler that throws is logged, and its job moves on', { timeout }, async (t) => {
  const on = await stage(t);
  const ask = asking(on);
  await on.plug('tasker', tasker, options);
  await ask(`tasks.at(0, 'throw', { key: 'a' })`);
  await on.logged(/^schedule say: RangeError: on purpose \(tasker\.ts:\d+:\d+\)$/);
  await ask(`tasks.at(0, 'fine')`);
  await on.logged(/^said fine 36 true false$/);
  assert.equal(await ask(`tasks.cancel('a')`), 'false');
});

test('what setup does not register any more is forgotten, tasks excepted; another interval begins anew', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.plug(
    'changing',
    `await ctx.schedule.every('old', '1h', () => {}); await ctx.schedule.every('kept', '1h', () => {});
     await ctx.schedule.every('other', '1h', () => {}); await ctx.schedule.task('say', () => {}).at(Date.now() + 1e8, undefined, { key: 'a' });`,
    options,
  );
  const before = rows(on.dir);
  assert.deepEqual(
    before.map(({ job }) => job),
    ['kept', 'old', 'other', 'say'],
  );
  await on.runtime.unload('changing');
  await on.plug(
    'changing',
    `await ctx.schedule.every('kept', 3600000, () => {}); await ctx.schedule.every('other', '2h', () => {});`,
    options,
  );
  await on.runtime.close();
  const after = rows(on.dir);
  assert.deepEqual(
    after.map(({ job }) => job),
    ['kept', 'other', 'say'],
  );
  assert.equal(after[0]?.['next_at'], before[0]?.['next_at']);
  assert.ok(Number(after[1]?.['next_at']) > Number(before[2]?.['next_at']) + 3_000_000);
});

test('two clients on one folder keep their schedules apart', { timeout }, async (t) => {
  const on = await stage(t);
  await on.plug('tasker', tasker, options);
  const other = await on.start(on.world.member('other', true));
  await other.load(join(on.dir, 'tasker.ts'));
  const from = on.world.transcript.length;
  on.alice.say(`eval ctx.me === 'other' ? tasks.at(Date.now() + 3600000, 'x', { key: 'a' }) : 0`);
  assert.equal(await on.world.next('lab/other: ', from), '"a"');
  assert.equal(await on.world.next('lab/bot: ', from), '0');
  assert.equal(await asking(on)(`ctx.me === 'bot' ? tasks.cancel('a') : 0`), 'false');
});

test('the same name at another server is another client', { timeout }, async (t) => {
  const on = await stage(t);
  await on.plug('tasker', tasker, options);
  await asking(on)(`tasks.at(Date.now() + 3600000, 'x', { key: 'a' })`);
  await on.runtime.close();
  age(on.dir, 2 * 3_600_000);
  const elsewhere = on.world.member('elsewhere', true);
  const there = await on.start(
    Object.assign(elsewhere, { serverFingerprint: 'other', name: 'bot' }),
  );
  await there.load(join(on.dir, 'tasker.ts'));
  assert.equal(await asking(on)(`tasks.cancel('a')`), 'false');
  await there.close();
  const here = await on.start(on.bot);
  await here.load(join(on.dir, 'tasker.ts'));
  await on.logged(/^said x 1 true false$/);
});

test('without the permission nothing is scheduled', { timeout }, async (t) => {
  const on = await stage(t);
  const permissions = ['message.read', 'message.send'];
  await assert.rejects(
    on.plug('modest', `await ctx.schedule.every('a', '1s', () => {});`, { permissions }),
    { code: 'PLUGIN_FAILED', message: /scheduleJob needs the permission "schedule"/ },
  );
  await on.plug('modest2', tasker, { permissions });
  assert.equal(await asking(on)(`tasks.at(0, 'fine')`), 'PERMISSION_DENIED');
});

const refused: readonly (readonly [expression: string, why: string])[] = [
  [`ctx.schedule.every('late', '1h', () => {})`, 'OPTION_INVALID'],
  [`ctx.schedule.every('x', 999, () => {})`, 'RangeError'],
  [`ctx.schedule.every('x', '1w', () => {})`, 'RangeError'],
  [`ctx.schedule.every('x', '366d', () => {})`, 'RangeError'],
  [`ctx.schedule.every('x', '1h')`, 'TypeError'],
  [`ctx.schedule.every('', '1h', () => {})`, 'TypeError'],
  [`ctx.schedule.every('a\\nb', '1h', () => {})`, 'TypeError'],
  [`ctx.schedule.every('x'.repeat(65), '1h', () => {})`, 'TypeError'],
  [`ctx.schedule.every('say', '1h', () => {})`, 'TypeError'],
  [`tasks.at('tomorrow', 'x')`, 'RangeError'],
  [`tasks.at(-1, 'x')`, 'RangeError'],
  [`tasks.at(8.64e15 + 1, 'x')`, 'RangeError'],
  [`tasks.at(0, () => {})`, 'TypeError'],
  [`tasks.at(0, 1n)`, 'TypeError'],
  [`tasks.at(0, 'x', { key: '' })`, 'TypeError'],
  [`tasks.at(0, 'x'.repeat(4095))`, 'STORAGE_FULL'],
  [`tasks.cancel('x'.repeat(201))`, 'TypeError'],
];

test('what is no job, time or data is refused with its reason', { timeout }, async (t) => {
  const on = await stage(t);
  const ask = asking(on);
  await on.plug('tasker', tasker, options);
  for (const [expression, why] of refused) assert.equal(await ask(expression), why, expression);
});

for (const [name, setup, why] of [
  [
    'no expression',
    `ctx.schedule.cron('a', 'now and then', () => {})`,
    /"now and then" is no schedule/,
  ],
  [
    'an expression that never comes',
    `ctx.schedule.cron('a', '0 0 31 2 *', () => {})`,
    /never comes/,
  ],
  [
    'no zone',
    `ctx.schedule.cron('a', '* * * * *', { timeZone: 'Mars' }, () => {})`,
    /is no schedule/,
  ],
  [
    'a job too many',
    `Promise.all(Array.from({ length: 101 }, (_, i) => ctx.schedule.every('j' + i, '1h', () => {})))`,
    /or there are 100 jobs/,
  ],
] as const) {
  test(`${name} fails setup with the reason`, { timeout }, async (t) => {
    const { plug } = await stage(t);
    await assert.rejects(plug('wrong', `await ${setup};`, options), {
      code: 'PLUGIN_FAILED',
      message: why,
    });
  });
}

test('1,000 tasks wait, and not one more; those that are due run sixteen at a time', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  const ask = asking(on);
  await on.plug('tasker', tasker, options);
  const add = (count: number): string =>
    `(async () => { for (let i = 0; i < ${count}; i += 100) await Promise.all(Array.from({ length: Math.min(100, ${count} - i) }, (_, k) => tasks.at(Date.now() + 1e9, 'x', { key: 'k' + (i + k) }))); return 'ok'; })()`;
  assert.equal(await ask(add(1000)), '"ok"');
  assert.equal(await ask(`tasks.at(0, 'x', { key: 'one more' })`), 'STORAGE_FULL');
  assert.equal(await ask(`tasks.at(Date.now() + 1e9, 'x', { key: 'k1' })`), '"k1"');
  for (let i = 0; i < 20; i++) await ask(`tasks.at(0, 'hang', { key: 'k${i}' })`);
  await on.loggedTimes(16, /^begun false$/);
  assert.equal(await ask('1'), '1');
  assert.equal(on.logs.filter(({ text }) => text === 'begun false').length, 16);
});

test('what was under way when the process was killed is done by the next one, flagged', {
  timeout,
}, async (t) => {
  const home = temporaryHome(t);
  const script = join(import.meta.dirname, 'schedule-fixture.ts');
  const first = startNode(home, [script, home.path]);
  await first.waitFor('begun late=false recovered=false');
  await first.kill();
  const second = startNode(home, [script, home.path, 'again']);
  await second.waitFor(/begun late=(true|false) recovered=true/);
});
