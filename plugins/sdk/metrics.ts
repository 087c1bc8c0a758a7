/** What a plugin counts and measures. */

/** What a label can say; it is written as text. */
export type MetricLabel = string | number | boolean;

/** What a metric is about. */
export interface MetricDefinition<L extends string = never> {
  /**
   * 1 to 48 of `a-z 0-9 _`, beginning with a letter, of its own in the plugin. Not ending with `_total`, `_count`, `_sum`
   * or `_bucket`, which Prometheus adds.
   */
  readonly name: string;
  /** What it tells, for people; at most 200 characters. */
  readonly help: string;
  /** What its values are told apart by, at most 4 names, made as that of the metric; not `le` or `plugin`. Default: nothing. */
  readonly labels?: readonly L[];
}

/** What a histogram is about. */
export interface HistogramDefinition<L extends string = never> extends MetricDefinition<L> {
  /** Upper bounds, rising, 1 to 16 of them; what is greater is counted as well. Default: 0.005 to 10, for seconds. */
  readonly buckets?: readonly number[];
}

/** The values of all labels that were declared. */
export type MetricLabels<L extends string> = Readonly<Record<L, MetricLabel>>;

/** Something that only grows. */
export interface PluginCounter<L extends string = never> {
  /** Adds `by`, 1 unless said otherwise. Throws for less than 0, for what is no number, and for other labels. */
  add(by?: number, labels?: MetricLabels<L>): void;
}

/** Something that goes up and down. */
export interface PluginGauge<L extends string = never> {
  /** The value from now on. Throws for what is no number, and for other labels. */
  set(value: number, labels?: MetricLabels<L>): void;
}

/** How large many things are. */
export interface PluginHistogram<L extends string = never> {
  /** One more of them. Throws for what is no number, and for other labels. */
  observe(value: number, labels?: MetricLabels<L>): void;
}

/**
 * Figures for whoever runs the plugin: in its status, over restarts of the plugin process, until it is loaded again. Needs
 * no permission. Metrics are declared in `setup`, 32 of them; each has room for 64 sets of label values, and a value of a
 * label for 64 characters. What goes beyond is dropped and counted, and said once in the log.
 */
export interface PluginMetrics {
  /** Declares what only grows. */
  counter<const L extends string = never>(definition: MetricDefinition<L>): PluginCounter<L>;
  /** Declares what goes up and down. */
  gauge<const L extends string = never>(definition: MetricDefinition<L>): PluginGauge<L>;
  /** Declares what is measured again and again, and counted by its size. */
  histogram<const L extends string = never>(definition: HistogramDefinition<L>): PluginHistogram<L>;
}
