/** The jobs of one life of a plugin, and how they pass to another version of it. */

import { BanterError } from '../core/error-api.ts';
import type { JobSpec } from './bridge.ts';
import type { JobOwner, JobRow } from './job-table.ts';
import { limits } from './limits.ts';
import type { HostedPlugin } from './plugin.ts';
import { intervalRecurrence, type MissedPolicy, type Recurrence } from './timetable.ts';

/** What is to be run: a recurring job under the key '', or one task of a job. */
export interface Entry {
  readonly job: string;
  readonly key: string;
  /** JSON; empty where there is none. */
  readonly data: string;
  readonly spec: JobSpec;
  readonly missed: MissedPolicy;
  readonly recurrence: Recurrence | undefined;
  /** Milliseconds of the epoch. */
  nextAtMs: number;
  /** How often the present run was begun before. */
  attempts: number;
  running: boolean;
}

/** A run under way. */
export interface Run {
  readonly entry: Entry;
  readonly scheduledAtMs: number;
  /** Milliseconds of the monotonic clock. */
  readonly sinceMs: number;
}

/** One life of a plugin: it registers everything anew in each, and what is under way in one means nothing to the next. */
export interface Book {
  readonly plugin: HostedPlugin;
  readonly life: number;
  readonly owner: JobOwner;
  /** What was registered, by the name of the job. */
  readonly jobs: Map<string, Pick<Entry, 'spec' | 'missed'>>;
  readonly entries: Map<string, Entry>;
  /** Under way, by their number. */
  readonly runs: Map<number, Run>;
  /** What recurs in another form than in the version that still runs: written once this one takes over. */
  readonly unwritten: JobRow[];
  /** Who goes on with the jobs, and until when that is decided. */
  heir: Book | undefined;
  handover: Promise<void> | undefined;
}

/** The jobs of a book as they stand in the file, and the runs of another that are under way. */
export function inherit(to: Book, from: Book | undefined, rows: readonly JobRow[]): void {
  const registered = [...to.entries.values()];
  to.entries.clear();
  for (const row of rows) {
    const job = to.jobs.get(row.job);
    const isTask = row.key !== '';
    if (job === undefined || isTask !== (job.spec.type === 'task')) continue;
    const own = registered.find(({ job: name, key }) => name === row.job && key === '');
    const recurrence =
      job.spec.type === 'every'
        ? intervalRecurrence(row.nextAtMs, job.spec.everyMs)
        : own?.recurrence;
    to.entries.set(placeOf(row), { ...row, ...job, recurrence, running: false });
  }
  for (const [number, run] of from?.runs ?? []) {
    const entry = to.entries.get(placeOf(run.entry));
    if (entry === undefined) continue;
    entry.running = true;
    from?.runs.set(number, { ...run, entry });
  }
  if (from !== undefined) from.heir = to;
}

/** Recurrences by what was asked for; undefined for tasks. @throws BanterError OPTION_INVALID */
export async function recurrenceOf(
  spec: JobSpec,
  anchorMs: number,
): Promise<Recurrence | undefined> {
  switch (spec.type) {
    case 'every':
      return intervalRecurrence(anchorMs, spec.everyMs);
    case 'cron': {
      // Loaded with the first expression: most plugins have none.
      const { cronRecurrence } = await import('./cron.ts');
      return cronRecurrence(spec.expression, spec.timeZone);
    }
    case 'task':
      return undefined;
  }
}

/** @throws BanterError STORAGE_FULL, PLUGIN_FAILED */
export function checkData(data: string): void {
  const bytes = Buffer.byteLength(data);
  if (bytes > limits.scheduleDataBytesMax) {
    const problem = `a task carries at most ${limits.scheduleDataBytesMax} bytes of JSON; this one has ${bytes}`;
    throw new BanterError('STORAGE_FULL', problem);
  }
  try {
    if (data !== '') JSON.parse(data);
  } catch (cause) {
    throw new BanterError('PLUGIN_FAILED', 'what a task carries must be JSON', { cause });
  }
}

/** A job's name and a task's key as one word: neither holds a line break. */
export function placeOf({ job, key }: { readonly job: string; readonly key: string }): string {
  return `${job}\n${key}`;
}
