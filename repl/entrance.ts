/** In words, who is let into a group and as what. */

/** What a group says of its entrance. */
export interface Entrance {
  readonly inviteOnly: boolean;
  readonly hasPassword: boolean;
  readonly newcomers: string;
}

/** `open`, `invite-only`, `open with a password`, each with what newcomers are if they are guests. */
export function describeEntrance({ inviteOnly, hasPassword, newcomers }: Entrance): string {
  const who = inviteOnly ? 'invite-only' : hasPassword ? 'open with a password' : 'open';
  return newcomers === 'guest' ? `${who}, newcomers are guests` : who;
}
