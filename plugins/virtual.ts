/** Evaluated first of all in an isolate of a test world: its clock stands still within a turn, and its chance follows from a seed. */

/** What an isolate of a test world begins with. */
export interface VirtualStart {
  /** Its lower 32 bits count. */
  readonly seed: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** The global under which `boot` finds, and takes away, the function that sets the clock. */
export const setClockName = 'banterSetClock';

/** Replaces `Date` and `Math.random`, before anybody has taken the originals. */
export function virtualize({ seed, nowMs }: VirtualStart): void {
  let now = nowMs;
  Reflect.set(globalThis, setClockName, (ms: number) => {
    now = ms;
  });
  const virtualNow = (): number => now;
  Reflect.defineProperty(Date, 'now', { value: virtualNow, writable: true, configurable: true });
  const VirtualDate = new Proxy(Date, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now] : given, newTarget),
    apply: (target) => new target(now).toString(),
  });
  Reflect.defineProperty(Date.prototype, 'constructor', { value: VirtualDate });
  Reflect.set(globalThis, 'Date', VirtualDate);
  // mulberry32 by Tommy Ettinger.
  let state = seed >>> 0;
  Math.random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
