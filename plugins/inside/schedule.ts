/** The plugin's side of `ctx.schedule`. Runs in isolates only. */

import type { DueRun, JobSpec } from '../bridge.ts';
import { limits } from '../limits.ts';
import type {
  CronOptions,
  Interval,
  PluginSchedule,
  ScheduledRun,
  ScheduledTask,
  ScheduleOptions,
} from '../sdk.ts';
import type { Outbox } from './outbox.ts';
import { optional, type Requests } from './requests.ts';

// Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
const { parse, stringify } = JSON;

type Handler = (run: ScheduledRun<never>) => unknown;

/** Calls the plugin's code and makes an action of what it throws. */
type Guard = (during: string, call: () => unknown) => Promise<void>;

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The handlers of one plugin by their jobs, and the calls that register them. */
export class ScheduleInside {
  readonly #requests: Requests;
  readonly #outbox: Outbox;
  readonly #guard: Guard;
  readonly #handlers = new Map<string, Handler>();
  /** Runs that have ended and found the outbox full; told with the next event. */
  #untold: number[] = [];

  constructor(requests: Requests, outbox: Outbox, guard: Guard) {
    this.#requests = requests;
    this.#outbox = outbox;
    this.#guard = guard;
  }

  /** Makes `ctx.schedule`. */
  context(): PluginSchedule {
    return Object.freeze({
      every: (id: string, interval: Interval, ...rest: readonly unknown[]) => {
        const [options, handler] = split<ScheduleOptions>(rest);
        const spec = { type: 'every', everyMs: intervalMs(interval) } as const;
        return optional(this.#register(id, spec, options, handler));
      },
      cron: (id: string, expression: string, ...rest: readonly unknown[]) => {
        const [options, handler] = split<CronOptions>(rest);
        const { timeZone } = options;
        const spec = { type: 'cron', expression: `${expression}`, timeZone } as const;
        return optional(this.#register(id, spec, options, handler));
      },
      task: (id: string, ...rest: readonly unknown[]) => {
        const [options, handler] = split<ScheduleOptions>(rest);
        void optional(this.#register(id, { type: 'task' }, options, handler));
        return this.#task(id);
      },
    });
  }

  /** Runs a handler, and tells that it has settled, however it did. */
  run({ run, job, key, scheduledAtMs, missed, recovered, data: written }: DueRun): void {
    const handler = this.#handlers.get(job);
    const data: unknown = written === '' ? undefined : parse(written);
    const told: ScheduledRun<unknown> = { scheduledAtMs, missed, recovered, key, data };
    // The plugin itself has put the data there, for its own handler.
    const call = (): unknown => handler?.(told as ScheduledRun<never>);
    void this.#guard(`schedule ${job}`, call).then(() => {
      if (!this.#outbox.push('ran', { run })) this.#untold.push(run);
    });
  }

  /** Tells what the outbox had no room for. */
  advance(): void {
    const untold = this.#untold;
    this.#untold = [];
    for (const run of untold) {
      if (!this.#outbox.push('ran', { run })) this.#untold.push(run);
    }
  }

  async #register(
    id: string,
    spec: JobSpec,
    { missed = 'once' }: ScheduleOptions,
    handler: Handler,
  ): Promise<void> {
    const job = checked(id);
    if (this.#handlers.has(job))
      throw new TypeError(`ctx.schedule: there is a job "${job}" already`);
    this.#handlers.set(job, handler);
    await this.#requests.ask('scheduleJob', { job, spec, missed });
  }

  #task(id: string): ScheduledTask<unknown> {
    return Object.freeze({
      at: (when: number | Date, data?: unknown, options: { readonly key?: string } = {}) =>
        optional(this.#addTask(checked(id), when, data, options.key)),
      cancel: (key: string) =>
        optional(
          this.#requests.ask('cancelTask', {
            job: checked(id),
            key: checked(key, limits.storageKeyCharactersMax),
          }),
        ),
    });
  }

  async #addTask(
    job: string,
    when: number | Date,
    data: unknown,
    key: string | undefined,
  ): Promise<string> {
    const atMs = Math.round(Number(when));
    if (!(atMs >= 0 && atMs <= 8.64e15)) {
      throw new RangeError('ctx.schedule: a time is a Date, or milliseconds of the epoch');
    }
    const written: string | undefined = stringify(data);
    if (written === undefined && data !== undefined) {
      throw new TypeError('ctx.schedule: what a task carries is what JSON can carry');
    }
    if (key !== undefined) checked(key, limits.storageKeyCharactersMax);
    return this.#requests.ask('scheduleTask', { job, key, atMs, data: written ?? '' });
  }
}

/** What stands before the handler may be left out. @throws TypeError */
function split<Options extends object>(
  rest: readonly unknown[],
): readonly [Partial<Options>, Handler] {
  const [options, handler] = rest.length === 1 ? [{}, rest[0]] : rest;
  if (typeof handler !== 'function' || typeof options !== 'object' || options === null) {
    throw new TypeError('ctx.schedule: the last argument is a function, options stand before it');
  }
  // The overloads of the SDK have tied the options and the handler to their method.
  return [options, handler as Handler];
}

/** @throws TypeError for what is no name; what is enforced is outside */
function checked(name: string, max: number = limits.scheduleNameCharactersMax): string {
  if (typeof name !== 'string' || name.length > max || !/^[^\p{Cc}\p{Cs}]+$/u.test(name)) {
    throw new TypeError(
      `ctx.schedule: a name or key is a text of 1 to ${max} characters on one line`,
    );
  }
  return name;
}

/** An interval of the SDK in milliseconds. @throws RangeError */
export function intervalMs(interval: Interval): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(`${interval}`) ?? [];
  // The expression lets no other unit through.
  const factor = unit === undefined ? 1 : unitsMs[unit as keyof typeof unitsMs];
  const everyMs = count === undefined ? Number(interval) : Number(count) * factor;
  const { scheduleEveryMsMin: min, scheduleEveryMsMax: max } = limits;
  if (!Number.isInteger(everyMs) || everyMs < min || everyMs > max) {
    throw new RangeError(
      `an interval is ${min} to ${max} milliseconds, or a text such as "90s", "10m", "2h", "1d", not ${interval}`,
    );
  }
  return everyMs;
}
