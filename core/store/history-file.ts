/** An exported history: a line of JSON for the group, one for each message in order, and one for the end. */

import { checkName } from '../chat/names.ts';
import type { StoredMessage } from '../chat/records.ts';
import { hopsMax } from '../chat/wire-fields.ts';
import { BanterError } from '../errors.ts';
import { fromHex } from '../protocol/bytes.ts';

/** The version of the form. */
const version = 1;

/** Bytes of UTF-8 in a text; more fits no message. */
const textBytesMax = 60_000;

/** What a message says of itself in the file; `mid` is 32 hex digits. */
export type HistoryMessage = Omit<StoredMessage, 'mid'> & { readonly mid: string };

/** The first line. */
export function beginLine(group: string): string {
  return JSON.stringify({ banter: 'history', v: version, group });
}

/** A line for a message. */
export function messageLine(message: HistoryMessage): string {
  const { seq, mid, from, bot, hops, sentAtMs, text } = message;
  return JSON.stringify({ seq, mid, from, bot, hops, sentAtMs, text });
}

/** The last line: a file without it was cut short. */
export function endLine(messages: number): string {
  return JSON.stringify({ end: true, messages });
}

/** Takes the lines of a file one after another; whatever is wrong with one is told with its number. */
export class HistoryFile {
  #line = 0;
  #group: string | undefined;
  #previousSeq: number | undefined;
  #messages = 0;
  #hasEnded = false;

  /** The group that it is the history of. @throws BanterError IMPORT_INVALID before the first line */
  get group(): string {
    return this.#group ?? this.#fail('there is no first line');
  }

  /** How many messages there were so far. */
  get messages(): number {
    return this.#messages;
  }

  /** @returns the message of the line, if it is one's @throws BanterError IMPORT_INVALID */
  take(line: string): StoredMessage | undefined {
    this.#line++;
    if (this.#hasEnded) return this.#fail('something follows the last line');
    const fields = this.#parse(line);
    if (this.#group === undefined) this.#begin(fields);
    else if (fields['end'] === true) this.#end(fields);
    else return this.#message(fields);
    return undefined;
  }

  /** There are no more lines. @throws BanterError IMPORT_INVALID if there should be */
  finish(): void {
    this.#line++;
    if (!this.#hasEnded) this.#fail('the file ends before its last line: it was cut short');
  }

  #parse(line: string): Readonly<Record<string, unknown>> {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return this.#fail('this is no JSON');
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.#fail('this is no object');
    }
    // Any object has fields of unknown values.
    return value as Readonly<Record<string, unknown>>;
  }

  #begin({ banter, v, group }: Readonly<Record<string, unknown>>): void {
    if (banter !== 'history') this.#fail('this is no exported history');
    if (v !== version) this.#fail(`its form is ${JSON.stringify(v)}, not ${version}`);
    this.#group = this.#name('group', group);
  }

  #end({ messages }: Readonly<Record<string, unknown>>): void {
    if (messages !== this.#messages) {
      this.#fail(`there should be ${JSON.stringify(messages)} messages, and are ${this.#messages}`);
    }
    this.#hasEnded = true;
  }

  #message(fields: Readonly<Record<string, unknown>>): StoredMessage {
    const seq = this.#number('seq', fields['seq'], Number.MAX_SAFE_INTEGER);
    const due = this.#previousSeq === undefined ? seq : this.#previousSeq + 1;
    if (seq !== due || seq === 0) this.#fail(`"seq" is ${seq}, not ${Math.max(due, 1)}`);
    const { mid: hex, bot, text } = fields;
    const mid = typeof hex === 'string' ? fromHex(hex) : undefined;
    if (mid?.length !== 16) return this.#fail('"mid" is not of 32 hex digits');
    if (typeof bot !== 'boolean') return this.#fail('"bot" is neither true nor false');
    if (typeof text !== 'string') return this.#fail('"text" is no text');
    const bytes = Buffer.byteLength(text);
    if (bytes > textBytesMax) this.#fail(`"text" has ${bytes} bytes, more than ${textBytesMax}`);
    const from = this.#name('from', fields['from']);
    const hops = this.#number('hops', fields['hops'], hopsMax);
    const sentAtMs = this.#number('sentAtMs', fields['sentAtMs'], Number.MAX_SAFE_INTEGER);
    this.#previousSeq = seq;
    this.#messages++;
    return { mid, seq, from, bot, hops, sentAtMs, text };
  }

  #name(field: string, value: unknown): string {
    if (typeof value !== 'string') return this.#fail(`"${field}" is no name`);
    const fault = checkName(value);
    if (fault !== undefined) this.#fail(`the name "${value}" ${fault}`);
    return value;
  }

  #number(field: string, value: unknown, max: number): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) {
      return value;
    }
    return this.#fail(`"${field}" is ${JSON.stringify(value)}, not a whole number up to ${max}`);
  }

  #fail(fault: string): never {
    const data = { line: this.#line };
    throw new BanterError('IMPORT_INVALID', `line ${this.#line}: ${fault}`, { data });
  }
}
