/** The time of a test world: the network's, the plugins' and the real one of their processes, taken in turns. */

import { BanterError } from '../../core/error-api.ts';
import type { SimulatedNetwork } from '../../core/simulation-api.ts';
import type { Clock } from '../clock.ts';

/** When the clocks of a simulated network begin. Milliseconds of the epoch. */
const networkEpochMs = Date.UTC(2026, 0, 1);

/** A shorter wait the network goes through; over a longer one with nothing under way it stands still. Milliseconds. */
const leapMsMin = 5000;

/** Sums of fractions are off by less, a century from the beginning, too. Milliseconds. */
const precisionMs = 0.01;

/** Whom time waits for. */
export interface Players {
  /** Whether plugins do nothing more before time passes or something reaches them. */
  readonly areQuiet: boolean;
  /** Whether nothing that was said is on its way to anybody who can hear it. */
  readonly areAtRest: boolean;
}

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Passes only inside its methods, one event at a time; between two events every plugin has come to rest. */
export class WorldTime {
  readonly clock: Clock;
  readonly #network: SimulatedNetwork;
  readonly #players: Players;
  readonly #epochMs: number;
  /** As many as the jobs and deadlines of plugins; of those due at one instant the first comes first. */
  readonly #timers = new Set<Timer>();
  readonly #hosts = new Set<string>();
  /** How long the network has stood still altogether. Milliseconds. */
  #leaptMs = 0;
  #wake: () => void = () => undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** `epochMs` is the instant at which it begins. */
  constructor(network: SimulatedNetwork, players: Players, epochMs: number) {
    this.#network = network;
    this.#players = players;
    this.#epochMs = epochMs;
    this.clock = {
      isSteady: true,
      now: () => this.now,
      wallClockMs: () => this.wallClockMs,
      setTimer: (callback, delayMs) => this.#setTimer(callback, delayMs),
    };
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#network.now + this.#leaptMs;
  }

  /** Whole milliseconds of the epoch. */
  get wallClockMs(): number {
    return Math.floor(this.#epochMs + this.now);
  }

  /** A machine of the network is there: its clock is set. */
  addHost(host: string): void {
    if (this.#hosts.has(host)) return;
    this.#hosts.add(host);
    this.#network.jump(host, this.#epochMs - networkEpochMs + this.#leaptMs);
  }

  /** Plugins have come to rest; whoever waits for that looks again. */
  noteQuiet(): void {
    this.#wake();
  }

  /** Lets time pass until something is so, or until an instant. @returns whether it is so */
  until(isSo: () => boolean, untilMs: number): Promise<boolean> {
    return this.#take(() => this.#advance(isSo, untilMs, false));
  }

  /** Lets so much time pass, and leaps over what nothing happens in. Milliseconds. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.now + ms;
    await this.#take(() => this.#advance(() => false, untilMs, true));
  }

  /** Lets time pass until the promise is settled. @throws BanterError TIMED_OUT after `withinMs` */
  async settle<Value>(promise: Promise<Value>, withinMs: number): Promise<Value> {
    let isSettled = false;
    const note = (): void => {
      isSettled = true;
      // It may have waited for something real, such as a plugin's file.
      this.#wake();
    };
    void promise.then(note, note);
    if (await this.until(() => isSettled, this.now + withinMs)) return promise;
    const seconds = withinMs / 1000;
    throw new BanterError(
      'TIMED_OUT',
      `nothing came of it within ${seconds} s of the world's time`,
    );
  }

  /** Two that wait at a time take turns, as time passes once. */
  #take<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #advance(isSo: () => boolean, untilMs: number, mayLeap: boolean): Promise<boolean> {
    for (;;) {
      while (!this.#players.areQuiet) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (isSo()) return true;
      const next = this.#nextTimer();
      if (next !== undefined && next.dueMs <= this.now + precisionMs) {
        this.#timers.delete(next);
        next.callback();
        // What it began is seen once it has had its turn.
        await new Promise<void>((resolve) => setImmediate(resolve));
        continue;
      }
      const restMs = Math.min(next?.dueMs ?? untilMs, untilMs) - this.now;
      if (restMs <= precisionMs) return false;
      const canLeap = (): boolean => mayLeap && restMs >= leapMsMin && this.#players.areAtRest;
      if (canLeap()) {
        this.#leap(restMs);
      } else {
        const isOver = (): boolean => !this.#players.areQuiet || isSo() || canLeap();
        await this.#network.until(isOver, this.#network.now + restMs);
      }
    }
  }

  /** The clocks go on without the network: nobody has to keep connections alive for the years that a test lets pass. */
  #leap(ms: number): void {
    this.#leaptMs += ms;
    for (const host of this.#hosts) this.#network.jump(host, ms);
  }

  #setTimer(callback: () => void, delayMs: number): () => void {
    if (delayMs === Number.POSITIVE_INFINITY) return () => undefined;
    const timer: Timer = { dueMs: this.now + delayMs, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  #nextTimer(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.dueMs < next.dueMs) next = timer;
    }
    return next;
  }
}
