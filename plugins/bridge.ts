/** What crosses the walls between chat process and isolate, and the parser for what comes back. */

import type {
  ErrorCode,
  GroupMessage,
  LeaveReason,
  PrivateMessage,
  Receipt,
} from '../core/client-api.ts';
import { type CommandInfo, commandFields } from './command-info.ts';
import { type HeardEvent, heardEvents } from './heard-events.ts';
import {
  type HookAction,
  type HookCall,
  hookShape,
  type VerdictAction,
  verdictShape,
} from './hook-info.ts';
import { type FetchAction, type FetchResult, fetchAction } from './http-action.ts';
import { limits } from './limits.ts';
import {
  type MeasuredAction,
  type MetricAction,
  measuredShape,
  metricShape,
} from './metric-info.ts';
import { type ModerateAction, type ModerateResult, moderateAction } from './moderate-action.ts';
import type { NotSent } from './sdk.ts';
import {
  choice,
  integer,
  type JsonValue,
  list,
  optional,
  parseJson,
  record,
  type Shape,
  text,
  variant,
} from './shape.ts';
import type { Standing } from './standing.ts';
import { type MissedPolicy, missedPolicies } from './timetable.ts';

/** What a plugin is told; a batch of these crosses into the isolate as JSON. */
export type PluginEvent =
  | {
      readonly type: 'setup';
      readonly me: string;
      readonly prefix: string;
      readonly config: Readonly<Record<string, JsonValue>>;
    }
  /** `number` is that of the message in what a plugin says of its handling. */
  | { readonly type: 'message'; readonly number: number; readonly message: GroupMessage }
  | { readonly type: 'private'; readonly number: number; readonly message: PrivateMessage }
  /** Handling these took too long: nothing waits for it any more. */
  | { readonly type: 'overdue'; readonly messages: readonly number[] }
  | {
      readonly type: 'joined';
      readonly group: string;
      readonly name: string;
      readonly bot: boolean;
    }
  | {
      readonly type: 'left';
      readonly group: string;
      readonly name: string;
      readonly reason: LeaveReason;
    }
  | { readonly type: 'removed'; readonly group: string; readonly reason: LeaveReason | 'forgotten' }
  | { readonly type: 'gap'; readonly group: string; readonly count: number | undefined }
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly reason: string }
  | ({ readonly type: 'due' } & DueRun)
  | ({ readonly type: 'hooked' } & HookCall)
  | { readonly type: 'settled'; readonly id: number; readonly outcome: Outcome }
  /** The time of a test world, told before each batch there. Milliseconds of the epoch. */
  | { readonly type: 'clock'; readonly nowMs: number }
  | { readonly type: 'disposing' };

/** A run of a job, to be answered by the action `ran` with its number. */
export interface DueRun {
  readonly run: number;
  readonly job: string;
  /** Empty for a job that recurs. */
  readonly key: string;
  /** Milliseconds of the epoch. */
  readonly scheduledAtMs: number;
  readonly missed: boolean;
  readonly recovered: boolean;
  /** JSON; empty where there is none. */
  readonly data: string;
}

/** What became of an action that a plugin waits for. */
export type Outcome =
  | { readonly type: 'done'; readonly result: ActionResults[keyof ActionResults] }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly message: string };

/** What a plugin gets for each action that it waits for. */
export interface ActionResults {
  readonly sendGroup: Receipt | NotSent;
  readonly sendPrivate: Receipt | NotSent;
  readonly append: undefined;
  readonly storageGet: StoredValue | undefined;
  /** Whether it was written: not if another version stood there than was asked for. */
  readonly storageSet: boolean;
  /** Whether there was anything. */
  readonly storageDelete: boolean;
  readonly storageList: KeyPage;
  readonly scheduleJob: undefined;
  /** The key of the task. */
  readonly scheduleTask: string;
  /** Whether there was one. */
  readonly cancelTask: boolean;
  readonly standing: Standing;
  readonly fetch: FetchResult;
  readonly moderate: ModerateResult;
  /** Whether the recipient has it; false, too, if nobody will know. */
  readonly arrival: boolean;
  /** Newest first. */
  readonly history: readonly GroupMessage[];
  /** The time is over, or the plugin said `waited`. */
  readonly wait: undefined;
}

/** What a plugin keeps under a key. */
export interface StoredValue {
  /** JSON. */
  readonly value: string;
  /** Of this writing alone: no other one of any key ever has the same. */
  readonly version: number;
}

/** Some of a plugin's keys, in the order of their code points. */
export interface KeyPage {
  readonly keys: readonly string[];
  /** Whether there are more after the last of these. */
  readonly more: boolean;
}

