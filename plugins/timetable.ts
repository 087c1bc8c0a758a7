/** Pure: which run of a job is due at an instant, and when the next one is. */

import { limits } from './limits.ts';

/** What can happen to runs whose time passed while nobody could handle them. */
export const missedPolicies = ['skip', 'once', 'all'] as const;

/** One of {@link missedPolicies}. */
export type MissedPolicy = (typeof missedPolicies)[number];

/** Times that come again. */
export interface Recurrence {
  /** The first one after an instant, in milliseconds of the epoch. */
  after(ms: number): number | undefined;
  /** The last `count` ones up to an instant, oldest first. */
  upTo(ms: number, count: number): readonly number[];
}

/** What a plan is made of. */
export interface Appointment {
  /** The time of the first run that has not been handled, in milliseconds of the epoch. */
  readonly nextAtMs: number;
  /** Undefined for what comes once. */
  readonly recurrence: Recurrence | undefined;
  readonly missed: MissedPolicy;
}

/** What to do at an instant. */
export type Plan =
  | { readonly type: 'wait' }
  /** Nothing is run of what has passed. */
  | { readonly type: 'skip'; readonly scheduledAtMs: number }
  | { readonly type: 'run'; readonly scheduledAtMs: number; readonly missed: boolean };

/** So late, and a run counts as missed: later than a busy machine, sooner than a person would notice. Milliseconds. */
const lateMs = 5000;

/** What an appointment asks for at `nowMs`. */
export function planAt({ nextAtMs, recurrence, missed }: Appointment, nowMs: number): Plan {
  if (nextAtMs > nowMs) return { type: 'wait' };
  const count = missed === 'all' ? limits.scheduleMissedRunsMax : 1;
  const due = recurrence?.upTo(nowMs, count).filter((atMs) => atMs >= nextAtMs) ?? [];
  // A changed time zone may have moved all others away; the one that was promised stands.
  const scheduledAtMs = due[0] ?? nextAtMs;
  if (missed === 'skip' && nowMs - scheduledAtMs > lateMs) {
    return { type: 'skip', scheduledAtMs };
  }
  return { type: 'run', scheduledAtMs, missed: nowMs - nextAtMs > lateMs };
}

/** The time after a run that has been handled; undefined if there is none. */
export function nextAfter(
  { recurrence, missed }: Appointment,
  scheduledAtMs: number,
  nowMs: number,
): number | undefined {
  return recurrence?.after(missed === 'all' ? scheduledAtMs : Math.max(scheduledAtMs, nowMs));
}

/** The next time of an interval, which a clock that was set back would put off by as much as that. */
export function withinInterval(
  { nextAtMs, recurrence }: Appointment,
  everyMs: number,
  nowMs: number,
): number {
  return nextAtMs > nowMs + everyMs ? (recurrence?.after(nowMs) ?? nextAtMs) : nextAtMs;
}

/** Every so many milliseconds, from an anchor on: the distance never grows by how long anything takes. */
export function intervalRecurrence(anchorMs: number, everyMs: number): Recurrence {
  const last = (ms: number): number => anchorMs + Math.floor((ms - anchorMs) / everyMs) * everyMs;
  return {
    after: (ms) => last(ms) + everyMs,
    upTo: (ms, count) =>
      Array.from({ length: count }, (_, index) => last(ms) - (count - 1 - index) * everyMs),
  };
}
