/** What people and programs are told of a plugin. */

import type { CommandInfo } from './command-info.ts';
import type { Isolation } from './manifest.ts';
import type { MetricsStatus } from './metrics.ts';
import type { Permission } from './permissions.ts';
import type { RecoveryStatus } from './recovery.ts';

/** What a plugin has done so far. */
export interface PluginCounters {
  /** Events it has been told. */
  readonly events: number;
  /** Events it missed because its queue was full. */
  readonly eventsDropped: number;
  /** Messages it has sent. */
  readonly sends: number;
  /** What it has done to people in groups. */
  readonly moderations: number;
  /** Sends, appends and storage operations that were refused: not permitted, too many, or by the server. */
  readonly refused: number;
  /** Log lines dropped because there were too many. */
  readonly logLinesDropped: number;
  /** Errors that its listeners threw. */
  readonly errors: number;
  /** Times one of its hooks was asked about a message. */
  readonly hookCalls: number;
  /** Times it was late, threw or answered nonsense, or could not be asked. */
  readonly hookFailures: number;
  /** Messages its hooks gave another text. */
  readonly messagesChanged: number;
  /** Messages its hooks stopped, by a verdict or by a failure. */
  readonly messagesStopped: number;
  /** Times it got another isolate because the plugin process had died. */
  readonly restarts: number;
}

/** Of a plugin that has done nothing yet. */
export const noCounters: Record<keyof PluginCounters, number> = {
  events: 0,
  eventsDropped: 0,
  sends: 0,
  moderations: 0,
  refused: 0,
  logLinesDropped: 0,
  errors: 0,
  hookCalls: 0,
  hookFailures: 0,
  messagesChanged: 0,
  messagesStopped: 0,
  restarts: 0,
};

/** What people are told of a plugin. */
export interface PluginStatus {
  readonly id: string;
  readonly version: string;
  readonly description: string;
  /** The file it was loaded from. */
  readonly source: string;
  /** All files that went into it, by absolute path. */
  readonly files: readonly string[];
  /** `running` also while the plugin process is being started again. */
  readonly state: 'running' | 'quarantined' | 'stopped';
  /** Why it is quarantined, in words; empty otherwise. */
  readonly reason: string;
  readonly permissions: readonly Permission[];
  /** What it was granted of these: `storage`, `message.read`, or `message.read@ops` where it is limited to a group. */
  readonly grants: readonly string[];
  /** Whether what it sends and decides about messages is told and not done. */
  readonly isDryRun: boolean;
  /** Whether it shares its process with others, or has one of its own. */
  readonly isolation: Isolation;
  /** Milliseconds of processor time that it has used within the last minute, and that it may use. */
  readonly cpuMs: number;
  readonly cpuMsPerMinute: number;
  /** How often it came back from quarantine, and when it does next. */
  readonly recovery: RecoveryStatus;
  readonly commands: readonly OfferedCommand[];
  readonly counters: PluginCounters;
  /** Events that wait for it. */
  readonly queued: number;
  /** What it counts and measures itself. */
  readonly metrics: MetricsStatus;
}

/** A command with how it is written: `!roll [dice…]`. */
export interface OfferedCommand extends CommandInfo {
  readonly usage: string;
}

/** Where a plugin is on its way: `asking` what it may do, `held` before another version of it takes over, `retiring` after. */
export type Phase =
  | 'loading'
  | 'asking'
  | 'settingUp'
  | 'running'
  | 'held'
  | 'retiring'
  | 'stopping'
  | 'quarantined'
  | 'stopped';
