/** What a plugin does to people in a group, as it crosses the walls. */

import { limits } from './limits.ts';
import type { ModerationReceipt } from './sdk/moderation.ts';
import { choice, integer, optional, record, type Shape, text } from './shape.ts';

/** What can be done. */
export const deeds = ['kick', 'ban', 'unban', 'mute', 'unmute', 'invite'] as const;

/** One of {@link deeds}. */
export type Deed = (typeof deeds)[number];

/** A deed that is asked for. */
export interface ModerateAction {
  readonly type: 'moderate';
  readonly id: number;
  readonly deed: Deed;
  readonly group: string;
  readonly name: string;
  /** Of a mute; absent for one without end. */
  readonly minutes: number | undefined;
  /** May be empty. */
  readonly reason: string;
  /** The message for which it is done; 0 for none. */
  readonly trace: number;
}

/** What comes of it, unless it is refused. */
export type ModerateResult = ModerationReceipt;

// Longer words and other numbers are refused by the client itself, with its own words; these only bound what is looked at.
const words = text(limits.turnCharactersMax);
const count = integer(0, Number.MAX_SAFE_INTEGER);

/** Reads the action. */
export const moderateAction: Shape<ModerateAction> = record<ModerateAction>({
  type: choice(['moderate']),
  id: integer(1, Number.MAX_SAFE_INTEGER),
  deed: choice(deeds),
  group: words,
  name: words,
  minutes: optional(count),
  reason: words,
  trace: count,
});
