/** What the REPL needs of its surroundings, as narrow types: a client, and plugins if there are any. */

import type { Client, ClientEvents } from '../core/client-api.ts';
import type {
  KeptValues,
  MetricsStatus,
  PermissionAnswer,
  PermissionQuestion,
  PluginStatus,
  RecordingSummary,
  Trace,
} from '../plugins/index.ts';

/** The part of a `Client` that prompt, scripts and pipes use. */
export interface ChatClient
  extends Pick<
    Client,
    | 'name'
    | 'key'
    | 'policy'
    | 'serverFingerprint'
    | 'connected'
    | 'directory'
    | 'groups'
    | 'send'
    | 'sendGroup'
    | 'createGroup'
    | 'listGroups'
    | 'listUsers'
    | 'joinGroup'
    | 'leaveGroup'
    | 'listMembers'
    | 'moderation'
    | 'administration'
    | 'history'
    | 'search'
    | 'close'
  > {
  on<Name extends keyof ClientEvents>(event: Name, listener: ClientListener<Name>): unknown;
  off<Name extends keyof ClientEvents>(event: Name, listener: ClientListener<Name>): unknown;
}

/** Who is told of an event of a client. */
export type ClientListener<Name extends keyof ClientEvents> = (
  ...values: ClientEvents[Name]
) => void;

/** What is known of a loaded plugin. */
export interface PluginSummary {
  readonly id: string;
  readonly version: string;
  readonly state: string;
  readonly reason?: string | undefined;
  readonly permissions: readonly string[];
  /** What it was granted of these, as `message.read` or, limited to a group, `message.read@ops`. */
  readonly grants: readonly string[];
  /** What people can tell it in messages. */
  readonly commands: readonly MessageCommand[];
  /** Whether what it sends and decides about messages is told and not done. */
  readonly isDryRun?: boolean;
  /** `process` if it has one of its own. */
  readonly isolation?: string;
  /** Milliseconds of processor time that it has used within the last minute, and that it may use. */
  readonly cpuMs?: number;
  readonly cpuMsPerMinute?: number;
  /** How often it came back from quarantine, and when it does next. */
  readonly recovery?: PluginStatus['recovery'];
  /** What it has done so far, by the names of `PluginCounters`. */
  readonly counters?: Readonly<Record<string, number>>;
  /** Events that wait for it. */
  readonly queued?: number;
  /** What it counts and measures itself. */
  readonly metrics?: MetricsStatus;
}

/** A command of a plugin, given in a message. */
export interface MessageCommand {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  /** How it is written: `!roll [dice…]`. */
  readonly usage: string;
  readonly args: readonly { readonly choices: readonly string[] }[];
}

/** Asks a person whether a plugin gets what it asks for. */
export type PermissionAsker = (question: PermissionQuestion) => Promise<PermissionAnswer>;

/** How a plugin is loaded. */
export interface PluginLoadOptions {
  /** What it is granted by being named; absent: as the file of grants says, or a person. */
  readonly permissions?: readonly string[] | undefined;
  /** What it sends and decides is told and not done. */
  readonly dryRun?: boolean | undefined;
  /** Whether it gets a process of its own; absent: as the session was started, or its manifest asks. */
  readonly isolate?: boolean | undefined;
  /** Load it anew whenever one of its files is saved. */
  readonly watch?: boolean;
}

/** The part of a plugin runtime that the commands use. */
export interface ChatPlugins {
  /** Loads a built-in plugin by name or a file by path. */
  load(
    spec: string,
    config?: Readonly<Record<string, unknown>>,
    options?: PluginLoadOptions,
  ): Promise<PluginSummary>;
  /** Loads a plugin anew; it stays as it is if the new version does not start. */
  reload(id: string): Promise<PluginSummary>;
  unload(id: string): Promise<void>;
  list(): readonly PluginSummary[];
  /** What a plugin keeps: its first keys, or the value of one as JSON. */
  kept(id: string, key?: string): Promise<KeptValues>;
  /** What became of a message, by its place or of the newest one. */
  explain(place?: { readonly group: string; readonly seq: number }): Trace | undefined;
  /** Shows what plugins are told and do, all or one, until {@link untap}. */
  tap(plugin?: string): void;
  untap(): void;
  /** Records what plugins are told and say, in a new file. */
  record(file: string): Promise<void>;
  /** Ends the recording; undefined if there is none. */
  endRecording(): Promise<RecordingSummary | undefined>;
  /** Whom to ask for permissions from now on; nobody unless there is somebody. */
  askWith(ask: PermissionAsker | undefined): void;
}
