/** How a server's process treats its memory: little room for what is short-lived, and back with what a rush has left. */

import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How often it is looked whether memory can go back unless told otherwise. Milliseconds. */
const lookDefaultMs = 5000;

/** Growth that is worth collecting. Bytes. */
const growthBytesMin = 16 * 1024 * 1024;

/** Collecting everything holds a server up for a moment, which it must not do time and again. Milliseconds. */
const pauseMs = 600_000;

/** A server that is busier than this share of the time is left alone. */
const busyShareMax = 0.05;

/** How to treat it. */
export interface MemoryOptions {
  /** How often to look whether memory can go back. Milliseconds; default 5,000. */
  readonly lookMs?: number;
  /** So much has gone back. Bytes. */
  readonly onReturned?: (bytes: number) => void;
}

/**
 * V8 lets the young generation grow to a hundred megabytes and keeps it: a server gains nothing by it, since what it
 * sends is garbage at once. One so small is collected sooner than the threads that would help are woken and done: alone,
 * it takes half the pause and a tenth less of the processor. What is left of a rush, such as everybody's coming back
 * after a restart, V8 would keep until the next one; it is collected when the server has become quiet. All of this is
 * the process' own affair, so that the program that serves does it and no library.
 * @returns what ends it
 */
export function keepMemorySmall({
  lookMs = lookDefaultMs,
  onReturned,
}: MemoryOptions = {}): Disposable {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--expose-gc');
  const collect: (options: object) => void = runInNewContext('gc');
  let known = process.memoryUsage().heapTotal;
  let collectedAt = Number.NEGATIVE_INFINITY;
  let usage = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, usage);
    usage = now;
    const isDue = performance.now() >= collectedAt + pauseMs && utilization <= busyShareMax;
    const { heapTotal } = process.memoryUsage();
    if (!isDue || heapTotal < known + growthBytesMin) return;
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    collectedAt = performance.now();
    known = process.memoryUsage().heapTotal;
    onReturned?.(heapTotal - known);
  }, lookMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
