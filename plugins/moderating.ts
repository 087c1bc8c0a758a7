/** Does to people in groups what plugins ask for, by the client they speak through: what it may do is up to the server. */

import type { Client } from '../core/client-api.ts';
import type { Deed, ModerateAction, ModerateResult } from './moderate-action.ts';

/** What is needed of a client to moderate. */
export interface ModeratingClient {
  readonly moderation: Pick<Client['moderation'], Deed>;
}

type Act = (moderation: ModeratingClient['moderation'], action: ModerateAction) => Promise<void>;

const acts: Readonly<Record<Deed, Act>> = {
  kick: (moderation, { group, name, reason }) => moderation.kick(group, name, reason),
  ban: (moderation, { group, name, reason }) => moderation.ban(group, name, reason),
  unban: (moderation, { group, name }) => moderation.unban(group, name),
  mute: (moderation, { group, name, minutes, reason }) =>
    moderation.mute(group, name, { reason, ...(minutes === undefined ? {} : { minutes }) }),
  unmute: (moderation, { group, name }) => moderation.unmute(group, name),
  invite: (moderation, { group, name }) => moderation.invite(group, name),
};

/** Rejects as the client does. */
export async function moderate(
  { moderation }: ModeratingClient,
  action: ModerateAction,
): Promise<ModerateResult> {
  await acts[action.deed](moderation, action);
  return { type: 'done' };
}

/** `mute eve in #ops for 10 min: floods`. */
export function moderationWords({ deed, group, name, minutes, reason }: ModerateAction): string {
  const time = minutes === undefined ? '' : ` for ${minutes} min`;
  return `${deed} ${name} in #${group}${time}${reason === '' ? '' : `: ${reason}`}`;
}
