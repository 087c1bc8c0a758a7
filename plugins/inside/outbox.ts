/** The outbox inside an isolate: what the plugin asks for, as JSON text that its own code cannot reshape. Runs in isolates only. */

import type { Action, LogLevel } from '../bridge.ts';
import { limits } from '../limits.ts';

// Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
const { stringify } = JSON;
const StringOf = String;

/** One action without its type. */
export type Fields<T extends Action['type']> = Omit<Extract<Action, { readonly type: T }>, 'type'>;

/** Collects the actions of one turn; beyond the bounds they are refused and counted. */
export class Outbox {
  #written = '';
  #actions = 0;
  #overflowed = 0;
  #turn = 1;

  /** Counts how often it was emptied, from 1. */
  get turn(): number {
    return this.#turn;
  }

  /** Puts an action in, with an `id` if it is to be answered; false when the turn's bounds are reached and it is lost. */
  push<T extends Action['type']>(type: T, fields: Omit<Fields<T>, 'id'>, id?: number): boolean {
    // Without a prototype neither a `toJSON` nor a setter of the plugin's is ever asked.
    const json = stringify({ __proto__: null, type, id, ...fields });
    if (
      this.#actions >= limits.turnActionsMax ||
      this.#written.length + json.length + 100 > limits.turnCharactersMax
    ) {
      this.#overflowed += 1;
      return false;
    }
    this.#write(json);
    return true;
  }

  /** The same for what always has room: each of these is put in once a turn, when that is over, and has its own bound. */
  pushLast<T extends 'unfinished' | 'handled' | 'measured'>(type: T, fields: Fields<T>): void {
    this.#write(stringify({ __proto__: null, type, ...fields }));
  }

  /** Puts an error in, formatted here because asking a foreign error anything runs the plugin's code. */
  pushError(type: 'failed' | 'error', during: string, thrown: unknown): void {
    const error = describe(thrown);
    if (type === 'failed') {
      this.push('failed', error);
    } else {
      this.push('error', { during, ...error });
    }
  }

  /** Hands the turn's actions over as a JSON array. */
  drain(): string {
    let written = this.#written;
    if (this.#overflowed > 0) {
      written += `${written === '' ? '' : ','}{"type":"overflowed","count":${this.#overflowed}}`;
    }
    this.#written = '';
    this.#actions = 0;
    this.#overflowed = 0;
    this.#turn += 1;
    return `[${written}]`;
  }

  #write(json: string): void {
    this.#written += this.#actions === 0 ? json : `,${json}`;
    this.#actions += 1;
  }
}

/** The functions of `ctx.log`, and of `console`, which would otherwise be silent here. */
export function makeLog(
  outbox: Outbox,
): Record<'log' | 'debug' | LogLevel, (...values: readonly unknown[]) => void> {
  const at =
    (level: LogLevel) =>
    (...values: readonly unknown[]) => {
      let line = '';
      for (const value of values) {
        line += `${line === '' ? '' : ' '}${printable(value, 2000)}`;
      }
      outbox.push('log', { level, text: printable(line, 2000) });
    };
  return {
    log: at('info'),
    debug: at('info'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}

/** At most `max` characters of any value, for people. */
function printable(value: unknown, max: number): string {
  try {
    const written =
      typeof value === 'object' && value !== null ? stringify(value) : StringOf(value);
    return written.length > max ? `${written.slice(0, max - 1)}…` : written;
  } catch {
    return '(unprintable)';
  }
}

/** An error in short texts, whatever it is. */
export function describe(thrown: unknown): { name: string; message: string; stack: string } {
  try {
    if (thrown instanceof Error) {
      const { name, message, stack } = thrown;
      return {
        name: printable(name, 80),
        message: printable(message, 2000),
        stack: printable(stack, 8000),
      };
    }
    return { name: 'Error', message: printable(thrown, 2000), stack: '' };
  } catch {
    return { name: 'Error', message: '(unprintable error)', stack: '' };
  }
}
