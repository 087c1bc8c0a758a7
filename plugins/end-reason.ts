/** Why isolates end, in words for people. */

import { limits } from './limits.ts';
import { choice } from './shape.ts';

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

/** The same in words, after the name of the plugin. */
export const endReasons: Readonly<Record<EndReason, string>> = {
  evaluateTimedOut: `its file did not give way within ${limits.evaluateCpuMs} ms of processor time`,
  timedOut: `it did not give way within ${limits.dispatchCpuMs} ms of processor time`,
  outOfMemory: `it used more than ${limits.memoryMb} MB of memory`,
  hung: `it did not give way within ${limits.callMs} ms`,
  stuck: 'it could not be stopped and took the plugin process down',
  crashed: 'it crashed its isolate and took the plugin process down',
  busyWhileIdle: 'it used the processor while it had nothing to do',
  outboxTooLarge: `it handed over more than ${limits.turnCharactersMax} characters in one turn`,
  broken: 'it broke the runtime inside its isolate',
};

/** The shape of an {@link EndReason}. @throws ShapeError */
export function endReason(value: unknown, place: string): EndReason {
  // Object.keys widens the keys of a const table to string.
  return choice(Object.keys(endReasons) as EndReason[])(value, place);
}
