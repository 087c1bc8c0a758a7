/** What can go wrong in a simulated network, and the count of what did. */

/**
 * What happens to datagrams between machines; probabilities from 0 to 1 for each datagram, each fault by itself.
 * All default to 0, `mtuBytes` to no bound.
 */
export interface Faults {
  /** That a datagram is lost. */
  readonly loss?: number;
  /** That a datagram is lost and with it all that its path carries in the next 10 to 200 ms. */
  readonly burstLoss?: number;
  /** That a datagram comes twice. */
  readonly duplication?: number;
  /** That a datagram is held back for up to 50 ms while later ones pass. */
  readonly reordering?: number;
  /** That a path stands still for 100 to 800 ms: what it carries comes after that, in order. */
  readonly spikes?: number;
  /** How long every datagram is under way. Milliseconds. */
  readonly delayMs?: number;
  /** How much longer at most; the order of a path stays. Milliseconds. */
  readonly jitterMs?: number;
  /** Datagrams with more bytes vanish. */
  readonly mtuBytes?: number;
  /** That somebody sends something made up after the datagram: noise, or the datagram with changes, under a forged sender. */
  readonly forgery?: number;
  /** That somebody sends a datagram seen earlier again, from where it came or from elsewhere, or overtakes it with a copy. */
  readonly replay?: number;
}

/** What became of datagrams and machines. */
export interface FaultCounts {
  /** Handed to the network by its machines. */
  sent: number;
  /** Taken by a socket, doubles and forged ones included. */
  delivered: number;
  lost: number;
  /** Lost because one before them was. */
  burstLost: number;
  duplicated: number;
  /** Arrived after one that was sent later on the same path. */
  reordered: number;
  /** Times a path stood still. */
  spiked: number;
  /** Longer than the path takes. */
  tooLong: number;
  /** From or to a machine that was cut off in that direction. */
  cutOff: number;
  /** Came while their machine was paused and its socket was full. */
  overflowed: number;
  /** Nobody listened where they went. */
  undeliverable: number;
  /** Came to a NAT from a stranger, or on a port that it no longer maps. */
  filtered: number;
  /** Noise under a forged sender. */
  forged: number;
  /** Real datagrams with changes, under a real or a forged sender. */
  mutated: number;
  /** Real datagrams once more, from where they came. */
  replayed: number;
  /** Real datagrams once more, from an address that never sent them. */
  replayedElsewhere: number;
  /** Times a NAT forgot what it had mapped. */
  rebound: number;
  /** Times a machine was paused. */
  paused: number;
  /** Times a machine slept, its monotonic clock with it. */
  slept: number;
  /** Times a wall clock jumped. */
  jumped: number;
  /** Times a machine crashed. */
  crashed: number;
}

/** A kind of count. */
export type FaultKind = keyof FaultCounts;

/** None yet. */
export function noFaults(): FaultCounts {
  return {
    sent: 0,
    delivered: 0,
    lost: 0,
    burstLost: 0,
    duplicated: 0,
    reordered: 0,
    spiked: 0,
    tooLong: 0,
    cutOff: 0,
    overflowed: 0,
    undeliverable: 0,
    filtered: 0,
    forged: 0,
    mutated: 0,
    replayed: 0,
    replayedElsewhere: 0,
    rebound: 0,
    paused: 0,
    slept: 0,
    jumped: 0,
    crashed: 0,
  };
}
