/** When to stop doubling the window: as soon as round trips become longer, before anything is lost (HyStart++, RFC 9406). */

/**
 * Round trips of a round that are looked at before it counts. RFC 9406 §4.3 takes eight where every second packet is
 * acknowledged; an ACK for ten packets says as much as five of those.
 */
const samplesMin = 2;

/** The shortest round trip of a round has grown when it is so much longer, within these bounds (RFC 9406 §4.3). Milliseconds. */
const growthMsMin = 4;
const growthMsMax = 16;
const growthDivisor = 8;

/** So many rounds the window grows slowly, so that one late answer does not end the start (RFC 9406 §4.3). */
const slowRoundsMax = 5;

/** How fast a window grows: doubled each round trip, a quarter of that, or no more by this rule. */
export type Growth = 'fast' | 'slow' | 'over';

export class SlowStart {
  #growth: Growth = 'fast';
  /** The round ends with the acknowledgement of this packet. */
  #roundEnd = -1;
  #samples = 0;
  #shortestMs = Number.POSITIVE_INFINITY;
  #lastShortestMs = Number.POSITIVE_INFINITY;
  /** The shortest round trip of the round that seemed to have grown. */
  #suspectMs = Number.POSITIVE_INFINITY;
  #slowRounds = 0;

  get growth(): Growth {
    return this.#growth;
  }

  /**
   * Takes a round-trip time.
   * @param newest the packet it was measured with
   * @param nextPacketNumber the packet that will be sent next
   */
  sample(rttMs: number, newest: number, nextPacketNumber: number): void {
    if (newest >= this.#roundEnd) this.#beginRound(nextPacketNumber);
    this.#samples++;
    this.#shortestMs = Math.min(this.#shortestMs, rttMs);
    if (this.#samples < samplesMin || this.#growth === 'over') return;
    if (this.#growth === 'slow') {
      if (this.#shortestMs < this.#suspectMs) this.#growth = 'fast';
    } else if (this.#hasGrown) {
      this.#growth = 'slow';
      this.#suspectMs = this.#shortestMs;
      this.#slowRounds = 0;
    }
  }

  get #hasGrown(): boolean {
    const thresholdMs = Math.min(
      Math.max(this.#lastShortestMs / growthDivisor, growthMsMin),
      growthMsMax,
    );
    return this.#shortestMs >= this.#lastShortestMs + thresholdMs;
  }

  #beginRound(nextPacketNumber: number): void {
    this.#roundEnd = nextPacketNumber;
    this.#lastShortestMs = this.#shortestMs;
    this.#shortestMs = Number.POSITIVE_INFINITY;
    this.#samples = 0;
    if (this.#growth === 'slow' && ++this.#slowRounds > slowRoundsMax) this.#growth = 'over';
  }
}
