/** `ctx.moderation`. Runs in isolates only. */

import type { Deed } from '../moderate-action.ts';
import type { ModerationReceipt, MuteOptions, PluginModeration } from '../sdk.ts';
import { optional, type Requests } from './requests.ts';

// Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
const { freeze } = Object;
const { isSafeInteger } = Number;

/** @param trace the message that the plugin is handling at the moment, 0 for none */
export function makeModeration(requests: Requests, trace: () => number): PluginModeration {
  const act = async (
    deed: Deed,
    group: string,
    name: string,
    { minutes, reason = '' }: MuteOptions = {},
  ): Promise<ModerationReceipt> => {
    if (minutes !== undefined && !(isSafeInteger(minutes) && minutes > 0)) {
      throw new RangeError(`ctx.moderation.${deed}: minutes is a whole number, not ${minutes}`);
    }
    const about = { group: `${group}`, name: `${name}`, reason: `${reason}` };
    return requests.ask('moderate', { deed, minutes, trace: trace(), ...about });
  };
  return freeze<PluginModeration>({
    kick: (group, name, options) => optional(act('kick', group, name, options)),
    ban: (group, name, options) => optional(act('ban', group, name, options)),
    unban: (group, name) => optional(act('unban', group, name)),
    mute: (group, name, options) => optional(act('mute', group, name, options)),
    unmute: (group, name) => optional(act('unmute', group, name)),
    invite: (group, name) => optional(act('invite', group, name)),
  });
}
