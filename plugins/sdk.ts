/** All that the author of a plugin imports: `import { definePlugin } from 'banter/plugins'`. */

import type { GroupMessage, LeaveReason, PrivateMessage, Receipt } from '../core/client-api.ts';
import type { Permission } from './permissions.ts';

export type { GroupMessage, LeaveReason, Permission, PrivateMessage, Receipt };

/**
 * One setting of a plugin. Whoever loads the plugin may override the default with a value of the same type;
 * an unknown setting or another type is refused before the plugin runs. What is inside an array or object the plugin checks itself.
 */
export type Setting = { readonly description?: string } & (
  | { readonly type: 'string'; readonly default: string }
  | { readonly type: 'number'; readonly default: number }
  | { readonly type: 'boolean'; readonly default: boolean }
  | { readonly type: 'array'; readonly default: readonly unknown[] }
  | { readonly type: 'object'; readonly default: object }
);

/** The settings of a plugin by name, at most 64. */
export type Settings = Readonly<Record<string, Setting>>;

/** The values behind {@link Settings}, as `ctx.config` has them. */
export type ConfigOf<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends { readonly type: 'string' }
    ? string
    : S[K] extends { readonly type: 'number' }
      ? number
      : S[K] extends { readonly type: 'boolean' }
        ? boolean
        : S[K]['default'];
};

/** A plugin: its manifest and its code. A key that is not listed here is refused. */
export interface PluginDefinition<S extends Settings> {
  /** 1 to 32 of `a-z`, `0-9` and `-`, beginning with a letter. */
  readonly id: string;
  /** `major.minor.patch`. */
  readonly version: string;
  /** One line for people, at most 200 characters. */
  readonly description?: string;
  /** What the plugin may do. Anything else it tries is refused with `PERMISSION_DENIED`, outside the sandbox. */
  readonly permissions: readonly Permission[];
  /** The settings people can give it; `ctx.config` has their values. */
  readonly config?: S;
  readonly limits?: {
    /** Messages the plugin may send a minute, 1 to 600; default 60. Further ones are refused with `RATE_LIMITED`. */
    readonly sendsPerMinute?: number;
  };
  /** Registers listeners and commands. May be asynchronous; then no event comes before it is done, for which it has 5 s. */
  setup(ctx: PluginContext<S>): void | Promise<void>;
  /** Called before the plugin is unloaded. What it starts asynchronously is not waited for. */
  dispose?(): void;
}

/** A message with the means to answer it. */
export type Incoming<M> = M & {
  /**
   * Answers: to the group for a group message, to the sender for a private one; resolves when the message has arrived
   * (group: has its place), or, with a receipt `stored`, when the server keeps it for a sender who is absent. One hop more than the message; a message of 7 hops cannot be answered.
   * Rejects like {@link PluginContext.send}.
   */
  reply(text: string): Promise<Receipt>;
};

/** The events of {@link PluginContext.on}. The plugin's own messages are never among them. */
export interface PluginEvents {
  /** A message of a group. Needs `message.read`. */
  readonly message: Incoming<GroupMessage>;
  /** A private message. Needs `private.read`. */
  readonly private: Incoming<PrivateMessage>;
  /** Somebody joined a group. Needs `message.read`. */
  readonly joined: { readonly group: string; readonly name: string; readonly bot: boolean };
  /** Somebody left a group. Needs `message.read`. */
  readonly left: { readonly group: string; readonly name: string; readonly reason: LeaveReason };
  /** The server took this client out of a group. Needs `message.read`. */
  readonly removed: { readonly group: string; readonly reason: LeaveReason | 'forgotten' };
  /** Messages of a group are gone for ever; `count` of them where that is known. Needs `message.read`. */
  readonly gap: { readonly group: string; readonly count: number | undefined };
  /** The server answers: told once after `setup`, and whenever the client came back. */
  readonly connected: { readonly type: 'connected' };
  /** The server does not answer. */
  readonly disconnected: { readonly reason: string };
}

/** Which events a listener wants; all that apply must hold. */
export interface ListenOptions {
  /** Only of this group. */
  readonly group?: string;
  /** Only of this sender (joined, left: of this member). */
  readonly from?: string;
  /** Also of bots. Default false, so that two bots never answer each other for ever. */
  readonly includeBots?: boolean;
  /** Also messages that were missed while away (`recovered`, private ones `kept`), or were being handled when the plugin died. Default false. */
  readonly includeRecovered?: boolean;
}

/** A command as people see it in the help. */
export interface CommandDefinition {
  /** What follows the prefix: 1 to 32 letters, digits and `-`. Two plugins cannot have the same. */
  readonly name: string;
  /** One line, at most 200 characters. */
  readonly description: string;
  /** How the arguments are written, such as `[sides]`; at most 100 characters. */
  readonly args?: string;
  /** A line that works, such as `!roll 20`; at most 200 characters. */
  readonly example?: string;
}

/** A command that somebody gave. */
export interface CommandCall {
  /** The words after the name. */
  readonly args: readonly string[];
  /** All that follows the name, trimmed. */
  readonly rest: string;
  readonly message: Incoming<GroupMessage | PrivateMessage>;
}

