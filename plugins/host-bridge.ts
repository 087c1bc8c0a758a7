/** What the chat process and its child tell each other, and the parser for what comes back. */

import { type EndReason, endReason } from './end-reason.ts';
import { limits } from './limits.ts';
import { choice, integer, list, record, type Shape, text, variant } from './shape.ts';

/** What the chat process tells its child. A `slot` is the number of a plugin, never used twice. */
export type HostCommand =
  | {
      readonly type: 'load';
      readonly slot: number;
      readonly bootstrap: string;
      readonly code: string;
    }
  | { readonly type: 'dispatch'; readonly slots: readonly number[]; readonly events: string }
  | { readonly type: 'unload'; readonly slot: number }
  | { readonly type: 'ping' };

/** What the child tells the chat process. */
export type HostReport =
  | { readonly type: 'up' }
  | { readonly type: 'pong'; readonly rssBytes: number }
  /** A load or a batch has been handled; `actions` are the outboxes, as the isolate wrote them. */
  | { readonly type: 'turned'; readonly slot: number; readonly actions: readonly string[] }
  /** So many more milliseconds of processor time are the plugin's. */
  | { readonly type: 'used'; readonly slot: number; readonly cpuMs: number }
  /** The isolate is gone; what it was handling is answered by this. */
  | { readonly type: 'ended'; readonly slot: number; readonly reason: EndReason }
  /** The child is about to kill itself because of this plugin. */
  | { readonly type: 'fatal'; readonly slot: number; readonly reason: EndReason };

const word = <const T extends string>(value: T): Shape<T> => choice([value]);
const slot = integer(1, Number.MAX_SAFE_INTEGER);
const outbox = text(limits.turnCharactersMax + limits.turnLastCharactersMax);

const report: Shape<HostReport> = variant<HostReport>({
  up: record({ type: word('up') }),
  pong: record({ type: word('pong'), rssBytes: integer(0, Number.MAX_SAFE_INTEGER) }),
  turned: record({ type: word('turned'), slot, actions: list(outbox, 2) }),
  used: record({ type: word('used'), slot, cpuMs: integer(1, Number.MAX_SAFE_INTEGER) }),
  ended: record({ type: word('ended'), slot, reason: endReason }),
  fatal: record({ type: word('fatal'), slot, reason: endReason }),
});

/** Reads a message of the child, which a plugin may have taken over. @throws ShapeError */
export function parseReport(message: unknown): HostReport {
  return report(message, '');
}
