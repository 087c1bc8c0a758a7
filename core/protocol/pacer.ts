/** Spreads a window of packets over a round trip (RFC 9002 §7.7). */

import { datagramBytesMax } from './packet.ts';

/** Faster than the window by a quarter, so that acknowledgements and not the pacer hold the sender back. */
const gain = 1.25;

/** What may go at once after a pause: ten datagrams, as many as the first window. Bytes. */
const burstBytes = 10 * datagramBytesMax;

/** Timers tick about every millisecond: what two ticks would have let through may go at once too. Milliseconds. */
const tickMs = 2;

export class Pacer {
  #bytes = burstBytes;
  #refilledAt: number;

  constructor(now: number) {
    this.#refilledAt = now;
  }

  /** When another datagram may go; not after `now` if it may at once. */
  readyAt(windowBytes: number, rttMs: number, now: number): number {
    const bytesPerMs = (gain * windowBytes) / Math.max(rttMs, 1);
    const capacity = Math.max(burstBytes, bytesPerMs * tickMs);
    this.#bytes = Math.min(capacity, this.#bytes + (now - this.#refilledAt) * bytesPerMs);
    this.#refilledAt = now;
    // Whole bytes: rounding must not make a datagram late for which there was room.
    const missing = Math.floor(datagramBytesMax - this.#bytes);
    return missing <= 0 ? now : now + missing / bytesPerMs;
  }

  /** A datagram went, whether it had to wait or not; what probes took past the pacer is no debt. */
  sent(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }
}
