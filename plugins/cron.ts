/** The times of a cron expression, by croner; the one file that knows it. */

import { Cron } from 'croner';
import { BanterError } from '../core/error-api.ts';
import type { Recurrence } from './timetable.ts';

/** Fields of numbers, names, lists, ranges and steps: what is costly to evaluate or no expression is not let through. */
const fields = /^[\dA-Z*,/#-]+(?: +[\dA-Z*,/#-]+){4,5}$/i;

/**
 * The recurrence of an expression of five fields, or six with the seconds first, on the clock of a time zone (default:
 * this machine's).
 * @throws BanterError OPTION_INVALID for what is no expression or zone, or never comes
 */
export function cronRecurrence(expression: string, timeZone: string | undefined): Recurrence {
  const cron = parse(expression, timeZone);
  return {
    after: (ms) => cron.nextRun(new Date(ms))?.getTime(),
    // Asked of the instant behind it, so that the instant itself is among them.
    upTo: (ms, count) =>
      cron
        .previousRuns(count, new Date(ms + 1))
        .map((date) => date.getTime())
        .reverse(),
  };
}

function parse(expression: string, timeZone: string | undefined): Cron {
  const where = timeZone === undefined ? {} : { timezone: timeZone };
  try {
    if (!fields.test(expression))
      throw new TypeError('five or six fields such as "30 7 * * MON-FRI"');
    const cron = new Cron(expression, { ...where, paused: true, mode: '5-or-6-parts' });
    if (cron.nextRun() !== null) return cron;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new BanterError('OPTION_INVALID', `"${expression}" is no schedule: ${problem}`, {
      cause,
    });
  }
  throw new BanterError('OPTION_INVALID', `"${expression}" never comes`);
}
