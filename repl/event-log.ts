/** What a server tells of itself while it runs: lines for people, JSON for programs, or nothing. */

import type { LineWriter } from './line-writer.ts';
import { logLine } from './log-lines.ts';
import type { LogFormat, LogLevel } from './settings.ts';

/** Something that has happened. */
export interface Happening {
  /** A stable name for programs, in the past tense. */
  readonly event: string;
  readonly level: LogLevel;
  /** For people; harmless on a terminal. */
  readonly words: string;
  /** What the words speak of, for programs: no text of a message, no secret. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Takes what happens, and drops it rather than wait for who reads. */
export type EventLog = (happening: Happening) => void;

const levels: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A log in one format, with what is as grave as `level` at least. */
export async function openEventLog(
  format: LogFormat,
  level: LogLevel,
  lines: LineWriter,
): Promise<EventLog> {
  switch (format) {
    case 'none':
      return () => {};
    case 'text':
      return (happening) => {
        if (levels[happening.level] >= levels[level]) lines.offer(logLine(happening.words));
      };
    case 'json':
      return openJsonLog(level, lines);
  }
}

/** Pino is loaded only where it is used: nobody who chats waits for it. */
async function openJsonLog(level: LogLevel, lines: LineWriter): Promise<EventLog> {
  const { pino } = await import('pino');
  const logger = pino(
    {
      level,
      // Whoever collects the lines knows the process and the machine.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => lines.offer(line.trimEnd()) },
  );
  return ({ event, level: grave, data }) => logger[grave]({ event, ...data });
}
