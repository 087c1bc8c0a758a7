/** NewReno congestion control (RFC 9002 §7), in bytes. */

/** Ten datagrams, as RFC 9002 §7.2 advises. */
const initialWindowBytes = 12_000;

const datagramBytes = 1200;
const minimumWindowBytes = 2 * datagramBytes;

export class Congestion {
  #windowBytes = initialWindowBytes;
  #thresholdBytes = Number.POSITIVE_INFINITY;
  #recoveryStart = Number.NEGATIVE_INFINITY;
  #inFlightBytes = 0;

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
    this.#windowBytes +=
      this.#windowBytes < this.#thresholdBytes
        ? bytes
        : Math.ceil((datagramBytes * bytes) / this.#windowBytes);
  }

  /** Packets were declared lost; one reduction per round trip (§7.3.2). */
  lost(bytes: number, newestSentAt: number, now: number): void {
    this.#inFlightBytes -= bytes;
    if (newestSentAt <= this.#recoveryStart) return;
    this.#recoveryStart = now;
    this.#windowBytes = Math.max(minimumWindowBytes, Math.floor(this.#windowBytes / 2));
    this.#thresholdBytes = this.#windowBytes;
  }
}
