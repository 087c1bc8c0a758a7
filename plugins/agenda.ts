/** What one plugin is still to be told, and what it is being told: outcomes first, then events and questions by turns. */

import type { PluginEvent } from './bridge.ts';
import { Fact } from './feed.ts';
import type { Handling } from './handling.ts';
import { limits } from './limits.ts';

/** Why a plugin is not told of an event. */
export interface Refusal {
  readonly reason: string;
  /** It is the first one that it is too slow for. */
  readonly isFirstDrop?: boolean;
}

/** What a plugin may be told at the moment, beside what goes before everything. */
interface Readiness {
  /** Events; they wait while it sets itself up or handles too much already. */
  readonly hears: boolean;
  /** Questions to its hooks. */
  readonly answers: boolean;
}

/** The queues of one plugin. */
export class Agenda {
  /** What goes before all events: set-up, outcomes, the farewell. */
  #control: Fact[] = [];
  #events: Fact[] = [];
  /** Questions to its hooks, which messages wait for: they and events take turns. */
  #questions: Fact[] = [];
  #askedLast = false;
  #inFlight: readonly Fact[] | undefined;

  /** Whether a load or a batch is under way. */
  get isUnderWay(): boolean {
    return this.#inFlight !== undefined;
  }

  /** How many events wait. */
  get waiting(): number {
    return this.#events.length;
  }

  /** Whether the farewell is among what is to be told. */
  get hasFarewell(): boolean {
    return this.#control.some(({ event }) => event.type === 'disposing');
  }

  /** Whether there is nothing to tell who is ready for so much. */
  isEmpty({ hears, answers }: Readiness): boolean {
    const events = hears ? this.#events.length : 0;
    const questions = answers ? this.#questions.length : 0;
    return this.#control.length + events + questions === 0;
  }

  /** Adds what goes before all events. */
  control(event: PluginEvent): void {
    this.#control.push(new Fact(event));
  }

  /** Adds an event, and holds it; false, and nothing done, when too many wait already. */
  add(fact: Fact): boolean {
    if (this.#events.length >= limits.queuedEventsMax) return false;
    fact.retain();
    this.#events.push(fact);
    return true;
  }

  /** Adds a question; false when too many wait already. */
  ask(event: PluginEvent): boolean {
    if (this.#questions.length >= limits.queuedEventsMax) return false;
    this.#questions.push(new Fact(event));
    return true;
  }

  /** Begins the load of its file; false when something goes before it. */
  beginLoad(): boolean {
    if (this.#control.length > 0) return false;
    this.#inFlight = [];
    return true;
  }

  /** Begins the next batch, if there is anything; `heard` is how many events are in it. */
  begin({
    hears,
    answers,
  }: Readiness): { readonly batch: readonly Fact[]; readonly heard: number } | undefined {
    // As many outcomes as a turn can have caused, so that they never pile up.
    let batch = this.#control.splice(0, limits.turnActionsMax);
    let heard = 0;
    if (batch.length === 0) {
      const events = hears ? this.#events : [];
      const questions = answers ? this.#questions : [];
      this.#askedLast = questions.length > 0 && (!this.#askedLast || events.length === 0);
      batch = (this.#askedLast ? questions : events).splice(0, limits.batchEventsMax);
      if (!this.#askedLast) heard = batch.length;
    }
    if (batch.length === 0) return undefined;
    this.#inFlight = batch;
    return { batch, heard };
  }

  /** What was under way is over. */
  end(): readonly Fact[] {
    const batch = this.#inFlight ?? [];
    this.#inFlight = undefined;
    return batch;
  }

  /** The events that nobody has begun to handle, for somebody else; they are not here any more. */
  handOver(): readonly Fact[] {
    return this.#events.splice(0);
  }

  /** The isolate is lost: what it was being told and was handling goes before what waits, and nothing else is left. */
  again(handling: Handling): void {
    this.#control = [];
    this.#questions = [];
    this.#events.unshift(...handling.again(this.end()));
  }

  /** Nothing is left; with `released`, nobody waits for it any more. */
  clear(released: boolean): void {
    if (released) for (const fact of [...this.#events, ...(this.#inFlight ?? [])]) fact.release();
    this.#control = [];
    this.#events = [];
    this.#questions = [];
    this.#inFlight = undefined;
  }
}
