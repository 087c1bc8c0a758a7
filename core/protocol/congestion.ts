/** NewReno congestion control (RFC 9002 §7) whose start ends when round trips grow (HyStart++, RFC 9406), in bytes. */

import { SlowStart } from './slow-start.ts';

/** Ten datagrams, as RFC 9002 §7.2 advises. */
const initialWindowBytes = 12_000;

const datagramBytes = 1200;
const minimumWindowBytes = 2 * datagramBytes;

/**
 * A window beyond this grows only while round trips are little longer than the shortest, by a quarter and this much: a
 * larger one would lengthen a queue, not the rate, and keep in memory what waits there. A smaller one grows all the same,
 * or those who fill the queue would starve us. Bytes and milliseconds.
 */
const modestWindowBytes = 32_768;
const queueFactor = 1.25;
const queueMs = 4;

/** How much slower the window grows once round trips seem to have become longer (RFC 9406 §4.3). */
const slowGrowthDivisor = 4;

export class Congestion {
  #windowBytes = initialWindowBytes;
  #thresholdBytes = Number.POSITIVE_INFINITY;
  #recoveryStart = Number.NEGATIVE_INFINITY;
  #inFlightBytes = 0;
  /** Undefined until the window has held the sender back. */
  #start: SlowStart | undefined;
  /** Whether round trips are so long that packets must stand in a queue. */
  #isQueueing = false;

  /** What may be in flight. Bytes. */
  get windowBytes(): number {
    return this.#windowBytes;
  }

  /**
   * The state of a new path, with what is in flight on the old one: its losses and acknowledgements say nothing about
   * the new one (RFC 9002 §7 and RFC 9000 §9.4).
   */
  afresh(now: number): Congestion {
    const congestion = new Congestion();
    congestion.#inFlightBytes = this.#inFlightBytes;
    congestion.#recoveryStart = now;
    return congestion;
  }

  /** Whether another full datagram may be sent. */
  get hasRoom(): boolean {
    return this.#inFlightBytes + datagramBytes <= this.#windowBytes;
  }

  /** Whether another full datagram would leave no room for one more. */
  get isNearlyFull(): boolean {
    return this.#inFlightBytes + 2 * datagramBytes > this.#windowBytes;
  }

  sent(bytes: number): void {
    this.#inFlightBytes += bytes;
  }

  /** @param limited whether the window, not a lack of data, held the sender back (§7.8) */
  acknowledged(bytes: number, sentAt: number, limited: boolean): void {
    this.#inFlightBytes -= bytes;
    if (!limited || sentAt <= this.#recoveryStart) return;
    if (this.#thresholdBytes === Number.POSITIVE_INFINITY) this.#start ??= new SlowStart();
    this.#windowBytes += this.#growthBytes(bytes);
  }

  /** Takes a round-trip time, measured with the packet `newest`; `nextPacketNumber` will be sent next. */
  sampleRtt(rttMs: number, shortestMs: number, newest: number, nextPacketNumber: number): void {
    this.#isQueueing = rttMs > queueFactor * shortestMs + queueMs;
    this.#start?.sample(rttMs, newest, nextPacketNumber);
    if (this.#start?.growth !== 'over') return;
    this.#thresholdBytes = Math.min(this.#thresholdBytes, this.#windowBytes);
    this.#start = undefined;
  }

  /** Packets were declared lost; one reduction per round trip (§7.3.2). */
  lost(bytes: number, newestSentAt: number, now: number): void {
    this.#inFlightBytes -= bytes;
    if (newestSentAt <= this.#recoveryStart) return;
    this.#recoveryStart = now;
    this.#windowBytes = Math.max(minimumWindowBytes, Math.floor(this.#windowBytes / 2));
    this.#thresholdBytes = this.#windowBytes;
    this.#start = undefined;
  }

  #growthBytes(bytes: number): number {
    if (this.#isQueueing && this.#windowBytes >= modestWindowBytes) return 0;
    if (this.#windowBytes >= this.#thresholdBytes) {
      return Math.ceil((datagramBytes * bytes) / this.#windowBytes);
    }
    return this.#start?.growth === 'slow' ? Math.ceil(bytes / slowGrowthDivisor) : bytes;
  }
}
