/** What a plugin does later. */

/** Milliseconds, or a number with a unit: `90s`, `10m`, `2h`, `1d`. One second to one year. */
export type Interval = number | `${number}${'s' | 'm' | 'h' | 'd'}`;

/** How a job is run. */
export interface ScheduleOptions {
  /**
   * What happens to runs whose time passed while the client was not running, the plugin was not loaded or the machine
   * slept, later than 5 s: none is made up for (`skip`), one for all of them (`once`, the default), or every one in its
   * order, the newest 100 at most (`all`).
   */
  readonly missed?: 'skip' | 'once' | 'all';
}

/** How a cron job is run. */
export interface CronOptions extends ScheduleOptions {
  /** Whose clock the expression means, such as `Europe/Berlin`. Default: that of the machine. */
  readonly timeZone?: string;
}

/** One run of a job. */
export interface ScheduledRun<T = undefined> {
  /** When it should have been, in milliseconds of the epoch. */
  readonly scheduledAtMs: number;
  /** Whether it is late, or stands for earlier runs that are. */
  readonly missed: boolean;
  /** Whether it was begun before and never ended, as the plugin or the client did: what it does may have been done. */
  readonly recovered: boolean;
  /** The key of a task; empty for a job that recurs. */
  readonly key: string;
  /** What the task was given. */
  readonly data: T;
}

/** Things to do once, each at its time. */
export interface ScheduledTask<T> {
  /**
   * Has the handler called at a time, a `Date` or milliseconds of the epoch, with `data`: what JSON can carry, 4 KiB at
   * most. Resolves with its key once it is kept. A task of the same `key` (1 to 200 characters) is replaced; without one it
   * gets a key of its own. 1,000 tasks of a plugin can wait; one more rejects with `STORAGE_FULL`.
   */
  at(when: number | Date, data: T, options?: { readonly key?: string }): Promise<string>;
  /** Takes a task back; resolves with whether there was one. */
  cancel(key: string): Promise<boolean>;
}

/**
 * What the plugin does later. Jobs are registered in `setup`, at most 100, each under an id of 1 to 64 characters by which
 * it is known again after a restart. Their next times are kept in the data folder, for this plugin of a client of this name at this server;
 * without a folder they are forgotten with the client. Needs `schedule`.
 *
 * A run is done once its handler has settled, well or not. One that the end of the plugin or the client interrupts is run
 * again, flagged `recovered`; after three such attempts it is passed over. The next run of a job waits for the one before,
 * for ten minutes at most; 16 runs of a plugin are under way at a time.
 *
 * What cannot be done rejects with an error whose `code` says why: `PERMISSION_DENIED`, `OPTION_INVALID` (no expression or
 * zone, too late), `STORAGE_FULL` or, as with {@link PluginStorage}, what the file says. What is no id, time or
 * interval throws or rejects with a `TypeError` or `RangeError`.
 */
export interface PluginSchedule {
  /**
   * Runs at a fixed interval, which no handler prolongs. The first run is one interval after the first registration; a
   * restart changes nothing of that, another interval begins anew.
   */
  every(id: string, interval: Interval, handler: (run: ScheduledRun) => unknown): Promise<void>;
  /** The same with options. */
  every(
    id: string,
    interval: Interval,
    options: ScheduleOptions,
    handler: (run: ScheduledRun) => unknown,
  ): Promise<void>;
  /**
   * Runs at the times of an expression of five fields (minute, hour, day, month, weekday), or of six with seconds first:
   * `30 7 * * MON-FRI`.
   */
  cron(id: string, expression: string, handler: (run: ScheduledRun) => unknown): Promise<void>;
  /** The same with options. */
  cron(
    id: string,
    expression: string,
    options: CronOptions,
    handler: (run: ScheduledRun) => unknown,
  ): Promise<void>;
  /** Registers what is done with the tasks of this id, those of before a restart included. */
  task<T = undefined>(id: string, handler: (run: ScheduledRun<T>) => unknown): ScheduledTask<T>;
  /** The same with options. */
  task<T = undefined>(
    id: string,
    options: ScheduleOptions,
    handler: (run: ScheduledRun<T>) => unknown,
  ): ScheduledTask<T>;
}
