/** One way through a simulated network: what becomes of each datagram on it, as seeded numbers tell. */

import type { Random } from '../protocol/crypto.ts';

/** What happens to datagrams between machines; probabilities from 0 to 1, each fault by itself. All default to 0. */
export interface Faults {
  /** That a datagram is lost. */
  readonly loss?: number;
  /** That a datagram is lost and with it all that its path carries in the next 10 to 200 ms. */
  readonly burstLoss?: number;
  /** That a datagram comes twice. */
  readonly duplication?: number;
  /** That a datagram is held back for up to 50 ms while later ones pass. */
  readonly reordering?: number;
  /** How long every datagram is under way. Milliseconds. */
  readonly delayMs?: number;
  /** How much longer at most; the order of a path stays. Milliseconds. */
  readonly jitterMs?: number;
}

/** What became of the datagrams. */
export interface FaultCounts {
  /** Handed to the network by its machines. */
  sent: number;
  /** Taken by a socket, doubles and injected ones included. */
  delivered: number;
  lost: number;
  /** Lost because one before them was. */
  burstLost: number;
  duplicated: number;
  /** Arrived after one that was sent later on the same path. */
  reordered: number;
  /** From or to a machine that was cut off in that direction. */
  cutOff: number;
  /** Came while their machine was paused and 4096 others waited already. */
  overflowed: number;
  /** Nobody listened where they went. */
  undeliverable: number;
}

/** Numbers from 0 up to but not including 1. */
export type Numbers = () => number;

/** One copy of a datagram that will arrive. */
export interface Fate {
  readonly delayMs: number;
  /** The number of the datagram on its path; copies share it. */
  readonly index: number;
}

const holdMsMax = 50;
const burstMsMin = 10;
const burstMsMax = 200;

export class Path {
  readonly #numbers: Numbers;
  readonly #counts: FaultCounts;
  #lastArrivalAt = 0;
  #nextIndex = 0;
  #newestArrived = -1;
  #burstEndsAt = 0;

  /** @param counts where faults are counted; paths share it */
  constructor(numbers: Numbers, counts: FaultCounts) {
    this.#numbers = numbers;
    this.#counts = counts;
  }

  /** What becomes of the next datagram: the copies of it that arrive, none to two. */
  send(faults: Faults, now: number): readonly Fate[] {
    const { loss = 0, burstLoss = 0, duplication = 0, reordering = 0 } = faults;
    // Always the same draws, so that one fault's probability does not move another's victims.
    const isLost = this.#chance(loss);
    const beginsBurst = this.#chance(burstLoss);
    const burstMs = burstMsMin + this.#numbers() * (burstMsMax - burstMsMin);
    const isDoubled = this.#chance(duplication);
    const isHeld = this.#chance(reordering);
    const holdMs = this.#numbers() * holdMsMax;
    const delayMs = this.#orderedDelay(faults, now);
    const copyDelayMs = delayMs + this.#numbers() * holdMsMax;
    const index = this.#nextIndex++;
    if (now < this.#burstEndsAt) {
      this.#counts.burstLost++;
      return [];
    }
    if (beginsBurst) this.#burstEndsAt = now + burstMs;
    if (isLost || beginsBurst) {
      this.#counts.lost++;
      return [];
    }
    if (!isHeld) this.#lastArrivalAt = now + delayMs;
    const first = { delayMs: isHeld ? delayMs + holdMs : delayMs, index };
    if (!isDoubled) return [first];
    this.#counts.duplicated++;
    return [first, { delayMs: copyDelayMs, index }];
  }

  /** A copy has arrived. */
  arrived({ index }: Fate): void {
    if (index < this.#newestArrived) this.#counts.reordered++;
    this.#newestArrived = Math.max(this.#newestArrived, index);
  }

  #orderedDelay({ delayMs = 0, jitterMs = 0 }: Faults, now: number): number {
    const at = now + delayMs + this.#numbers() * jitterMs;
    return Math.max(at, this.#lastArrivalAt) - now;
  }

  #chance(probability: number): boolean {
    return this.#numbers() < probability;
  }
}

/** The same numbers for the same seed, of which the lower 32 bits count: mulberry32 by Tommy Ettinger. Not for secrets. */
export function numbersFrom(seed: number): Numbers {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The same bytes for the same seed. */
export function randomFrom(seed: number): Random {
  const numbers = numbersFrom(seed);
  return (count) => Uint8Array.from({ length: count }, () => Math.floor(numbers() * 256));
}
