/** What crosses the wall between a hook and the process that asks it. */

import type { ChatMessage } from '../core/client-api.ts';
import { limits } from './limits.ts';
import { choice, integer, record, type Shape, text, variant } from './shape.ts';

/** Where hooks stand. */
export const hookPoints = ['receive', 'send'] as const;

/** A hook as its plugin has declared it. */
export interface HookInfo {
  /** Counted by its plugin, from 1. */
  readonly hook: number;
  readonly point: (typeof hookPoints)[number];
  /** Empty: about every message. */
  readonly group: string;
  readonly deadlineMs: number;
  readonly onFailure: 'open' | 'closed';
}

/** A message that is about to be sent. */
export interface DraftInfo {
  readonly type: 'group' | 'private';
  readonly group?: string;
  readonly to?: string;
  readonly text: string;
  readonly origin: string;
}

/** One question to one hook, to be answered by the action `verdict` with its number. */
export interface HookCall {
  readonly call: number;
  readonly hook: number;
  readonly message: ChatMessage | DraftInfo;
}

/** How a hook has answered. */
export type HookVerdict =
  | { readonly type: 'pass' }
  | { readonly type: 'change'; readonly text: string }
  | { readonly type: 'stop'; readonly reason: string }
  /** It threw, or answered what is no verdict. */
  | { readonly type: 'fail'; readonly reason: string };

const word = <const T extends string>(value: T): Shape<T> => choice([value]);
const reason = text(limits.hookReasonCharactersMax);

/** A plugin declares a hook. */
export type HookAction = { readonly type: 'hook' } & HookInfo;

/** A plugin answers a {@link HookCall}. */
export interface VerdictAction {
  readonly type: 'verdict';
  readonly call: number;
  readonly verdict: HookVerdict;
}

/** The shape of a declaration. */
export const hookShape: Shape<HookAction> = record<HookAction>({
  type: word('hook'),
  hook: integer(1, limits.hooksMax),
  point: choice(hookPoints),
  group: text(256),
  deadlineMs: integer(1, limits.hookDeadlineMsMax),
  onFailure: choice(['open', 'closed']),
});

/** The shape of an answer. */
export const verdictShape: Shape<VerdictAction> = record<VerdictAction>({
  type: word('verdict'),
  call: integer(1, Number.MAX_SAFE_INTEGER),
  verdict: variant<HookVerdict>({
    pass: record({ type: word('pass') }),
    // A longer text is refused with a reason where it is judged; this only bounds what is looked at.
    change: record({ type: word('change'), text: text(limits.turnCharactersMax) }),
    stop: record({ type: word('stop'), reason }),
    fail: record({ type: word('fail'), reason }),
  }),
});

/** A verdict as far as it can be carried out. */
export function judged(verdict: HookVerdict): HookVerdict {
  if (verdict.type !== 'change') return verdict;
  const text = verdict.text.toWellFormed();
  const bytes = Buffer.byteLength(text);
  if (bytes >= 1 && bytes <= limits.messageBytesMax) return { type: 'change', text };
  return { type: 'fail', reason: `it changed the text into one of ${bytes} bytes` };
}
