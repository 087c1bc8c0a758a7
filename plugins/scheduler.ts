/** The capability `schedule`: keeps the clock for the jobs of plugins, and their next times in the database. */

import { randomUUID } from 'node:crypto';
import { BanterError } from '../core/error-api.ts';
import type { ActionResults, PluginEvent, ScheduleAction } from './bridge.ts';
import type { Clock } from './clock.ts';
import type { PluginDatabase, Tables } from './database.ts';
import {
  type Book,
  checkData,
  type Entry,
  inherit,
  placeOf,
  type Run,
  recurrenceOf,
} from './job-book.ts';
import type { JobRow } from './job-table.ts';
import { keyOf } from './keeper-table.ts';
import { limits } from './limits.ts';
import type { OpenWork } from './open-work.ts';
import type { HostedPlugin } from './plugin.ts';
import { nextAfter, planAt, withinInterval } from './timetable.ts';

/** Whom the scheduler tells. */
export interface SchedulerOwner {
  /** The client by name and server; jobs are its own, as another client may share the folder. */
  readonly client: string;
  readonly clock: Clock;
  readonly work: OpenWork;
  tell(plugin: HostedPlugin, event: PluginEvent): void;
  log(plugin: HostedPlugin, level: 'warn' | 'error', text: string): void;
}

/** Runs what is due. A run is done once its handler has settled: what a crash interrupts is run again. */
export class Scheduler {
  readonly #database: PluginDatabase;
  readonly #owner: SchedulerOwner;
  /** Of the plugins that live; the runtime bounds them. */
  readonly #books = new Map<HostedPlugin, Book>();
  #lastRun = 0;
  #cancelTimer: () => void = () => undefined;
  #soon: NodeJS.Immediate | undefined;

  constructor(database: PluginDatabase, owner: SchedulerOwner) {
    this.#database = database;
    this.#owner = owner;
  }

  /**
   * Does what a plugin asks for; what is resolved outlives the end of this process.
   * @throws BanterError OPTION_INVALID, STORAGE_FULL, and as {@link PluginDatabase.run}
   */
  async perform(
    plugin: HostedPlugin,
    action: ScheduleAction,
  ): Promise<ActionResults[ScheduleAction['type']]> {
    const own = this.#bookOf(plugin);
    // Whoever registers in a `setup` that does not wait for it must not come too late.
    if (own.handover !== undefined) await own.handover;
    const book = own.heir ?? own;
    switch (action.type) {
      case 'scheduleJob':
        return this.#register(book, action);
      case 'scheduleTask':
        return this.#addTask(book, action);
      case 'cancelTask':
        book.entries.delete(placeOf(action));
        return this.#database.run(({ jobs }) => jobs.delete(book.owner, action));
    }
  }