/** What a command or `hear` handler may return: a text is sent as the reply. */
export type Answer = string | undefined | Promise<string | undefined>;

/**
 * What the plugin keeps: values under keys, over restarts of the plugin, of the client and of the machine. What was
 * awaited survives the end of the process; a power cut may take the newest. Whoever runs the same plugin in the same data
 * folder shares it; other plugins never see it. Without a data folder it lives as long as the client. Needs `storage`.
 *
 * A key is a text of 1 to 200 characters, a value anything that JSON can carry, of at most 64 KiB as JSON. One plugin has
 * room for 10,000 keys and 4 MiB, and for 6,000 operations a minute, in which writing counts once for every begun 4 KiB.
 * Operations are done in the order in which they were asked for.
 *
 * What cannot be done rejects with an error whose `code` says why: `PERMISSION_DENIED`, `STORAGE_FULL` (a value too large,
 * or no room), `RATE_LIMITED`, `DATA_UNUSABLE`, `DATA_DAMAGED`, `DATA_TOO_NEW` or `STORE_FULL` (the disk). What is no key
 * or no JSON rejects with a `TypeError`.
 */
export interface PluginStorage {
  /** The value under a key, a copy of its own; undefined if there is none. `T` is what the plugin knows to be there. */
  get<T = unknown>(key: string): Promise<T | undefined>;
  /** Keeps a value under a key, in place of another; resolves once it is kept. */
  set(key: string, value: unknown): Promise<void>;
  /** Takes a key away; resolves with whether there was one. */
  delete(key: string): Promise<boolean>;
  /** The keys that begin with `prefix` (default: all), in the order of their code points. */
  list(prefix?: string): Promise<readonly string[]>;
  /**
   * Puts what `change` makes of the present value into its place, and resolves with what is kept then. If somebody else
   * changes the value meanwhile, `change` is called again with theirs, so that no change is lost; after 20 times it
   * rejects with `STORAGE_BUSY`. `undefined` leaves everything as it is. Updates of one key wait for each other: `change`
   * must not wait for another update of the same key.
   */
  update<T = unknown>(
    key: string,
    change: (value: T | undefined) => T | undefined | Promise<T | undefined>,
  ): Promise<T | undefined>;
}

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
  cron(
    id: string,
    expression: string,
    options: CronOptions,
    handler: (run: ScheduledRun) => unknown,
  ): Promise<void>;
  /** Registers what is done with the tasks of this id, those of before a restart included. */
  task<T = undefined>(id: string, handler: (run: ScheduledRun<T>) => unknown): ScheduledTask<T>;
  task<T = undefined>(
    id: string,
    options: ScheduleOptions,
    handler: (run: ScheduledRun<T>) => unknown,
  ): ScheduledTask<T>;
}

/** All that a plugin can see and do. Everything registered here ends with the plugin. */
export interface PluginContext<S extends Settings> {
  /** The name this client speaks under. */
  readonly me: string;
  /** The settings: what was given, else the defaults. */
  readonly config: ConfigOf<S>;
  /** Lines for whoever runs the plugin; at most 2000 characters each, 600 lines a minute, the rest is dropped. */
  readonly log: {
    info(...values: readonly unknown[]): void;
    warn(...values: readonly unknown[]): void;
    error(...values: readonly unknown[]): void;
  };
  readonly file: {
    /**
     * Appends a line to the plugin's own log file, which is rotated by size; resolves when it is written.
     * Needs `file.append`. Rejects with `PERMISSION_DENIED`, `DATA_UNUSABLE` (also where there is no data folder) or `RATE_LIMITED`.
     */
    append(line: string): Promise<void>;
  };
  readonly storage: PluginStorage;
  readonly schedule: PluginSchedule;
  readonly clock: {
    /** Milliseconds of the epoch. */
    now(): number;
  };
  /** Calls `listener` for each such event. Throws without the permission that the event needs. */
  on<E extends keyof PluginEvents>(event: E, listener: (event: PluginEvents[E]) => unknown): void;
  on<E extends keyof PluginEvents>(
    event: E,
    options: ListenOptions,
    listener: (event: PluginEvents[E]) => unknown,
  ): void;
  /** Calls `handler` when a person writes `!name …`, in a group (`message.read`) or privately (`private.read`). */
  command(definition: CommandDefinition, handler: (call: CommandCall) => Answer): void;
  /** Calls `handler` for each message of a person that matches, in a group (`message.read`) or privately (`private.read`). */
  hear(
    pattern: RegExp,
    handler: (match: RegExpExecArray, message: Incoming<GroupMessage | PrivateMessage>) => Answer,
  ): void;
  /**
   * Sends to a group (`message.send`) or a person (`private.send`); resolves when the message has arrived.
   * Rejects with an error whose `code` says why: `PERMISSION_DENIED`, `RATE_LIMITED`, `TOO_MANY_HOPS`, or what the client says.
   */
  send(
    target: { readonly group: string } | { readonly to: string },
    text: string,
  ): Promise<Receipt>;
}

/** Types a plugin. A plugin's file exports the result as its default: `export default definePlugin({ … })`. */
export function definePlugin<const S extends Settings = Record<never, never>>(
  definition: PluginDefinition<S>,
): PluginDefinition<S> {
  return definition;
}
