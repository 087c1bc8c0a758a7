/** What plugins count and measure, as text: a page for Prometheus, and lines for people. */

import type { MetricFamily, MetricSeries, PluginStatus } from '../plugins/index.ts';
import { familyText, type Labels, labelsText, type Sample } from './metrics-text.ts';

/** The part of a plugin's status that is read here. */
type Counting = Pick<PluginStatus, 'id' | 'metrics'>;

/** All metrics of one name, whichever plugins have it. */
interface SharedFamily {
  readonly kinds: Set<MetricFamily['kind']>;
  readonly help: string;
  readonly samples: Sample[];
}

/** What a page holds, and how many samples there was no room for. */
export interface PluginPage {
  readonly text: string;
  readonly left: number;
}

/** A hundred plugins could have a hundred times that; who scrapes would be of no use to anybody. */
const samplesMax = 20_000;

/** No metric of ours begins like that. */
const prefix = 'plugin_';

/** Lines that a person still reads. */
const linesMax = 100;

/**
 * The metrics of all plugins, each sample with the label `plugin`. A name may be that of several plugins: samples differ
 * by that label, and where the plugins disagree on what it is (the names of samples differ by kind), no kind is told.
 */
export function pluginPage(plugins: readonly Counting[]): PluginPage {
  const families = new Map<string, SharedFamily>();
  let room = samplesMax;
  let left = 0;
  for (const { id, metrics } of plugins) {
    for (const family of metrics.families) {
      const samples = samplesOf(family, [['plugin', id]]);
      // Half a histogram would be wrong, and less than none.
      if (samples.length > room) left += samples.length;
      else {
        room -= samples.length;
        merge(families, family, samples);
      }
    }
  }
  const parts = [...families].map(([name, { kinds, help, samples }]) => {
    const [kind] = kinds.size === 1 ? kinds : [];
    return familyText({ name, kind, help, samples });
  });
  return { text: parts.join(''), left };
}

/** The metrics of one plugin: `rolls{sides="6"} 12`, and of a histogram how many values with which mean. */
export function metricLines({ families, dropped }: PluginStatus['metrics']): readonly string[] {
  const lines = families.flatMap(({ name, kind, labels, series }) =>
    series.map((one) => {
      const place = `${name}${labelsText(labels.map((label, at) => [label, one.labels[at] ?? '']))}`;
      return kind === 'histogram' ? `${place} ${distribution(one)}` : `${place} ${one.value}`;
    }),
  );
  const more = lines.length - linesMax;
  return [
    ...lines.slice(0, linesMax),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(dropped > 0 ? [`${dropped} values were dropped, there were too many`] : []),
  ];
}

function distribution({ value, counts }: MetricSeries): string {
  const count = counts.reduce((sum, one) => sum + one, 0);
  return count === 0
    ? '0 values'
    : `${count} values, ${Number((value / count).toPrecision(4))} each`;
}

function merge(
  families: Map<string, SharedFamily>,
  { name, kind, help }: MetricFamily,
  samples: readonly Sample[],
): void {
  // In the text format a counter is of another name than a gauge.
  const key = `${prefix}${name}${kind === 'counter' ? '_total' : ''}`;
  const family = families.get(key) ?? { kinds: new Set(), help, samples: [] };
  family.kinds.add(kind);
  for (const sample of samples) family.samples.push(sample);
  families.set(key, family);
}

function samplesOf(
  { name, kind, labels, buckets, series }: MetricFamily,
  whose: Labels,
): readonly Sample[] {
  return series.flatMap(({ labels: values, value, counts }): readonly Sample[] => {
    const own = [...whose, ...labels.map((label, at) => [label, values[at] ?? ''] as const)];
    const sample = (ending: string, figure: number, more: Labels = []): Sample => ({
      name: `${prefix}${name}${ending}`,
      labels: [...own, ...more],
      value: figure,
    });
    if (kind === 'counter') return [sample('_total', value)];
    if (kind === 'gauge') return [sample('', value)];
    let sum = 0;
    const cumulated = counts.map((count, at) => {
      sum += count;
      return sample('_bucket', sum, [['le', String(buckets[at] ?? '+Inf')]]);
    });
    return [...cumulated, sample('_sum', value), sample('_count', sum)];
  });
}