  /** The plugin's `setup` is done: what recurred and was not registered again is forgotten, and what is due begins. */
  ready(plugin: HostedPlugin): void {
    if (!plugin.granted.allows('schedule')) return;
    const { owner, jobs } = this.#bookOf(plugin);
    // Tasks stay: they are what somebody asked for, and a later version may know their job again.
    this.#write(plugin, (tables) => {
      for (const row of tables.jobs.rows(owner)) {
        if (row.key === '' && !jobs.has(row.job)) tables.jobs.delete(owner, row);
      }
    });
    this.#lookSoon();
  }

  /** A handler of the plugin has settled. A run that is not under way is none. */
  ran(plugin: HostedPlugin, number: number): void {
    const book = this.#bookOf(plugin);
    if (book.handover === undefined) this.#end(book, number);
    else void book.handover.then(() => this.#end(book, number));
  }

  /**
   * What is registered by a version that is set up goes on in its place, with what waits in the file and the runs that
   * the old one still ends. Written in one transaction; if that fails, the old one goes on.
   * @throws BanterError as {@link PluginDatabase.run}
   */
  async takeOver(old: HostedPlugin, plugin: HostedPlugin): Promise<void> {
    const from = this.#books.get(old);
    if (from === undefined && !plugin.granted.allows('schedule')) return;
    const to = this.#bookOf(plugin);
    const written = this.#database.run(({ jobs }) => {
      for (const row of to.unwritten) jobs.put(to.owner, row);
      for (const row of jobs.rows(to.owner)) {
        if (row.key === '' && !to.jobs.has(row.job)) jobs.delete(to.owner, row);
      }
      return jobs.rows(to.owner);
    });
    const handover = written.then((rows) => inherit(to, from, rows));
    if (from !== undefined) {
      // What the old one asks for meanwhile waits for this; whether it failed is told below.
      const over = (): void => {
        from.handover = undefined;
      };
      from.handover = handover.then(over, over);
    }
    await handover;
    this.#lookSoon();
  }

  /** Whether a handler of the plugin has not settled. */
  isRunning(plugin: HostedPlugin): boolean {
    return (this.#books.get(plugin)?.runs.size ?? 0) > 0;
  }

  /** The plugin's isolate is gone: what it did not end for another one, that one begins again. */
  forget(plugin: HostedPlugin): void {
    const book = this.#books.get(plugin);
    if (book?.heir === undefined) return;
    for (const { entry } of book.runs.values()) entry.running = false;
    this.#books.delete(plugin);
    this.#lookSoon();
  }

  /** Stops the clock. */
  close(): void {
    this.#cancelTimer();
    if (this.#soon !== undefined) this.#owner.work.end();
    clearImmediate(this.#soon);
    this.#soon = undefined;
    this.#books.clear();
  }

  #bookOf(plugin: HostedPlugin): Book {
    const { life } = plugin;
    const present = this.#books.get(plugin);
    if (present?.life === life) return present;
    const owner = { client: this.#owner.client, ...keyOf(plugin) };
    const empty = { jobs: new Map(), entries: new Map(), runs: new Map(), unwritten: [] };
    const book: Book = {
      plugin,
      life,
      owner,
      ...empty,
      heir: undefined,
      handover: undefined,
    };
    this.#books.set(plugin, book);
    return book;
  }

  async #register(
    { plugin, owner, jobs, entries, unwritten }: Book,
    { job, spec, missed }: Extract<ScheduleAction, { readonly type: 'scheduleJob' }>,
  ): Promise<undefined> {
    if (plugin.phase !== 'settingUp') {
      throw new BanterError(
        'OPTION_INVALID',
        `"${job}" comes too late: schedules are made in setup`,
      );
    }
    if (jobs.has(job) || jobs.size >= limits.scheduleJobsMax) {
      const problem = `"${job}" is there already, or there are ${limits.scheduleJobsMax} jobs`;
      throw new BanterError('STORAGE_FULL', problem);
    }
    jobs.set(job, { spec, missed });
    const now = this.#owner.clock.wallClockMs();
    const recurrence = await recurrenceOf(spec, now);
    const fresh: JobRow = {
      job,
      key: '',
      spec: JSON.stringify(spec),
      data: '',
      nextAtMs: recurrence?.after(now) ?? now,
      attempts: 0,
    };
    const rows = await this.#database.run((tables) => {
      const present = tables.jobs.rows(owner).filter((row) => row.job === job);
      if (recurrence === undefined) return present.filter(({ key }) => key !== '');
      const same = present.find(({ key, spec: kept }) => key === '' && kept === fresh.spec);
      if (same === undefined && plugin.isCandidate) unwritten.push(fresh);
      else if (same === undefined) tables.jobs.put(owner, fresh);
      return [same ?? fresh];
    });
    for (const row of rows) {
      // What was promised before the restart anchors an interval.
      const own = spec.type === 'every' ? await recurrenceOf(spec, row.nextAtMs) : recurrence;
      entries.set(placeOf(row), { ...row, spec, missed, recurrence: own, running: false });
    }
    this.#lookSoon();
  }

  async #addTask(
    { owner, jobs, entries }: Book,
    { job, key: given, atMs, data }: Extract<ScheduleAction, { readonly type: 'scheduleTask' }>,
  ): Promise<string> {
    const registered = jobs.get(job);
    if (registered?.spec.type !== 'task') {
      throw new BanterError('OPTION_INVALID', `there is no task "${job}"`);
    }
    checkData(data);
    const key = given ?? randomUUID();
    const row: JobRow = { job, key, spec: '', data, nextAtMs: atMs, attempts: 0 };
    await this.#database.run((tables) => {
      if (tables.jobs.countOthers(owner, row) >= limits.scheduleTasksMax) {
        throw new BanterError('STORAGE_FULL', `${limits.scheduleTasksMax} tasks wait already`);
      }
      tables.jobs.put(owner, row);
    });
    entries.set(placeOf(row), { ...row, ...registered, recurrence: undefined, running: false });
    this.#lookSoon();
    return key;
  }

  #end(book: Book, number: number): void {
    const run = book.runs.get(number);
    if (run === undefined) return;
    book.runs.delete(number);
    this.#moveOn(book.heir ?? book, run);
    this.#lookSoon();
  }

  /** Once for everything that happens in one turn of the event loop. */
  #lookSoon(): void {
    if (this.#soon !== undefined) return;
    this.#owner.work.begin();
    this.#soon = setImmediate(() => {
      this.#soon = undefined;
      this.#look();
      this.#owner.work.end();
    });
  }

  /** Begins what is due, and looks again when something is: at the latest in a minute, where clocks are set and machines sleep. */
  #look(): void {
    const { clock } = this.#owner;
    const now = clock.wallClockMs();
    let nextMs = clock.isSteady ? Number.POSITIVE_INFINITY : now + limits.scheduleLookMs;
    for (const book of this.#books.values()) {
      const { plugin, life } = book;
      if (!plugin.alive) this.#books.delete(plugin);
      if (plugin.phase !== 'running' || plugin.life !== life) continue;
      this.#endOverdue(book);
      for (const entry of book.entries.values()) {
        if (entry.running) continue;
        if (entry.spec.type === 'every') {
          entry.nextAtMs = withinInterval(entry, entry.spec.everyMs, now);
        }
        if (entry.nextAtMs <= now && book.runs.size < limits.scheduleRunsMax) {
          this.#begin(book, entry, now);
        }
        // What waits for another run to end is looked at then.
        if (entry.nextAtMs > now) nextMs = Math.min(nextMs, entry.nextAtMs);
      }
      if (book.runs.size > 0) nextMs = Math.min(nextMs, now + this.#overdueInMs(book));
    }
    this.#cancelTimer();
    this.#cancelTimer = clock.setTimer(() => this.#look(), nextMs - now);
  }

  #begin(book: Book, entry: Entry, now: number): void {
    const { plugin, owner } = book;
    const plan = planAt(entry, now);
    if (plan.type === 'wait') return;
    const { scheduledAtMs } = plan;
    const run: Run = { entry, scheduledAtMs, sinceMs: this.#owner.clock.now() };
    if (plan.type === 'skip') {
      this.#moveOn(book, run);
      return;
    }
    if (entry.attempts >= limits.scheduleAttemptsMax) {
      const problem = `schedule ${entry.job}: was begun ${entry.attempts} times and never ended; it is passed over`;
      this.#owner.log(plugin, 'error', problem);
      this.#moveOn(book, run);
      return;
    }
    this.#lastRun += 1;
    const number = this.#lastRun;
    book.runs.set(number, run);
    entry.running = true;
    const { job, key, data, attempts } = entry;
    const recovered = attempts > 0;
    entry.attempts += 1;
    // Told once it is written: what was begun before a crash is known for that after it.
    this.#write(
      plugin,
      ({ jobs }) => jobs.begin(owner, entry),
      () => {
        if (!book.runs.has(number) || plugin.life !== book.life) return;
        const { missed } = plan;
        this.#owner.tell(plugin, {
          type: 'due',
          run: number,
          job,
          key,
          scheduledAtMs,
          missed,
          recovered,
          data,
        });
      },
    );
  }

  /** A run is over: what recurs gets its next time, a task is gone. */
  #moveOn({ plugin, owner, entries }: Book, { entry, scheduledAtMs }: Run): void {
    entry.running = false;
    entry.attempts = 0;
    // Cancelled, or another one was put in its place meanwhile.
    if (entries.get(placeOf(entry)) !== entry) return;
    const nextAtMs = nextAfter(entry, scheduledAtMs, this.#owner.clock.wallClockMs());
    if (nextAtMs === undefined) {
      entries.delete(placeOf(entry));
      this.#write(plugin, ({ jobs }) => jobs.delete(owner, entry));
    } else {
      entry.nextAtMs = nextAtMs;
      this.#write(plugin, ({ jobs }) => jobs.move(owner, entry, nextAtMs));
    }
  }

  /** Milliseconds until the oldest run under way has lasted too long. */
  #overdueInMs({ runs }: Book): number {
    const sinceMs = Math.min(...Array.from(runs.values(), (run) => run.sinceMs));
    return limits.scheduleRunMs - (this.#owner.clock.now() - sinceMs);
  }

  #endOverdue(book: Book): void {
    for (const [number, run] of book.runs) {
      if (this.#owner.clock.now() - run.sinceMs < limits.scheduleRunMs) continue;
      const problem = `schedule ${run.entry.job}: its handler did not settle in ${limits.scheduleRunMs / 60_000} minutes`;
      this.#owner.log(book.plugin, 'error', problem);
      book.runs.delete(number);
      this.#moveOn(book, run);
    }
  }

  /** Writes what nobody waits for. The clock goes on without the file: only a restart would not know of it. */
  #write(
    plugin: HostedPlugin,
    work: (tables: Tables) => void,
    after = (): void => undefined,
  ): void {
    this.#database.run(work).then(after, (error: unknown) => {
      this.#owner.log(
        plugin,
        'error',
        `schedule: ${error instanceof Error ? error.message : error}`,
      );
      after();
    });
  }
}
