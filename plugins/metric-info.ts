/** What crosses the wall about metrics: what they are, and what of them has changed. */

import { limits } from './limits.ts';
import { choice, integer, list, number, record, type Shape, ShapeError, text } from './shape.ts';

/** Kinds of metrics. */
export const metricKinds = ['counter', 'gauge', 'histogram'] as const;

/** A metric as it was declared. */
export interface MetricInfo {
  readonly name: string;
  readonly kind: (typeof metricKinds)[number];
  readonly help: string;
  /** Names of its labels. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, rising; else empty. */
  readonly buckets: readonly number[];
}

/** One set of label values of a metric that has changed in a turn. */
export interface MetricChange {
  /** Which metric, counted from 0 in the order of their declarations. */
  readonly metric: number;
  /** In the order of the names. */
  readonly labels: readonly string[];
  /** What a counter has grown by, what a gauge is, the sum of what a histogram was given. */
  readonly value: number;
  /** Of a histogram: how many of these fell into each bucket, and beyond; else empty. */
  readonly counts: readonly number[];
}

/** A metric is declared; before `setup` is done. */
export type MetricAction = { readonly type: 'metric' } & MetricInfo;

/** What has changed in this turn, and how many values were dropped inside. */
export interface MeasuredAction {
  readonly type: 'measured';
  readonly changes: readonly MetricChange[];
  readonly dropped: number;
}

/** Prometheus makes names of its own with these ends. */
export const metricNamePattern: RegExp =
  /^(?!.*_(?:total|count|sum|bucket)$)[a-z](?:[a-z0-9_]{0,47})$/;
/** `le` is Prometheus’ own, and `plugin` says whose metric it is. */
export const metricLabelPattern: RegExp = /^(?!(?:le|plugin)$)[a-z][a-z0-9_]{0,47}$/;

/** The least that a change takes as JSON, and what a number takes at most. */
const changeCharactersMin = 40;

const labels = (max: number, pattern?: RegExp): Shape<readonly string[]> =>
  list(text(max, pattern), limits.metricLabelsMax);

const rising: Shape<readonly number[]> = (value, place) => {
  const bounds = list(number, limits.metricBucketsMax)(value, place);
  if (bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? bound))) {
    return bounds;
  }
  throw new ShapeError(place, 'must rise');
};

/** Reads the action in which an isolate declares a metric. */
export const metricShape: Shape<MetricAction> = record<MetricAction>({
  type: choice(['metric']),
  name: text(48, metricNamePattern),
  kind: choice(metricKinds),
  help: text(200),
  labels: labels(48, metricLabelPattern),
  buckets: rising,
});

/** Reads the action in which an isolate tells values. */
export const measuredShape: Shape<MeasuredAction> = record<MeasuredAction>({
  type: choice(['measured']),
  changes: list(
    record<MetricChange>({
      metric: integer(0, limits.metricsMax - 1),
      labels: labels(limits.metricLabelCharactersMax),
      value: number,
      counts: list(integer(0, Number.MAX_SAFE_INTEGER), limits.metricBucketsMax + 1),
    }),
    Math.ceil(limits.metricTurnCharactersMax / changeCharactersMin),
  ),
  dropped: integer(0, Number.MAX_SAFE_INTEGER),
});
