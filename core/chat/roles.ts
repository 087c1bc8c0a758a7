/** Who may do what in a group: the roles, what each action asks for, and who may act on whom. */

/** From the least to the most. */
export const roles = ['guest', 'member', 'moderator', 'owner'] as const;

/** What somebody is in a group. */
export type Role = (typeof roles)[number];

/** What newcomers of a group can be. */
export const newcomerRoles = ['guest', 'member'] as const;

/** What is whoever was given no role. */
export type NewcomerRole = (typeof newcomerRoles)[number];

/** What can be given; `newcomer` takes a role back, and the owner's goes from one to another. */
export const givenRoles = ['newcomer', 'guest', 'member', 'moderator'] as const;

/** A role to give. */
export type GivenRole = (typeof givenRoles)[number];

/** What roles are asked for. */
export type GroupAction =
  | 'read'
  | 'speak'
  | 'kick'
  | 'ban'
  | 'mute'
  | 'setTopic'
  | 'giveRole'
  | 'invite'
  | 'letIn'
  | 'configure'
  | 'transfer';

/** The least role for each action. */
export const leastRoles: Readonly<Record<GroupAction, Role>> = {
  read: 'guest',
  speak: 'member',
  kick: 'moderator',
  ban: 'moderator',
  mute: 'moderator',
  setTopic: 'moderator',
  giveRole: 'moderator',
  invite: 'member',
  letIn: 'moderator',
  configure: 'owner',
  transfer: 'owner',
};

/** Whether the role is enough for an action. */
export function mayAct(role: Role, action: GroupAction): boolean {
  return rankOf(role) >= rankOf(leastRoles[action]);
}

/** Whether one may act on another: nobody does on an equal or a higher role. */
export function outranks(role: Role, other: Role): boolean {
  return rankOf(role) > rankOf(other);
}

function rankOf(role: Role): number {
  return roles.indexOf(role);
}
