/** What a plugin does to people in a group. */

/** Why something is done. */
export interface ModerationOptions {
  /** Told to whom it is done to and, of a kick and a ban, to the group; at most 400 bytes. Default: nothing. */
  readonly reason?: string;
}

/** How somebody is muted. */
export interface MuteOptions extends ModerationOptions {
  /** 1 to 525,600, a year. Default: until `unmute`. */
  readonly minutes?: number;
}

/** The receipt: `notDone` in a dry run, in which a plugin is tried. */
export interface ModerationReceipt {
  readonly type: 'done' | 'notDone';
}

/**
 * What moderators may do, in the name of this client and as far as its role in the group lets it: nobody acts on an equal
 * or higher one. Needs `group.moderate`, which can be limited to groups. Resolves when the server has done it. Rejects with
 * an error whose `code` says why not: `PERMISSION_DENIED`, `RATE_LIMITED` (30 a minute), `NOT_ALLOWED`, `NOT_MEMBER`,
 * `WORDS_TOO_LONG`, `LIMIT_REACHED`, `CONNECTION_LOST`, and what stands at each.
 */
export interface PluginModeration {
  /** Puts a member out of a group; they may come again. `MEMBER_UNKNOWN`, `USER_UNKNOWN`. */
  kick(group: string, name: string, options?: ModerationOptions): Promise<ModerationReceipt>;
  /** Puts a name out with all of its identity, and lets them in no more. `USER_UNKNOWN`. */
  ban(group: string, name: string, options?: ModerationOptions): Promise<ModerationReceipt>;
  /** Lets them in again. `BAN_UNKNOWN`. */
  unban(group: string, name: string): Promise<ModerationReceipt>;
  /** Lets somebody say nothing in a group for a time. `USER_UNKNOWN`, `OPTION_INVALID` for other minutes. */
  mute(group: string, name: string, options?: MuteOptions): Promise<ModerationReceipt>;
  /** Lets them speak again. `MUTE_UNKNOWN`. */
  unmute(group: string, name: string): Promise<ModerationReceipt>;
  /** Tells a name that it may join. `USER_UNKNOWN`, `ALREADY_MEMBER`, `BANNED`. */
  invite(group: string, name: string): Promise<ModerationReceipt>;
}
