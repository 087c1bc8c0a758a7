/** The text format of Prometheus, version 0.0.4. */

export type Labels = readonly (readonly [name: string, value: string])[];

/** One figure. */
export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** What has one name, and its figures. */
export interface FamilyText {
  readonly name: string;
  /** Undefined where it is not known or not the same for all; the samples speak for themselves then. */
  readonly kind: 'counter' | 'gauge' | 'histogram' | undefined;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** Lines, each with its end. */
export function familyText({ name, kind, help, samples }: FamilyText): string {
  const words = help.replaceAll('\\', '\\\\').replaceAll(/[\r\n]+/g, ' ');
  const head = kind === undefined ? '' : `# HELP ${name} ${words}\n# TYPE ${name} ${kind}\n`;
  const lines = samples.map(
    (sample) => `${sample.name}${labelsText(sample.labels)} ${sample.value}\n`,
  );
  return head + lines.join('');
}

/** `{group="ops"}`, or nothing. */
export function labelsText(labels: Labels): string {
  if (labels.length === 0) return '';
  const written = labels.map(([name, value]) => `${name}="${escaped(value)}"`);
  return `{${written.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
