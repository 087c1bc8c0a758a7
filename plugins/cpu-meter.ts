/** How much processor time one plugin has used within a minute. */

const secondMs = 1000;
const minuteSeconds = 60;

/** Counts by whole seconds of a monotonic clock: 61 numbers at most. */
export class CpuMeter {
  readonly #seconds = new Map<number, number>();

  /** It has used so much more. */
  add(ms: number, nowMs: number): void {
    const second = Math.floor(nowMs / secondMs);
    this.#forget(second);
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + ms);
  }

  /** Milliseconds of processor time within the last minute. */
  usedMs(nowMs: number): number {
    this.#forget(Math.floor(nowMs / secondMs));
    return [...this.#seconds.values()].reduce((sum, ms) => sum + ms, 0);
  }

  /** What it used before counts no more. */
  reset(): void {
    this.#seconds.clear();
  }

  #forget(second: number): void {
    for (const old of this.#seconds.keys()) {
      if (old <= second - minuteSeconds) this.#seconds.delete(old);
    }
  }
}
