/** What plugins count, as Prometheus reads it: whatever they call their metrics, no two samples are the same. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricFamily } from '../../plugins/index.ts';
import { pluginPage } from '../../repl/plugin-metrics.ts';

const family = { help: 'Of it.', labels: [], buckets: [] };

function plugin(
  id: string,
  families: readonly MetricFamily[],
): Parameters<typeof pluginPage>[0][0] {
  return { id, metrics: { families, dropped: 0 } };
}

test('counters, gauges and histograms are written as Prometheus has them, with the plugin that counts', () => {
  const page = pluginPage([
    plugin('dice', [
      {
        ...family,
        name: 'rolls',
        kind: 'counter',
        labels: ['sides', 'who'],
        series: [{ labels: ['6', 'a\\b"c\nd'], value: 2, counts: [] }],
      },
      {
        ...family,
        name: 'open',
        kind: 'gauge',
        help: 'A \\ and\nmore.',
        series: [{ labels: [], value: -0.5, counts: [] }],
      },
      {
        ...family,
        name: 'took',
        kind: 'histogram',
        buckets: [0.1, 1],
        series: [{ labels: [], value: 9.7, counts: [2, 0, 3] }],
      },
    ]),
  ]);
  assert.deepEqual(page.text.split('\n'), [
    '# HELP plugin_rolls_total Of it.',
    '# TYPE plugin_rolls_total counter',
    'plugin_rolls_total{plugin="dice",sides="6",who="a\\\\b\\"c\\nd"} 2',
    '# HELP plugin_open A \\\\ and more.',
    '# TYPE plugin_open gauge',
    'plugin_open{plugin="dice"} -0.5',
    '# HELP plugin_took Of it.',
    '# TYPE plugin_took histogram',
    'plugin_took_bucket{plugin="dice",le="0.1"} 2',
    'plugin_took_bucket{plugin="dice",le="1"} 2',
    'plugin_took_bucket{plugin="dice",le="+Inf"} 5',
    'plugin_took_sum{plugin="dice"} 9.7',
    'plugin_took_count{plugin="dice"} 5',
    '',
  ]);
  assert.equal(page.left, 0);
});

test('plugins that use one name for different things collide in no sample and no type', () => {
  const one = { labels: [], value: 1, counts: [] };
  const { text } = pluginPage([
    plugin('a', [{ ...family, name: 'x', kind: 'gauge', series: [one] }]),
    plugin('b', [
      {
        ...family,
        name: 'x',
        kind: 'histogram',
        buckets: [1],
        series: [{ ...one, counts: [1, 0] }],
      },
    ]),
    plugin('c', [{ ...family, name: 'x', kind: 'counter', series: [one] }]),
    plugin('d', [
      {
        ...family,
        name: 'x',
        kind: 'gauge',
        help: 'Else.',
        labels: ['l'],
        series: [{ ...one, labels: [''] }],
      },
    ]),
  ]);
  const lines = text.trim().split('\n');
  const samples = lines.filter((line) => !line.startsWith('#')).map((line) => line.split(' ')[0]);
  assert.equal(new Set(samples).size, 7);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('# TYPE')),
    ['# TYPE plugin_x_total counter'],
  );
});

test('a page has 20,000 samples of plugins at most, whole metrics, and says how many more there are', () => {
  const series = Array.from({ length: 64 }, (_, at) => ({
    labels: [`${at}`],
    value: at,
    counts: [],
  }));
  const families = Array.from({ length: 32 }, (_, at) => ({
    ...family,
    name: `m${at}`,
    kind: 'gauge' as const,
    labels: ['l'],
    series,
  }));
  const { text, left } = pluginPage(
    Array.from({ length: 10 }, (_, at) => plugin(`p${at}`, families)),
  );
  const samples = text.split('\n').filter((line) => line.startsWith('plugin_')).length;
  assert.deepEqual([samples, left], [312 * 64, 320 * 64 - 312 * 64]);
});
