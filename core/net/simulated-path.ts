/** One way through a simulated network: what becomes of each datagram on it, as seeded numbers tell. */

import type { FaultKind, Faults } from './simulated-faults.ts';
import type { Numbers } from './simulated-numbers.ts';

/** One copy of a datagram that will arrive. */
interface Fate {
  readonly delayMs: number;
  /** The number of the datagram on its path; copies share it. */
  readonly index: number;
}

/** What becomes of a datagram. */
export interface Passage {
  /** The copies of it that arrive, none to two. */
  readonly fates: readonly Fate[];
  /** What befell it. */
  readonly faults: readonly FaultKind[];
}

const holdMsMax = 50;
const burstMsMin = 10;
const burstMsMax = 200;
const spikeMsMin = 100;
const spikeMsMax = 800;

export class Path {
  readonly #numbers: Numbers;
  #lastArrivalAt = 0;
  #nextIndex = 0;
  #newestArrived = -1;
  #burstEndsAt = 0;
  #standsUntil = 0;

  constructor(numbers: Numbers) {
    this.#numbers = numbers;
  }

  /** Decides about the next datagram. */
  send(bytes: number, faults: Faults, now: number): Passage {
    const { loss = 0, burstLoss = 0, duplication = 0, reordering = 0, spikes = 0 } = faults;
    // Always the same draws, so that one fault's probability does not move another's victims.
    const isLost = this.#chance(loss);
    const beginsBurst = this.#chance(burstLoss);
    const burstMs = this.#within(burstMsMin, burstMsMax);
    const isDoubled = this.#chance(duplication);
    const isHeld = this.#chance(reordering);
    const holdMs = this.#within(0, holdMsMax);
    const beginsSpike = this.#chance(spikes);
    const spikeMs = this.#within(spikeMsMin, spikeMsMax);
    if (beginsSpike) this.#standsUntil = now + spikeMs;
    const delayMs = this.#orderedDelay(faults, now);
    const copyDelayMs = delayMs + this.#within(0, holdMsMax);
    const index = this.#nextIndex++;
    const spiked: readonly FaultKind[] = beginsSpike ? ['spiked'] : [];
    if (bytes > (faults.mtuBytes ?? Number.POSITIVE_INFINITY)) return none([...spiked, 'tooLong']);
    if (now < this.#burstEndsAt) return none([...spiked, 'burstLost']);
    if (beginsBurst) this.#burstEndsAt = now + burstMs;
    if (isLost || beginsBurst) return none([...spiked, 'lost']);
    if (!isHeld) this.#lastArrivalAt = now + delayMs;
    const first = { delayMs: isHeld ? delayMs + holdMs : delayMs, index };
    if (!isDoubled) return { fates: [first], faults: spiked };
    return { fates: [first, { delayMs: copyDelayMs, index }], faults: [...spiked, 'duplicated'] };
  }

  /** A copy has arrived. @returns whether one that was sent later has arrived before it */
  arrived({ index }: Fate): boolean {
    const isLate = index < this.#newestArrived;
    this.#newestArrived = Math.max(this.#newestArrived, index);
    return isLate;
  }

  #orderedDelay({ delayMs = 0, jitterMs = 0 }: Faults, now: number): number {
    const at = Math.max(now, this.#standsUntil) + delayMs + this.#within(0, jitterMs);
    return Math.max(at, this.#lastArrivalAt) - now;
  }

  #chance(probability: number): boolean {
    return this.#numbers() < probability;
  }

  #within(from: number, to: number): number {
    return from + this.#numbers() * (to - from);
  }
}

function none(faults: readonly FaultKind[]): Passage {
  return { fates: [], faults };
}