/** An error as it was formatted inside the isolate. */
export interface PluginError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** What a plugin asks for; a turn's worth of these leaves the isolate as a JSON array. */
export type Action =
  | { readonly type: 'described'; readonly manifest: string }
  | ({ readonly type: 'command' } & CommandInfo)
  /** From now on it is told events of this type. */
  | { readonly type: 'listens'; readonly event: HeardEvent }
  | { readonly type: 'ready' }
  | ({ readonly type: 'failed' } & PluginError)
  | ({ readonly type: 'error'; readonly during: string } & PluginError)
  | ({ readonly type: 'sendGroup'; readonly group: string } & Sending)
  | ({ readonly type: 'sendPrivate'; readonly to: string } & Sending)
  | { readonly type: 'append'; readonly id: number; readonly line: string }
  | FetchAction
  | ModerateAction
  | ({ readonly type: 'storageGet' } & Keyed)
  /** `value` is JSON. With a `version` it is written only if that one stands there; 0 means that nothing does. */
  | ({
      readonly type: 'storageSet';
      readonly value: string;
      readonly version: number | undefined;
    } & Keyed)
  | ({ readonly type: 'storageDelete' } & Keyed)
  /** Keys that begin with `prefix`, those after the key `after` where one is given. */
  | {
      readonly type: 'storageList';
      readonly id: number;
      readonly prefix: string;
      readonly after: string | undefined;
    }
  | {
      readonly type: 'scheduleJob';
      readonly id: number;
      readonly job: string;
      readonly spec: JobSpec;
      readonly missed: MissedPolicy;
    }
  /** `data` is JSON, or empty. Without a `key` it gets one. */
  | {
      readonly type: 'scheduleTask';
      readonly id: number;
      readonly job: string;
      readonly key: string | undefined;
      readonly atMs: number;
      readonly data: string;
    }
  | { readonly type: 'cancelTask'; readonly id: number; readonly job: string; readonly key: string }
  | { readonly type: 'ran'; readonly run: number }
  /** Of the messages of this turn, those whose handlers go on. */
  | { readonly type: 'unfinished'; readonly messages: readonly number[] }
  /** Handled since, of those that were unfinished. */
  | { readonly type: 'handled'; readonly messages: readonly number[] }
  /** What a name is: in a group, or, with an empty `group`, at the server. */
  | {
      readonly type: 'standing';
      readonly id: number;
      readonly group: string;
      readonly name: string;
    }
  /** What became of a private message of the plugin that the server keeps. */
  | { readonly type: 'arrival'; readonly id: number; readonly mid: string }
  /** Messages of a group, those before the place `before` where one is given, those with the words of `query` unless it is empty. */
  | {
      readonly type: 'history';
      readonly id: number;
      readonly group: string;
      readonly limit: number;
      readonly before: number | undefined;
      readonly query: string;
    }
  | { readonly type: 'wait'; readonly id: number; readonly ms: number }
  /** It waits for this action no more. */
  | { readonly type: 'waited'; readonly wait: number }
  /** What became of the message of that number. */
  | {
      readonly type: 'traced';
      readonly trace: number;
      readonly what: string;
      readonly outcome: 'handled' | 'skipped' | 'failed';
      readonly reason: string;
      readonly ms: number;
    }
  | MetricAction
  | MeasuredAction
  | HookAction
  | VerdictAction
  | { readonly type: 'log'; readonly level: LogLevel; readonly text: string }
  | { readonly type: 'overflowed'; readonly count: number };

interface Sending {
  readonly id: number;
  readonly text: string;
  readonly hops: number;
  /** What is sent under the same key is sent once. */
  readonly key: string | undefined;
  /** The message for which it is sent; 0 for none. */
  readonly trace: number;
}

interface Keyed {
  readonly id: number;
  readonly key: string;
}

/** When a job runs. */
export type JobSpec =
  | { readonly type: 'every'; readonly everyMs: number }
  | {
      readonly type: 'cron';
      readonly expression: string;
      readonly timeZone: string | undefined;
    }
  | { readonly type: 'task' };

/** An action that a plugin waits for. */
export type AskingAction = Extract<Action, { readonly id: number }>;

/** An action that sends a message. */
export type SendingAction = Extract<Action, { readonly type: 'sendGroup' | 'sendPrivate' }>;

/** An action about what the plugin keeps. */
export type StorageAction = Extract<
  Action,
  { readonly type: 'storageGet' | 'storageSet' | 'storageDelete' | 'storageList' }
>;

/** An action about what the plugin does later. */
export type ScheduleAction = Extract<
  Action,
  { readonly type: 'scheduleJob' | 'scheduleTask' | 'cancelTask' }
>;

/** How much a log line matters. */
export type LogLevel = 'info' | 'warn' | 'error';

/** The last instant that a `Date` can hold. */
const timeMsMax = 8_640_000_000_000_000;

