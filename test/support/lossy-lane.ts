/** One direction between two sockets, on which datagrams are lost, doubled, reordered and delayed as a seed tells it. */

import type { Random } from './random.ts';

/** What happens to each datagram, each fault by itself; all default to none. */
export interface Faults {
  /** Probability of 0 to 1 that a datagram is lost. */
  readonly loss?: number;
  /** Probability that a datagram comes twice. */
  readonly duplication?: number;
  /** Probability that a datagram is held back behind the next one to three, or for 50 ms when none follow. */
  readonly reordering?: number;
  /** How long every datagram is under way, in milliseconds; their order stays. */
  readonly delayMs?: number;
}

/** How many datagrams met which fault. */
export interface FaultCounts {
  forwarded: number;
  lost: number;
  duplicated: number;
  reordered: number;
}

const holdMs = 50;

/** What is held back or under way at most; beyond, datagrams are lost as in any queue of a network. */
const underWayMax = 16_384;

export class LossyLane {
  readonly #faults: Faults;
  readonly #random: Random;
  readonly #counts: FaultCounts;
  readonly #deliver: (datagram: Uint8Array) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** At most one datagram is held back at a time. */
  #held:
    | { readonly datagram: Uint8Array; readonly timer: NodeJS.Timeout; behind: number }
    | undefined;

  constructor(
    faults: Faults,
    random: Random,
    counts: FaultCounts,
    deliver: (datagram: Uint8Array) => void,
  ) {
    this.#faults = faults;
    this.#random = random;
    this.#counts = counts;
    this.#deliver = deliver;
  }

  /** Sends a datagram on its way. */
  pass(datagram: Uint8Array): void {
    const { loss = 0, duplication = 0, reordering = 0 } = this.#faults;
    // Always the same draws for each datagram, so that one fault's probability does not move another's victims.
    const isLost = this.#random.chance(loss);
    const isDoubled = this.#random.chance(duplication);
    const isHeld = this.#random.chance(reordering);
    const behind = 1 + this.#random.below(3);
    if (isLost || this.#timers.size === underWayMax) {
      this.#counts.lost++;
      return;
    }
    if (isDoubled) this.#counts.duplicated++;
    if (isHeld && this.#held === undefined) {
      if (isDoubled) this.#forward(datagram);
      this.#hold(datagram, behind);
      return;
    }
    this.#forward(datagram);
    if (isDoubled) this.#forward(datagram);
    if (this.#held !== undefined && --this.#held.behind === 0) this.#release();
  }

  /** Loses what is under way. */
  close(): void {
    clearTimeout(this.#held?.timer);
    this.#held = undefined;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #hold(datagram: Uint8Array, behind: number): void {
    this.#counts.reordered++;
    this.#held = { datagram, timer: setTimeout(() => this.#release(), holdMs), behind };
  }

  #release(): void {
    if (this.#held === undefined) return;
    clearTimeout(this.#held.timer);
    this.#forward(this.#held.datagram);
    this.#held = undefined;
  }

  #forward(datagram: Uint8Array): void {
    this.#counts.forwarded++;
    const { delayMs = 0 } = this.#faults;
    if (delayMs === 0) {
      this.#deliver(datagram);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#deliver(datagram);
    }, delayMs);
    this.#timers.add(timer);
  }
}
