/** What a process has used, as the Linux kernel counts it: the same for a server of ours and for one in C. */

import { readFileSync } from 'node:fs';

export interface Usage {
  readonly cpuSeconds: number;
  /** Memory in RAM. */
  readonly rssBytes: number;
}

/** The kernel tells times in hundredths of a second, whatever its own clock does. */
const ticksPerSecond = 100;

/** @throws Error when there is no such process, or no /proc */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The fields after the name, which may hold anything; user and system time are the 14th and 15th of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  return { cpuSeconds: ticks / ticksPerSecond, rssBytes: rssKiB * 1024 };
}
