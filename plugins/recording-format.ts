/** What stands in a recording: lines of JSON, one for each thing that a client told its plugins and each that they said. */

import { readFileSync } from 'node:fs';
import type { ClientEvents } from '../core/client-api.ts';
import { BanterError } from '../core/error-api.ts';
import {
  choice,
  integer,
  type JsonValue,
  json,
  list,
  parseJson,
  record,
  type Shape,
  ShapeError,
  text,
  variant,
} from './shape.ts';

/** An event of a client that plugins are told of. */
export type RecordedEvent = Extract<
  keyof ClientEvents,
  | 'groupMessageReceived'
  | 'privateMessageReceived'
  | 'memberJoined'
  | 'memberLeft'
  | 'groupLost'
  | 'gapFound'
  | 'reconnected'
  | 'disconnected'
>;

/** All of them. */
export const recordedEvents: readonly RecordedEvent[] = [
  'groupMessageReceived',
  'privateMessageReceived',
  'memberJoined',
  'memberLeft',
  'groupLost',
  'gapFound',
  'reconnected',
  'disconnected',
];

/** Where something was said. */
export type RecordedTarget = 'group' | 'person';

/** A line of a recording. Instants are milliseconds of the epoch. */
export type RecordedEntry =
  | { readonly type: 'began'; readonly version: 1; readonly atMs: number; readonly me: string }
  | {
      readonly type: 'told';
      readonly atMs: number;
      readonly event: RecordedEvent;
      /** What the event carries, as JSON. */
      readonly args: readonly JsonValue[];
    }
  /** A plugin sends something; `send` counts from 1. */
  | {
      readonly type: 'said';
      readonly atMs: number;
      readonly send: number;
      readonly target: RecordedTarget;
      readonly to: string;
      readonly text: string;
    }
  /** It was refused, with that code. */
  | {
      readonly type: 'refused';
      readonly atMs: number;
      readonly send: number;
      readonly code: string;
    }
  | { readonly type: 'ended'; readonly atMs: number };

/** Characters of a file; a longer one is no recording of ours. */
const charactersMax = 134_217_728;

/** A message is no longer than this as JSON. */
const textCharactersMax = 400_000;

const word = <const T extends string>(value: T): Shape<T> => choice([value]);
const version: Shape<1> = (value, place) => {
  if (value === 1) return 1;
  throw new ShapeError(place, `must be 1, the only version of recordings, not ${value}`);
};
const atMs = integer(0, Number.MAX_SAFE_INTEGER);
const send = integer(1, Number.MAX_SAFE_INTEGER);

const entry: Shape<RecordedEntry> = variant<RecordedEntry>({
  began: record({ type: word('began'), version, atMs, me: text(64) }),
  told: record({ type: word('told'), atMs, event: choice(recordedEvents), args: list(json, 3) }),
  said: record({
    type: word('said'),
    atMs,
    send,
    target: choice(['group', 'person']),
    to: text(64),
    text: text(textCharactersMax),
  }),
  refused: record({ type: word('refused'), atMs, send, code: text(64) }),
  ended: record({ type: word('ended'), atMs }),
});

/** Reads a recording. A last line that a crash has cut off is left out. @throws BanterError RECORDING_INVALID naming the line */
export function readRecording(file: string): readonly RecordedEntry[] {
  const source = read(file);
  const lines = source.split('\n');
  // What stands behind the last line break was not written to its end.
  lines.pop();
  const entries = lines.map((line, at) => {
    try {
      return parseJson(line, entry);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw invalid(file, `line ${at + 1}: ${problem}`, cause);
    }
  });
  if (entries[0]?.type !== 'began') throw invalid(file, 'it does not begin with "began"');
  return entries;
}

function read(file: string): string {
  try {
    const source = readFileSync(file, 'utf8');
    if (source.length <= charactersMax) return source;
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  throw invalid(file, `it has more than ${charactersMax} characters`);
}

function invalid(file: string, problem: string, cause?: unknown): BanterError {
  return new BanterError('RECORDING_INVALID', `${file} is no recording: ${problem}`, { cause });
}
