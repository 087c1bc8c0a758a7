import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cronRecurrence } from '../../plugins/cron.ts';
import {
  type Appointment,
  intervalRecurrence,
  missedPolicies,
  nextAfter,
  planAt,
  withinInterval,
} from '../../plugins/timetable.ts';

const hourMs = 3_600_000;

/** A job of every hour whose first run that was not handled is at 1,000 hours. */
const hourly = (missed: Appointment['missed']): Appointment => ({
  nextAtMs: 1000 * hourMs,
  recurrence: intervalRecurrence(7 * hourMs, hourMs),
  missed,
});

test('before its time there is nothing to do, and at its time a run', () => {
  for (const missed of missedPolicies) {
    assert.deepEqual(planAt(hourly(missed), 1000 * hourMs - 1), { type: 'wait' });
    const run = { type: 'run', scheduledAtMs: 1000 * hourMs, missed: false };
    assert.deepEqual(planAt(hourly(missed), 1000 * hourMs), run);
    assert.deepEqual(planAt(hourly(missed), 1000 * hourMs + 5000), run);
    assert.equal(nextAfter(hourly(missed), 1000 * hourMs, 1000 * hourMs + 10), 1001 * hourMs);
  }
});

test('"skip" makes up for nothing, and runs what is on time', () => {
  const late = planAt(hourly('skip'), 1003.5 * hourMs);
  assert.equal(late.type, 'skip');
  assert.equal(nextAfter(hourly('skip'), 1003 * hourMs, 1003.5 * hourMs), 1004 * hourMs);
  assert.deepEqual(planAt(hourly('skip'), 1003 * hourMs + 100), {
    type: 'run',
    scheduledAtMs: 1003 * hourMs,
    missed: true,
  });
});

test('"once" makes up for all in one run', () => {
  const run = { type: 'run', scheduledAtMs: 1003 * hourMs, missed: true };
  assert.deepEqual(planAt(hourly('once'), 1003.5 * hourMs), run);
  assert.equal(nextAfter(hourly('once'), 1003 * hourMs, 1003.5 * hourMs), 1004 * hourMs);
});

test('"all" makes up for each in order, the newest hundred at most', () => {
  assert.deepEqual(planAt(hourly('all'), 1003.5 * hourMs), {
    type: 'run',
    scheduledAtMs: 1000 * hourMs,
    missed: true,
  });
  assert.equal(nextAfter(hourly('all'), 1000 * hourMs, 1003.5 * hourMs), 1001 * hourMs);
  const long = planAt(hourly('all'), 2000 * hourMs);
  assert.ok(long.type === 'run');
  assert.equal(long.scheduledAtMs, 1901 * hourMs);
});

test('what comes once is run once, however late, unless it is to be skipped', () => {
  const task = { nextAtMs: 1000, recurrence: undefined } as const;
  for (const missed of ['once', 'all'] as const) {
    const run = { type: 'run', scheduledAtMs: 1000, missed: true };
    assert.deepEqual(planAt({ ...task, missed }, 9_000_000), run);
    assert.equal(nextAfter({ ...task, missed }, 1000, 9_000_000), undefined);
  }
  assert.equal(planAt({ ...task, missed: 'skip' }, 9_000_000).type, 'skip');
});

test('an interval keeps to its grid, whatever anything takes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 41 }),
      fc.integer({ min: 1000, max: 31_536_000_000 }),
      fc.integer({ min: 0, max: 2 ** 41 }),
      (anchor, every, at) => {
        const recurrence = intervalRecurrence(anchor, every);
        const next = recurrence.after(at) ?? 0;
        assert.ok(next > at && next <= at + every);
        assert.equal((next - anchor) % every || 0, 0);
        assert.deepEqual(recurrence.upTo(at, 2), [next - 2 * every, next - every]);
      },
    ),
  );
});

test('a clock that is set back puts an interval off by no more than itself', () => {
  assert.equal(withinInterval(hourly('once'), hourMs, 999.5 * hourMs), 1000 * hourMs);
  assert.equal(withinInterval(hourly('once'), hourMs, 500.5 * hourMs), 501 * hourMs);
});

test('a cron expression means the clock of its zone, also when that is changed', () => {
  const berlin = cronRecurrence('30 7 * * *', 'Europe/Berlin');
  const utc = (text: string): number => Date.parse(`${text}Z`);
  assert.equal(berlin.after(utc('2026-03-28T07:00')), utc('2026-03-29T05:30'));
  assert.equal(berlin.after(utc('2026-03-27T07:00')), utc('2026-03-28T06:30'));
  assert.deepEqual(berlin.upTo(utc('2026-03-29T05:30'), 2), [
    utc('2026-03-28T06:30'),
    utc('2026-03-29T05:30'),
  ]);
  assert.deepEqual(berlin.upTo(utc('2026-03-29T05:29'), 1), [utc('2026-03-28T06:30')]);
  const weekdays = cronRecurrence('*/20 0 9 * * MON-FRI', 'UTC');
  assert.equal(weekdays.after(utc('2026-11-27T09:00:40')), utc('2026-11-30T09:00:00'));
});

for (const [expression, zone, why] of [
  ['', undefined, /five or six fields/],
  ['* * * *', undefined, /five or six fields/],
  ['61 * * * *', undefined, /is no schedule/],
  ['0 0 30 2 *', undefined, /never comes/],
  ['@daily', undefined, /five or six fields/],
  ['2030-01-01T00:00:00', undefined, /five or six fields/],
  ['* * * * *', 'Mars/Olympus', /is no schedule/],
  [`* * * * ${'1,'.repeat(40)}`, undefined, /is no schedule/],
] as const) {
  test(`"${expression.slice(0, 30)}" ${zone ?? ''} is refused as a schedule`, () => {
    assert.throws(() => cronRecurrence(expression, zone), { code: 'OPTION_INVALID', message: why });
  });
}
