/** `ctx.metrics`: adds up what changes in a turn, so that one action tells of it. Runs in isolates only. */

import { limits } from '../limits.ts';
import {
  type MetricChange,
  type MetricInfo,
  metricLabelPattern,
  metricNamePattern,
} from '../metric-info.ts';
import type { HistogramDefinition, MetricDefinition, PluginMetrics } from '../sdk.ts';
import type { Outbox } from './outbox.ts';

// Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
const { freeze, keys, hasOwn } = Object;
const { stringify } = JSON;
const { isFinite: isFiniteNumber } = Number;

/** Seconds: from what nobody notices to what everybody does. */
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Characters of a change as JSON beside its labels: the names of its fields, and each number at most. */
const changeCharacters = 60;
const numberCharacters = 25;

interface Change extends MetricChange {
  value: number;
  readonly counts: number[];
}

type Labels = Readonly<Record<string, unknown>>;

/** The metrics of one plugin. */
export class MetricsInside {
  readonly #outbox: Outbox;
  readonly #isOpen: () => boolean;
  readonly #metrics: MetricInfo[] = [];
  /** Of this turn, by metric and label values. */
  readonly #changes = new Map<string, Change>();
  #characters = 0;
  #dropped = 0;

  /** @param isOpen whether `setup` is still under way */
  constructor(outbox: Outbox, isOpen: () => boolean) {
    this.#outbox = outbox;
    this.#isOpen = isOpen;
  }

  /** `ctx.metrics`. */
  context(): PluginMetrics {
    return freeze<PluginMetrics>({
      counter: (definition) => {
        const metric = this.#declare('counter', definition, []);
        return freeze({
          add: (by = 1, labels = {}) => {
            if (by < 0)
              throw new RangeError(`${definition.name}: a counter only grows, not by ${by}`);
            this.#change(metric, by, labels);
          },
        });
      },
      gauge: (definition) => {
        const metric = this.#declare('gauge', definition, []);
        return freeze({ set: (value: number, labels = {}) => this.#change(metric, value, labels) });
      },
      histogram: (definition) => {
        const metric = this.#declare('histogram', definition, bucketsOf(definition));
        return freeze({
          observe: (value: number, labels = {}) => this.#change(metric, value, labels),
        });
      },
    });
  }

  /** Tells what has changed; called when a turn of the isolate is over. */
  tell(): void {
    if (this.#changes.size === 0 && this.#dropped === 0) return;
    const changes = [...this.#changes.values()];
    this.#outbox.pushLast('measured', { changes, dropped: this.#dropped });
    this.#changes.clear();
    this.#characters = 0;
    this.#dropped = 0;
  }

  #declare(
    kind: MetricInfo['kind'],
    { name, help, labels = [] }: MetricDefinition<string>,
    buckets: readonly number[],
  ): number {
    const what = `ctx.metrics: "${name}"`;
    if (!this.#isOpen()) throw new Error(`${what} comes too late; metrics are declared in setup`);
    if (typeof name !== 'string' || !metricNamePattern.test(name)) {
      throw new TypeError(
        `${what} is no name: 1 to 48 of a-z, 0-9 and _, a letter first, without the endings of Prometheus (_total, _count, _sum, _bucket)`,
      );
    }
    if (this.#metrics.some((other) => other.name === name))
      throw new Error(`${what} is there already`);
    if (this.#metrics.length >= limits.metricsMax) {
      throw new RangeError(`${what} is one too many: a plugin has ${limits.metricsMax} metrics`);
    }
    if (typeof help !== 'string' || help.length > 200) {
      throw new TypeError(`${what}: help is a text of at most 200 characters`);
    }
    if (labels.length > limits.metricLabelsMax || new Set(labels).size < labels.length) {
      throw new RangeError(`${what} has at most ${limits.metricLabelsMax} labels, each once`);
    }
    const wrong = labels.find(
      (label) => typeof label !== 'string' || !metricLabelPattern.test(label),
    );
    if (wrong !== undefined) throw new TypeError(`${what}: "${wrong}" is no name of a label`);
    const info: MetricInfo = { name, kind, help, labels: [...labels], buckets };
    if (!this.#outbox.push('metric', info))
      throw new RangeError(`${what}: setup asks for too much`);
    return this.#metrics.push(info) - 1;
  }

  #change(metric: number, value: number, given: Labels): void {
    const info = this.#metrics[metric];
    if (info === undefined) return;
    if (typeof value !== 'number' || !isFiniteNumber(value)) {
      throw new TypeError(`${info.name}: must be a finite number, not ${value}`);
    }
    const labels = labelsOf(info, given);
    const change = labels.every(({ length }) => length <= limits.metricLabelCharactersMax)
      ? this.#changeOf(metric, info, labels)
      : undefined;
    const sum = info.kind === 'gauge' ? value : (change?.value ?? 0) + value;
    if (change === undefined || !isFiniteNumber(sum)) {
      this.#dropped += 1;
      return;
    }
    change.value = sum;
    if (info.kind !== 'histogram') return;
    const found = info.buckets.findIndex((bound) => value <= bound);
    const bucket = found === -1 ? info.buckets.length : found;
    change.counts[bucket] = (change.counts[bucket] ?? 0) + 1;
  }

  /** What this turn knows of these labels; undefined if there is no more room in it. */
  #changeOf(metric: number, info: MetricInfo, labels: readonly string[]): Change | undefined {
    const key = `${metric}${stringify(labels)}`;
    const known = this.#changes.get(key);
    if (known !== undefined) return known;
    const counts = info.kind === 'histogram' ? [...info.buckets, 0].map(() => 0) : [];
    const characters = key.length + changeCharacters + numberCharacters * (counts.length + 1);
    if (this.#characters + characters > limits.metricTurnCharactersMax) return undefined;
    this.#characters += characters;
    const change = { metric, labels, value: 0, counts };
    this.#changes.set(key, change);
    return change;
  }
}

/** The values in the order of the names. @throws TypeError */
function labelsOf({ name, labels }: MetricInfo, given: Labels): readonly string[] {
  if (labels.some((label) => !hasOwn(given, label)) || keys(given).length > labels.length) {
    const wanted = labels.length === 0 ? 'no labels' : `the labels ${labels.join(', ')}`;
    throw new TypeError(`${name}: has ${wanted}`);
  }
  return labels.map((label) => `${given[label]}`);
}

function bucketsOf({ name, buckets = secondsBuckets }: HistogramDefinition<string>): number[] {
  const isRising = buckets.every(
    (bound, index) =>
      isFiniteNumber(bound) && (index === 0 || bound > (buckets[index - 1] ?? bound)),
  );
  if (buckets.length === 0 || buckets.length > limits.metricBucketsMax || !isRising) {
    throw new RangeError(
      `ctx.metrics: "${name}" has 1 to ${limits.metricBucketsMax} buckets, finite numbers that rise`,
    );
  }
  return [...buckets];
}