const word = <const T extends string>(value: T): Shape<T> => choice([value]);
const id = integer(1, Number.MAX_SAFE_INTEGER);
// Longer texts and names are refused by the client itself, with its own words; these only bound what is looked at.
const line = text(limits.turnCharactersMax);
const hops = integer(0, 8);
const trace = integer(0, Number.MAX_SAFE_INTEGER);
// Half a surrogate pair would be kept as another key than was asked for.
const key = text(limits.storageKeyCharactersMax, /^\P{Cs}+$/u, 'a key of whole characters');
// Neither a line break nor half a surrogate pair.
const oneLine = /^[^\p{Cc}\p{Cs}]+$/u;
const jobName = text(limits.scheduleNameCharactersMax, oneLine, 'a name on one line');
const taskKey = text(limits.storageKeyCharactersMax, oneLine, 'a key on one line');
const expression = text(limits.scheduleExpressionCharactersMax);
const spec: Shape<JobSpec> = variant<JobSpec>({
  every: record({
    type: word('every'),
    everyMs: integer(limits.scheduleEveryMsMin, limits.scheduleEveryMsMax),
  }),
  cron: record({ type: word('cron'), expression, timeZone: optional(expression) }),
  task: record({ type: word('task') }),
});
const messages = list(id, limits.unhandledMax + limits.batchEventsMax);
const sending = { id, text: line, hops, trace, key: optional(taskKey) };
const error = { name: text(80), message: text(2000), stack: text(8000) };

const action: Shape<Action> = variant<Action>({
  described: record({ type: word('described'), manifest: line }),
  command: record({ type: word('command'), ...commandFields }),
  listens: record({ type: word('listens'), event: choice(heardEvents) }),
  ready: record({ type: word('ready') }),
  failed: record({ type: word('failed'), ...error }),
  error: record({ type: word('error'), during: text(80), ...error }),
  sendGroup: record({ type: word('sendGroup'), group: line, ...sending }),
  sendPrivate: record({ type: word('sendPrivate'), to: line, ...sending }),
  append: record({ type: word('append'), id, line }),
  fetch: fetchAction,
  moderate: moderateAction,
  storageGet: record({ type: word('storageGet'), id, key }),
  storageSet: record({
    type: word('storageSet'),
    id,
    key,
    value: line,
    version: optional(integer(0, Number.MAX_SAFE_INTEGER)),
  }),
  storageDelete: record({ type: word('storageDelete'), id, key }),
  storageList: record({
    type: word('storageList'),
    id,
    prefix: text(limits.storageKeyCharactersMax),
    after: optional(key),
  }),
  scheduleJob: record({
    type: word('scheduleJob'),
    id,
    job: jobName,
    spec,
    missed: choice(missedPolicies),
  }),
  scheduleTask: record({
    type: word('scheduleTask'),
    id,
    job: jobName,
    key: optional(taskKey),
    atMs: integer(0, timeMsMax),
    data: line,
  }),
  cancelTask: record({ type: word('cancelTask'), id, job: jobName, key: taskKey }),
  unfinished: record({ type: word('unfinished'), messages }),
  handled: record({ type: word('handled'), messages }),
  ran: record({ type: word('ran'), run: integer(1, Number.MAX_SAFE_INTEGER) }),
  traced: record({
    type: word('traced'),
    trace,
    what: text(80),
    outcome: choice(['handled', 'skipped', 'failed']),
    reason: text(limits.hookReasonCharactersMax),
    ms: trace,
  }),
  metric: metricShape,
  measured: measuredShape,
  hook: hookShape,
  verdict: verdictShape,
  standing: record({ type: word('standing'), id, group: line, name: line }),
  arrival: record({ type: word('arrival'), id, mid: text(32, /^[0-9a-f]{32}$/) }),
  history: record({
    type: word('history'),
    id,
    group: line,
    limit: integer(1, limits.historyMessagesMax),
    before: optional(integer(1, Number.MAX_SAFE_INTEGER)),
    query: text(1000),
  }),
  wait: record({ type: word('wait'), id, ms: integer(1, limits.waitMsMax) }),
  waited: record({ type: word('waited'), wait: id }),
  log: record({ type: word('log'), level: choice(['info', 'warn', 'error']), text: text(2000) }),
  overflowed: record({ type: word('overflowed'), count: integer(1, Number.MAX_SAFE_INTEGER) }),
});

const actions: Shape<readonly Action[]> = list(action, limits.turnActionsMax + 4);

/** Reads what an isolate asks for. Nothing inside it can be trusted. @throws ShapeError */
export function parseActions(sources: readonly string[]): readonly Action[] {
  return sources.flatMap((source) => parseJson(source, actions));
}
