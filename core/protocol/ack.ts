/** What a connection has received: which packet numbers, what is a replay, and when an ACK is due. */

import { ackRangesMax, type PacketRange } from './frame.ts';

/** Ranges remembered; a packet older than the oldest of them counts as a replay and will be sent again in a new packet. */
const rangesMax = 64;

/**
 * An ACK goes out after this many ack-eliciting packets… More than the two of RFC 9000 §13.2.2, since each costs both
 * sides as much as a packet of data; a sender whose window is full asks for one with a PING.
 */
const packetsPerAck = 10;

/** …or when none has followed for this long, for which a sender's probe timeout allows. Milliseconds. */
export const ackDelayMsMax = 25;

/** …or this many times as long after the first of them, since in a steady stream one always follows. */
export const ackDelaysMax = 4;

/**
 * The members of a group receive its messages at the same instant. If all of them waited equally long, their ACKs would
 * come to the server as one burst, in the way of the messages that follow: each waits at least so long. Milliseconds.
 */
const ackDelayMsMin = 10;

/** How long a connection's ACKs wait, evenly spread by its share of chance, from 0 to 1. Milliseconds. */
export function ackDelayMsOf(share: number): number {
  return ackDelayMsMin + share * (ackDelayMsMax - ackDelayMsMin);
}

/** Whether a packet must be acknowledged: not at all, in good time, or at once. */
export type AckUrgency = 'none' | 'soon' | 'now';

/** Two integers. */
const rangeBytesMax = 8;

/** Number, largest, delay and count, then the ranges. */
function ackBytes(ranges: number): number {
  return 1 + 8 + 4 + 1 + rangeBytesMax * ranges;
}

export class ReceivedPackets {
  readonly #ackDelayMs: number;
  /** From the newest to the oldest, disjoint and not adjacent. */
  #ranges: PacketRange[] = [];
  /** Numbers below this one may have been forgotten. */
  #floor = 0;
  #unacknowledged = 0;
  #deadline: number | undefined;
  /** When the first of the packets came that are not acknowledged, if there is one. */
  #owedSince: number | undefined;
  #newestAt = 0;

  /** @param ackDelayMs how long an ACK that is in no hurry waits for another packet */
  constructor(ackDelayMs: number = ackDelayMsMax) {
    this.#ackDelayMs = ackDelayMs;
  }

  /** The newest packet number, or −1 before the first packet. */
  get newest(): number {
    return this.#ranges[0]?.last ?? -1;
  }

  /** Whether a packet of this number was received, or is too old to tell (RFC 9000 §21.4: never process it twice). */
  isDuplicate(packetNumber: number): boolean {
    if (packetNumber < this.#floor) return true;
    for (const range of this.#ranges) {
      if (packetNumber > range.last) return false;
      if (packetNumber >= range.first) return true;
    }
    return false;
  }

  /** Notes an authentic packet that is no duplicate. */
  receive(packetNumber: number, urgency: AckUrgency, now: number): void {
    const inOrder = packetNumber === this.newest + 1;
    if (packetNumber > this.newest) this.#newestAt = now;
    this.#insert(packetNumber);
    if (urgency === 'none') return;
    this.#unacknowledged++;
    const mayWait = inOrder && urgency === 'soon' && this.#unacknowledged < packetsPerAck;
    this.#owedSince ??= now;
    const latest = this.#owedSince + ackDelaysMax * this.#ackDelayMs;
    const due = mayWait ? Math.min(now + this.#ackDelayMs, latest) : now;
    // One that is due already, at the latest by now, is not put off.
    if (this.#deadline === undefined || this.#deadline > now) this.#deadline = due;
  }

  /** When an ACK must go out, if one is owed. */
  get deadline(): number | undefined {
    return this.#deadline;
  }

  /** Room that an owed ACK takes with its newest range alone, at most; 0 while none is owed. Bytes. */
  get ackBytesMin(): number {
    return this.#deadline === undefined ? 0 : ackBytes(1);
  }

  /**
   * The content of an ACK that goes out now, which settles what is owed; undefined before the first packet.
   * @param roomBytes how much it may take; the oldest ranges are left out
   */
  acknowledge(
    now: number,
    roomBytes: number,
  ): { readonly delayMs: number; readonly ranges: readonly PacketRange[] } | undefined {
    if (this.#ranges.length === 0) return undefined;
    this.#unacknowledged = 0;
    this.#deadline = undefined;
    this.#owedSince = undefined;
    const room = Math.max(1, Math.floor((roomBytes - ackBytes(0)) / rangeBytesMax));
    return {
      delayMs: now - this.#newestAt,
      ranges: this.#ranges.slice(0, Math.min(room, ackRangesMax)),
    };
  }

  #insert(packetNumber: number): void {
    const ranges = this.#ranges;
    let at = 0;
    while (at < ranges.length && packetNumber < (ranges[at]?.first ?? 0)) at++;
    const above = ranges[at - 1];
    const below = ranges[at];
    const joinsAbove = above !== undefined && above.first === packetNumber + 1;
    const joinsBelow = below !== undefined && below.last === packetNumber - 1;
    if (joinsAbove && joinsBelow) {
      ranges.splice(at - 1, 2, { first: below.first, last: above.last });
    } else if (joinsAbove) {
      ranges[at - 1] = { first: packetNumber, last: above.last };
    } else if (joinsBelow) {
      ranges[at] = { first: below.first, last: packetNumber };
    } else if (ranges.length === 0) {
      // Most connections never have another one, for which an array that has grown would keep room.
      this.#ranges = [{ first: packetNumber, last: packetNumber }];
    } else {
      ranges.splice(at, 0, { first: packetNumber, last: packetNumber });
      this.#forgetOldest();
    }
  }

  /** Ranges that merge later make room again, but what was forgotten stays so. */
  #forgetOldest(): void {
    if (this.#ranges.length <= rangesMax) return;
    this.#ranges.pop();
    this.#floor = this.#ranges.at(-1)?.first ?? 0;
  }
}
