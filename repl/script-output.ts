/** What a script says: lines for people, or one JSON object a line. */

import { inspect } from 'node:util';
import { BanterError, type ChatMessage } from '../core/client-api.ts';
import { Formatter } from './format.ts';
import type { LineWriter } from './line-writer.ts';
import type { Notice } from './notices.ts';
import type { Outcome } from './runner.ts';
import { safeOutput } from './safe-text.ts';
import type { ChatSession } from './session.ts';

/** Where in the input something belongs; `id` is what a command object carried under that name. */
export interface Origin {
  readonly line: number;
  readonly id?: unknown;
}

/** Both forms of a script's output. */
export interface ScriptOutput {
  ready(session: ChatSession): void;
  message(message: ChatMessage): void;
  notice(notice: Notice): void;
  /** Words of our own, such as a warning. */
  remark(words: string): void;
  outcome(outcome: Outcome, origin: Origin): void;
  error(error: unknown, origin: Origin | undefined): void;
}

/** What people read: results and messages on one stream, everything else on the other. */
export class HumanOutput implements ScriptOutput {
  readonly #name: string;
  readonly #results: LineWriter;
  readonly #rest: LineWriter;
  readonly #formatter: Formatter;
  readonly #restFormatter: Formatter;
  readonly #onTerminal: boolean;

  constructor(options: {
    readonly name: string;
    readonly results: LineWriter;
    readonly rest: LineWriter;
    readonly me: string;
    readonly debug: boolean;
    readonly resultColours: boolean;
    readonly restColours: boolean;
    readonly onTerminal: boolean;
  }) {
    const { me, debug } = options;
    this.#name = options.name;
    this.#results = options.results;
    this.#rest = options.rest;
    this.#onTerminal = options.onTerminal;
    this.#formatter = new Formatter({ name: me, debug, colours: options.resultColours });
    this.#restFormatter = new Formatter({ name: me, debug, colours: options.restColours });
  }

  ready(): void {}

  message(message: ChatMessage): void {
    this.#results.offer(this.#formatter.message(message));
  }

  notice({ words }: Notice): void {
    if (words !== undefined) this.#rest.offer(this.#restFormatter.notice(words));
  }

  remark(words: string): void {
    this.#rest.offer(this.#restFormatter.notice(words));
  }

  outcome(outcome: Outcome): void {
    if (outcome.type === 'result') this.#results.write(this.#formatter.result(outcome.result));
    else if (outcome.value !== undefined) this.#results.write(this.#value(outcome.value));
  }

  error(error: unknown, origin: Origin | undefined): void {
    const where = origin === undefined ? this.#name : `${this.#name}:${origin.line}`;
    this.#rest.write(`${where}: ${this.#restFormatter.error(error)}`);
  }

  /** A text comes as it is, so that it can be piped on; a terminal gets it made harmless. */
  #value(value: unknown): string {
    if (typeof value !== 'string') return this.#formatter.value(value);
    return this.#onTerminal ? safeOutput(value) : value;
  }
}

/** What programs read: objects with `v: 1` and `type` ready, message, presence, delivery, result or error. */
export class JsonOutput implements ScriptOutput {
  readonly #results: LineWriter;

  constructor(results: LineWriter) {
    this.#results = results;
  }

  ready({ client }: ChatSession): void {
    this.#write('ready', {
      name: client.name,
      groups: client.groups,
      server: client.serverFingerprint,
    });
  }

  message(message: ChatMessage): void {
    this.#results.offer(line('message', { message }));
  }

  notice({ event, data }: Notice): void {
    this.#results.offer(line('presence', { event, ...data }));
  }

  remark(): void {}

  outcome(outcome: Outcome, origin: Origin): void {
    if (outcome.type === 'value') {
      if (outcome.value !== undefined) this.#write('result', { ...origin, value: outcome.value });
    } else if (outcome.result.type === 'sent') {
      this.#write('delivery', { ...origin, receipt: outcome.result.receipt });
    } else {
      this.#write('result', { ...origin, result: outcome.result });
    }
  }

  error(error: unknown, origin: Origin | undefined): void {
    this.#write('error', { ...origin, ...describe(error) });
  }

  #write(type: string, fields: Readonly<Record<string, unknown>>): void {
    this.#results.write(line(type, fields));
  }
}

function line(type: string, fields: Readonly<Record<string, unknown>>): string {
  const object = { v: 1, type, ...fields };
  try {
    return harmless(JSON.stringify(object, plain));
  } catch {
    // Circular values, and objects whose toJSON throws.
    return harmless(JSON.stringify({ v: 1, type, ...mapValues(object) }));
  }
}

/** The same JSON without a character that a terminal would obey: JSON itself escapes only the first 32. */
function harmless(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u2028\u2029\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What JSON has no form for is told as a text. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'function' || typeof value === 'symbol' ? inspect(value) : value;
}

function mapValues(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? inspect(value) : plain(name, value),
    ]),
  );
}

function describe(error: unknown): Readonly<Record<string, unknown>> {
  if (error instanceof BanterError) {
    const { code, message, remedy, data } = error;
    const { retryMs } = data;
    return { code, message, remedy, ...(typeof retryMs === 'number' ? { retryMs } : {}) };
  }
  return error instanceof Error
    ? { code: 'SCRIPT_FAILED', message: `${error.name}: ${error.message}` }
    : { code: 'SCRIPT_FAILED', message: `thrown: ${inspect(error)}` };
}
