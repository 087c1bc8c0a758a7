/** What became of the newest messages, and who decided it: what `explain` tells. */

import type { ChatMessage, Outgoing } from '../core/client-api.ts';
import type { DraftInfo } from './hook-info.ts';

/** One thing that happened to a message on its way. */
export interface TraceStep {
  /** The id of the plugin. */
  readonly plugin: string;
  /** What had to do with it: `hook receive`, `on message`, `command roll`, `send to #lab`. */
  readonly what: string;
  /** How it went: `passed`, `changed`, `stopped`, `failed`, `told`, `not told`, `handled`, `skipped`, `sent`, `refused`. */
  readonly outcome: string;
  /** Why, in words, with text of plugins; empty where the outcome says it all. */
  readonly reason: string;
  /** How long it took. Milliseconds; absent where nothing was waited for. */
  readonly ms?: number | undefined;
}

/** One message and its way. */
export interface Trace {
  readonly direction: 'received' | 'sent';
  /** The group it is of; absent for private ones. */
  readonly group?: string | undefined;
  /** Its place in the group; absent for private ones and for what this client has not sent yet, or could not. */
  readonly seq?: number | undefined;
  /** Who it is from; of what this client sends, the plugin that does, or empty. */
  readonly from: string;
  /** Whom it is for; absent for what is received. */
  readonly to?: string | undefined;
  /** Its first 200 characters, before anybody changed it. */
  readonly text: string;
  /** Milliseconds of the epoch. */
  readonly atMs: number;
  /** In the order in which they happened, at most 100; then `stepsLost` counts. */
  readonly steps: readonly TraceStep[];
  readonly stepsLost: number;
}

/** Traces kept, the newest. */
const tracesMax = 500;
const stepsMax = 100;
const excerptCharactersMax = 200;

interface Open extends Trace {
  readonly number: number;
  seq: number | undefined;
  readonly steps: TraceStep[];
  stepsLost: number;
}

/** The newest 500. */
export class Traces {
  readonly #wallClockMs: () => number;
  /** By number modulo {@link tracesMax}. */
  readonly #ring: Open[] = [];
  readonly #numbers = new WeakMap<object, number>();
  #last = 0;

  constructor(wallClockMs: () => number) {
    this.#wallClockMs = wallClockMs;
  }

  /** The number of the trace of a message, which begins here unless it has one. */
  of(message: ChatMessage | DraftInfo | Outgoing): number {
    return this.#numbers.get(message) ?? this.#begin(message);
  }

  /** This is the same message, with another text. */
  alias(message: object, number: number): void {
    this.#numbers.set(message, number);
  }

  /** Whether anything has been said of it. */
  hasSteps(number: number): boolean {
    const trace = this.#ring[number % tracesMax];
    return trace?.number === number && trace.steps.length > 0;
  }

  /** It has its place in the group now. */
  place(number: number, seq: number): void {
    const trace = this.#ring[number % tracesMax];
    if (trace?.number === number) trace.seq = seq;
  }

  /** Adds a step; a trace that is not kept any more needs none. */
  add(number: number, step: TraceStep): void {
    const trace = this.#ring[number % tracesMax];
    if (trace?.number !== number) return;
    if (trace.steps.length < stepsMax) trace.steps.push(step);
    else trace.stepsLost += 1;
  }

  /**
   * The newest of a group and place, or the newest of all but for what plugins send, which is told of the message that they
   * answer; undefined if there is none any more.
   */
  find(place?: { readonly group: string; readonly seq: number }): Trace | undefined {
    for (let number = this.#last; number > 0 && number > this.#last - tracesMax; number--) {
      const trace = this.#ring[number % tracesMax];
      if (trace === undefined) continue;
      const isMeant =
        place === undefined
          ? trace.direction === 'received' || trace.from === ''
          : trace.group === place.group && trace.seq === place.seq;
      if (isMeant) {
        const { number: _number, ...told } = trace;
        return { ...told, steps: [...trace.steps] };
      }
    }
    return undefined;
  }

  #begin(message: ChatMessage | DraftInfo | Outgoing): number {
    this.#last += 1;
    const number = this.#last;
    const isReceived = 'from' in message;
    this.#ring[number % tracesMax] = {
      number,
      direction: isReceived ? 'received' : 'sent',
      group: 'group' in message ? message.group : undefined,
      seq: 'seq' in message ? message.seq : undefined,
      from: isReceived ? message.from : (message.origin ?? ''),
      to: 'to' in message ? message.to : undefined,
      text: message.text.slice(0, excerptCharactersMax),
      atMs: this.#wallClockMs(),
      steps: [],
      stepsLost: 0,
    };
    this.#numbers.set(message, number);
    return number;
  }
}
