/** How long somebody is waited for: in time that they had, because a busy machine may give a process none. */

import { readFile } from 'node:fs/promises';

/** Milliseconds that one look counts at most: a longer gap is a stall of who looks, not of who is looked at. */
const lookMsMax = 100;

/** How much is enough. */
export interface PatienceLimits {
  /** Milliseconds for which the other side used a processor; by the clock where that is not known. */
  readonly ranMs: number;
  /** Milliseconds by the clock in any case. */
  readonly clockMs: number;
}

/** Counts from look to look while somebody does nothing that was waited for. */
export class Patience {
  readonly #limits: PatienceLimits;
  #lookedAtMs: number;
  #cpuMs: number | undefined;
  #ranMs = 0;
  #waitedMs = 0;

  /** `cpuMs` is the processor time of the other side so far, if it is known yet. */
  constructor(limits: PatienceLimits, nowMs: number, cpuMs?: number) {
    this.#limits = limits;
    this.#lookedAtMs = nowMs;
    this.#cpuMs = cpuMs;
  }

  /** They have done something: the count begins anew. */
  rewarded(): void {
    this.#ranMs = 0;
    this.#waitedMs = 0;
  }

  /** Whether it is enough. Looks come more often than every {@link lookMsMax}. */
  isOver(nowMs: number, cpuMs: number | undefined): boolean {
    const passedMs = Math.min(nowMs - this.#lookedAtMs, lookMsMax);
    const usedMs =
      cpuMs === undefined || this.#cpuMs === undefined ? passedMs : cpuMs - this.#cpuMs;
    this.#lookedAtMs = nowMs;
    this.#cpuMs = cpuMs;
    this.#waitedMs += passedMs;
    // Several threads use more than passes.
    this.#ranMs += Math.min(usedMs, passedMs);
    return this.#ranMs > this.#limits.ranMs || this.#waitedMs > this.#limits.clockMs;
  }
}

/** What the kernel says of a process. */
export interface ProcessUsage {
  /** Milliseconds of processor time of all its threads. */
  readonly cpuMs: number | undefined;
  readonly rssBytes: number | undefined;
}

/** What Linux counts processor time in, on every architecture that Node runs on. */
const tickMs = 10;

/** Asks the kernel, which answers even while the process does not. On other systems than Linux nobody tells. */
export async function usageOf(pid: number): Promise<ProcessUsage> {
  const [stat, status] = await Promise.all(
    ['stat', 'status'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')),
  );
  return { cpuMs: cpuMsOf(stat ?? ''), rssBytes: rssBytesOf(status ?? '') };
}

/** `utime` and `stime` of `proc_pid_stat(5)`. The name before them may hold blanks and parentheses. */
function cpuMsOf(stat: string): number | undefined {
  const [, user, system] =
    /^(?: \S+){11} (\d+) (\d+) /.exec(stat.slice(stat.lastIndexOf(')') + 1)) ?? [];
  return user === undefined ? undefined : (Number(user) + Number(system)) * tickMs;
}

function rssBytesOf(status: string): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
