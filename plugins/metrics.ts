/** The metrics of one plugin as the chat process knows them. */

import { limits } from './limits.ts';
import type { MetricChange, MetricInfo } from './metric-info.ts';

/** The figures under one set of label values. */
export interface MetricSeries {
  /** In the order of the names. */
  readonly labels: readonly string[];
  /** Of a counter or a gauge; of a histogram the sum of all that was observed. */
  readonly value: number;
  /** Of a histogram: how many fell into each bucket, those of the others left out, and beyond; else empty. */
  readonly counts: readonly number[];
}

/** A metric with all its figures. */
export interface MetricFamily extends MetricInfo {
  readonly series: readonly MetricSeries[];
}

/** All metrics of a plugin, and how many values of them were dropped because there were too many. */
export interface MetricsStatus {
  readonly families: readonly MetricFamily[];
  readonly dropped: number;
}

interface Family {
  readonly info: MetricInfo;
  /** By their label values. */
  readonly series: Map<string, MetricSeries>;
}

/** Outlives the isolate: the next one of the same plugin declares the same, and goes on counting. */
export class Metrics {
  /** By name, in the order of the first declarations. */
  readonly #families = new Map<string, Family>();
  /** As the present isolate numbers them. */
  #declared: Family[] = [];
  #dropped = 0;

  status(): MetricsStatus {
    const families = [...this.#families.values()].map(({ info, series }) => ({
      ...info,
      series: [...series.values()],
    }));
    return { families, dropped: this.#dropped };
  }

  /** There is a new isolate, which declares anew. */
  restart(): void {
    this.#declared = [];
  }

  /** Takes note of a metric; what was counted under its name goes on if it is still the same. One too many is ignored. */
  declare({ name, kind, help, labels, buckets }: MetricInfo): void {
    if (this.#declared.length >= limits.metricsMax) return;
    const info = { name, kind, help, labels, buckets };
    const known = this.#families.get(name);
    const family =
      known !== undefined && isSame(known.info, info) ? known : { info, series: new Map() };
    if (known !== undefined || this.#families.size < limits.metricsMax) {
      this.#families.set(name, family);
    }
    this.#declared.push(family);
  }

  /** Takes in what has changed; returns how many values there was no room for, those that were dropped inside included. */
  measure(changes: readonly MetricChange[], droppedInside: number): number {
    let dropped = droppedInside;
    for (const change of changes) {
      if (!this.#apply(change)) dropped += 1;
    }
    this.#dropped += dropped;
    return dropped;
  }

  #apply({ metric, labels: given, value, counts }: MetricChange): boolean {
    const family = this.#declared[metric];
    if (family === undefined || !fits(family.info, given, counts)) return false;
    // Half a surrogate pair is written as the same sign as any other one.
    const labels = given.map((label) => label.toWellFormed());
    const key = JSON.stringify(labels);
    const { info, series } = family;
    const before = series.get(key);
    if (before === undefined && series.size >= limits.metricSeriesMax) return false;
    const next = info.kind === 'gauge' ? value : (before?.value ?? 0) + value;
    if (!Number.isFinite(next) || (info.kind === 'counter' && value < 0)) return false;
    series.set(key, {
      labels,
      value: next,
      counts: counts.map((count, index) => count + (before?.counts[index] ?? 0)),
    });
    return true;
  }
}

function fits(info: MetricInfo, labels: readonly string[], counts: readonly number[]): boolean {
  const countsLength = info.kind === 'histogram' ? info.buckets.length + 1 : 0;
  return labels.length === info.labels.length && counts.length === countsLength;
}

function isSame(one: MetricInfo, other: MetricInfo): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
