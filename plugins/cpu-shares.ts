/** Whose the processor time of a child is: nobody tells it of an isolate, only of the whole process. */

/** Milliseconds of one isolate that are worth a report; less waits for more. */
const reportMsMin = 20;

/** Divides what a process used between two looks among its isolates. */
export class CpuShares {
  #cpuMs: number;
  /** How long threads had been in each isolate, at the last look. */
  #insideMs: ReadonlyMap<number, number> = new Map();
  readonly #unreportedMs = new Map<number, number>();

  /** `cpuMs` is what the process has used so far. */
  constructor(cpuMs: number) {
    this.#cpuMs = cpuMs;
  }

  /**
   * What is to be reported of each isolate, in whole milliseconds. `cpuMs` is what the process has used; `insideMs` how long
   * threads were in each isolate, which on a busy machine is mostly waiting. Each gets of the former as it has of the latter,
   * and never more than the latter.
   */
  look(cpuMs: number, insideMs: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
    const passed = new Map(
      Array.from(insideMs, ([slot, ms]) => [slot, this.#passed(slot, ms)] as const),
    );
    const all = [...passed.values()].reduce((sum, ms) => sum + ms, 0);
    const scale = all === 0 ? 0 : Math.min(1, (cpuMs - this.#cpuMs) / all);
    this.#cpuMs = cpuMs;
    this.#insideMs = insideMs;
    const reports = new Map<number, number>();
    for (const slot of this.#unreportedMs.keys()) {
      if (!insideMs.has(slot)) this.#unreportedMs.delete(slot);
    }
    for (const [slot, ms] of passed) {
      const unreported = (this.#unreportedMs.get(slot) ?? 0) + ms * scale;
      const whole = unreported < reportMsMin ? 0 : Math.floor(unreported);
      this.#unreportedMs.set(slot, unreported - whole);
      if (whole > 0) reports.set(slot, whole);
    }
    return reports;
  }

  #passed(slot: number, ms: number): number {
    return Math.max(0, ms - (this.#insideMs.get(slot) ?? 0));
  }
}
