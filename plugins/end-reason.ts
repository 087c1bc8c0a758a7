/** Why plugins end, in words for people, and whether that may pass. */

import { limits } from './limits.ts';
import { choice } from './shape.ts';

/** Why a plugin is quarantined. */
export interface Fault {
  /** In words, after the name of the plugin. */
  readonly reason: string;
  /** Whether it may go well another time, so that the plugin is loaded again by itself. */
  readonly mayPass: boolean;
}

/** Why the child ended an isolate. */
export type EndReason =
  | 'evaluateTimedOut'
  | 'timedOut'
  | 'outOfMemory'
  | 'hung'
  | 'stuck'
  | 'crashed'
  | 'busyWhileIdle'
  | 'outboxTooLarge'
  | 'broken';

/** What each comes to. */
export const endFaults: Readonly<Record<EndReason, Fault>> = {
  evaluateTimedOut: {
    reason: `its file did not give way within ${limits.evaluateCpuMs} ms of processor time`,
    mayPass: true,
  },
  timedOut: {
    reason: `it did not give way within ${limits.dispatchCpuMs} ms of processor time`,
    mayPass: true,
  },
  outOfMemory: { reason: `it used more than ${limits.memoryMb} MB of memory`, mayPass: true },
  hung: { reason: `it did not give way within ${limits.callMs} ms`, mayPass: true },
  stuck: {
    reason: 'it could not be stopped and took the plugin process down',
    mayPass: true,
  },
  crashed: {
    reason: 'it crashed its isolate and took the plugin process down',
    mayPass: true,
  },
  busyWhileIdle: { reason: 'it used the processor while it had nothing to do', mayPass: true },
  outboxTooLarge: {
    reason: `it handed over more than ${limits.turnCharactersMax} characters in one turn`,
    mayPass: false,
  },
  broken: { reason: 'it broke the runtime inside its isolate', mayPass: false },
};

/** The shape of an {@link EndReason}. @throws ShapeError */
export function endReason(value: unknown, place: string): EndReason {
  // Object.keys widens the keys of a const table to string.
  return choice(Object.keys(endFaults) as EndReason[])(value, place);
}
