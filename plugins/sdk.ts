/** All that the author of a plugin imports: `import { definePlugin } from 'banter/plugins'`. */

import type { Answer, Argument, CommandCall, CommandDefinition } from './sdk/commands.ts';
import type { ConfigOf, PluginDefinition, Settings } from './sdk/definition.ts';
import type { HearHandler, HearOptions, ListenOptions, PluginEvents } from './sdk/events.ts';
import type { UseHook } from './sdk/hooks.ts';
import type { PluginHttp } from './sdk/http.ts';
import type { PluginMetrics } from './sdk/metrics.ts';
import type { PluginModeration } from './sdk/moderation.ts';
import type { PluginAsk } from './sdk/questions.ts';
import type { PluginSchedule } from './sdk/schedule.ts';
import type { PluginHistory, PluginSendOptions, SendReceipt, SendTarget } from './sdk/sending.ts';
import type { PluginStorage } from './sdk/storage.ts';

export type { GroupMessage, LeaveReason, PrivateMessage, Receipt } from '../core/client-api.ts';
export type { Permission } from './permissions.ts';
export type * from './sdk/commands.ts';
export type * from './sdk/definition.ts';
export type * from './sdk/events.ts';
export type * from './sdk/hooks.ts';
export type * from './sdk/http.ts';
export type * from './sdk/metrics.ts';
export type * from './sdk/moderation.ts';
export type * from './sdk/questions.ts';
export type * from './sdk/schedule.ts';
export type * from './sdk/sending.ts';
export type * from './sdk/storage.ts';

/** All that a plugin can see and do. Everything registered here ends with the plugin. */
export interface PluginContext<S extends Settings> {
  /** The name this client speaks under. */
  readonly me: string;
  /** The settings: what was given, else the defaults. */
  readonly config: ConfigOf<S>;
  /** Lines for whoever runs the plugin; at most 2000 characters each, 600 lines a minute, the rest is dropped. */
  readonly log: {
    /** What happens as it should. */
    info(...values: readonly unknown[]): void;
    /** What somebody should look at. */
    warn(...values: readonly unknown[]): void;
    /** What went wrong. */
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
  readonly http: PluginHttp;
  readonly metrics: PluginMetrics;
  readonly clock: {
    /** Milliseconds of the epoch. */
    now(): number;
  };
  /** Asks a hook about messages before anybody else sees them. */
  readonly use: UseHook;
  /** Calls `listener` for each such event. Throws without the permission that the event needs. */
  on<E extends keyof PluginEvents>(event: E, listener: (event: PluginEvents[E]) => unknown): void;
  /** The same of those events that the options let through. */
  on<E extends keyof PluginEvents>(
    event: E,
    options: ListenOptions,
    listener: (event: PluginEvents[E]) => unknown,
  ): void;
  /**
   * Calls `handler` when a person writes `!name …`, in a group (`message.read`) or privately (`private.read`), with its
   * arguments read and checked; a text that it returns is the reply. Only in `setup`.
   */
  command<const A extends readonly Argument[] = readonly []>(
    definition: CommandDefinition<A>,
    handler: (call: CommandCall<A>) => Answer,
  ): void;
  /**
   * Calls `handler` for each message of a person that matches, in a group (`message.read`) or privately (`private.read`);
   * a text that it returns is the reply. At most 256 patterns, those of `respond` included.
   */
  hear(pattern: RegExp, handler: HearHandler): void;
  /** The same of those messages that the options let through. */
  hear(pattern: RegExp, options: HearOptions, handler: HearHandler): void;
  /**
   * The same of messages that are for this client: private ones, and those that begin with `name:`, `name,` or `@name`.
   * `pattern` is held against what follows that.
   */
  respond(pattern: RegExp, handler: HearHandler): void;
  /** The same of those messages that the options let through. */
  respond(pattern: RegExp, options: HearOptions, handler: HearHandler): void;
  readonly ask: PluginAsk;
  /**
   * Sends to a group (`message.send`) or a person (`private.send`); resolves when the message has arrived.
   * Rejects with an error whose `code` says why: `PERMISSION_DENIED`, `RATE_LIMITED`, `TOO_MANY_HOPS`, or what the client says.
   */
  send(target: SendTarget, text: string, options?: PluginSendOptions): Promise<SendReceipt>;
  readonly history: PluginHistory;
  readonly moderation: PluginModeration;
}

/** Types a plugin. A plugin's file exports the result as its default: `export default definePlugin({ … })`. */
export function definePlugin<const S extends Settings = Record<never, never>>(
  definition: PluginDefinition<S>,
): PluginDefinition<S> {
  return definition;
}
