import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limits } from '../../plugins/limits.ts';
import type { MetricInfo } from '../../plugins/metric-info.ts';
import { Metrics } from '../../plugins/metrics.ts';
import { type Stage, stage } from './world.ts';

const timeout = 60_000;

/** The figures of the one plugin: `served{lab}` by what they are. */
function figures({ runtime }: Stage): Readonly<Record<string, unknown>> {
  const families = runtime.list()[0]?.metrics.families ?? [];
  const entries = families.flatMap(({ name, series }) =>
    series.map(({ labels, value, counts }) => {
      const shown = counts.length === 0 ? value : [value, ...counts];
      return [labels.length === 0 ? name : `${name}{${labels.join()}}`, shown] as const;
    }),
  );
  return Object.fromEntries(entries);
}

const counting = `
  const served = ctx.metrics.counter({ name: 'served', help: 'Messages answered', labels: ['group'] });
  const waiting = ctx.metrics.gauge({ name: 'waiting', help: 'Questions without an answer' });
  const took = ctx.metrics.histogram({ name: 'took', help: 'Seconds', buckets: [0.1, 1] });
  ctx.on('message', (m) => {
    served.add(1, { group: m.group });
    served.add(2, { group: m.group });
    waiting.set(m.seq);
    for (const seconds of [0.1, 0.5, 9]) took.observe(seconds);
    ctx.log.info('counted');
  });`;

test('what a plugin counts and measures, without a permission, stands in its status', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.plug('meter', counting, { permissions: ['message.read'] });
  on.alice.say('one');
  on.alice.say('two');
  await on.loggedTimes(2, /^counted$/);
  await on.plug('next', 'ctx.log.info("here")');
  assert.deepEqual(figures(on), { 'served{lab}': 6, waiting: 2, took: [19.2, 2, 2, 2] });
  const [served] = on.runtime.list()[0]?.metrics.families ?? [];
  assert.deepEqual(
    { ...served, series: undefined },
    {
      name: 'served',
      kind: 'counter',
      help: 'Messages answered',
      labels: ['group'],
      buckets: [],
      series: undefined,
    },
  );
});

test('figures outlive the death of the plugin process, which is counted', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.plug('meter', counting);
  on.alice.say('one');
  await on.loggedTimes(1, /^counted$/);
  process.kill(on.runtime.hostPid ?? 0, 'SIGKILL');
  await on.loggedTimes(1, /^is started again/);
  on.alice.say('two');
  await on.loggedTimes(2, /^counted$/);
  await on.plug('next', 'ctx.log.info("here")');
  assert.ok(Number(figures(on)['served{lab}']) >= 6);
  const [meter, next] = on.runtime.list();
  assert.deepEqual([meter?.counters.restarts, next?.counters.restarts], [1, 0]);
});

const mistakes: Readonly<Record<string, RegExp>> = {
  'counter({ name: "Bad", help: "" })': /"Bad" is no name/,
  'counter({ name: "x_total", help: "" })': /"x_total" is no name/,
  'counter({ name: "x" })': /help is a text/,
  'counter({ name: "x", help: "", labels: ["le"] })': /"le" is no name of a label/,
  'counter({ name: "x", help: "", labels: ["plugin"] })': /"plugin" is no name of a label/,
  'counter({ name: "x", help: "", labels: ["a", "a"] })': /at most 4 labels, each once/,
  'histogram({ name: "x", help: "", buckets: [2, 1] })':
    /1 to 16 buckets, finite numbers that rise/,
  'gauge({ name: "x", help: "" }).set(NaN)': /x: must be a finite number, not NaN/,
  'counter({ name: "x", help: "" }).add(-1)': /a counter only grows, not by -1/,
  'counter({ name: "x", help: "", labels: ["a"] }).add(1)': /x: has the labels a/,
  'counter({ name: "x", help: "" }).add(1, { a: 1 })': /x: has no labels/,
};

test('mistakes of the author fail the setup with words', { timeout }, async (t) => {
  const on = await stage(t);
  for (const [call, words] of Object.entries(mistakes)) {
    await assert.rejects(on.plug('wrong', `ctx.metrics.${call};`), words, call);
    await on.runtime.unload('wrong').catch(() => undefined);
  }
  const many = `for (let i = 0; i < 33; i++) ctx.metrics.gauge({ name: 'n' + i, help: '' });`;
  await assert.rejects(on.plug('wrong', many), /"n32" is one too many: a plugin has 32 metrics/);
});

test('labels without bound are dropped beyond 64 sets, counted, and logged once', {
  timeout,
}, async (t) => {
  const on = await stage(t);
  await on.plug(
    'careless',
    `const seen = ctx.metrics.counter({ name: 'seen', help: '', labels: ['text'] });
     ctx.on('message', (m) => { for (let i = 0; i < 100; i++) seen.add(1, { text: m.text + i }); ctx.log.info('counted'); });`,
  );
  on.alice.say('a');
  on.alice.say('b');
  await on.loggedTimes(2, /^counted$/);
  await on.plug('next', '');
  const status = on.runtime.list()[0]?.metrics;
  assert.deepEqual([status?.families[0]?.series.length, status?.dropped], [64, 136]);
  assert.equal(on.logs.filter(({ text }) => /values dropped/.test(text)).length, 1);
});

const info: MetricInfo = { name: 'n', kind: 'counter', help: '', labels: ['a'], buckets: [] };

test('a forged change has no effect but to be counted as dropped', () => {
  const metrics = new Metrics();
  metrics.declare(info);
  const change = { metric: 0, labels: ['x'], value: 1, counts: [] };
  const forged = [
    { ...change, metric: 1 },
    { ...change, labels: [] },
    { ...change, value: -1 },
    { ...change, counts: [1] },
    { ...change, value: Number.POSITIVE_INFINITY },
  ];
  assert.equal(metrics.measure(forged, 0), 5);
  assert.deepEqual(metrics.status(), { families: [{ ...info, series: [] }], dropped: 5 });
});

test('whatever an isolate declares and tells, there is no more than there may be', () => {
  const change = fc.record({
    metric: fc.nat(40),
    labels: fc.array(fc.string({ unit: 'binary' }), { maxLength: 2 }),
    value: fc.double(),
    counts: fc.array(fc.nat(), { maxLength: 2 }),
  });
  const run = fc.record({
    names: fc.array(fc.nat(60), { maxLength: 60 }),
    changes: fc.array(change),
  });
  fc.assert(
    fc.property(fc.array(run), (runs) => {
      const metrics = new Metrics();
      for (const { names, changes } of runs) {
        metrics.restart();
        for (const name of names) metrics.declare({ ...info, name: `n${name}` });
        metrics.measure(changes, 0);
      }
      const { families } = metrics.status();
      assert.ok(families.length <= limits.metricsMax);
      for (const { series } of families) {
        assert.ok(series.length <= limits.metricSeriesMax);
        assert.ok(series.every(({ value }) => Number.isFinite(value) && value >= 0));
      }
    }),
  );
});
